"""What the database itself refuses, and what check_ledger finds where somebody got around it."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.ledger import checks
from accounts.services import points
from tests.accounts.ledger.conftest import NOON

pytestmark = [pytest.mark.ledger, pytest.mark.django_db]


@pytest.fixture
def history(alice, bob):
    """Some of everything: lots, debits, holds."""
    points.add(customer=alice, amount=Decimal(100), issuer="admin", now=NOON)
    points.spend(customer=alice, amount=Decimal(10), issuer="admin", now=NOON)
    points.transfer(sender=alice, receiver=bob, amount=Decimal(20), now=NOON)
    points.block(customer=alice, amount=Decimal(5), issuer="admin", now=NOON)
    assert checks.find_differences() == []


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update ledger_posting set amount = amount + 1", id="amount"),
        pytest.param(
            "update ledger_posting set captured_amount = 1 where kind = 'spend'", id="captured"
        ),
        pytest.param("update ledger_posting set comment = 'x'", id="comment"),
        pytest.param(
            "update ledger_posting set from_wallet_id = to_wallet_id where kind = 'transfer'",
            id="wallet",
        ),
        pytest.param(
            "update ledger_posting set status = 'held', captured_amount = null"
            " where status = 'captured'",
            id="captured-to-held",
        ),
        pytest.param(
            "update ledger_posting set status = 'released' where status = 'captured'",
            id="captured-to-released",
        ),
        pytest.param("delete from ledger_posting", id="delete-posting"),
        pytest.param("delete from ledger_lot", id="delete-lot"),
        pytest.param("delete from ledger_lotallocation", id="delete-allocation"),
        pytest.param("delete from ledger_walletbalance", id="delete-balance"),
        pytest.param("delete from ledger_wallet", id="delete-wallet"),
        pytest.param("update ledger_lot set amount = 1, remaining = 1", id="lot-amount"),
        pytest.param("update ledger_lot set wallet_id = wallet_id + 1", id="lot-wallet"),
        pytest.param(
            "update ledger_lotallocation set state = 'reserved' where state = 'consumed'",
            id="allocation-back",
        ),
        pytest.param("update ledger_lot set remaining = remaining + 1", id="lot-parts"),
        pytest.param("update ledger_lot set reserved = remaining + 1", id="lot-reserved"),
        pytest.param("update ledger_walletbalance set active = -1", id="negative-balance"),
        pytest.param(
            "update ledger_posting set status = 'captured', captured_amount = amount + 1"
            " where status = 'held'",
            id="capture-more",
        ),
    ],
)
@pytest.mark.usefixtures("history")
def test_the_database_refuses(statement):
    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement)


PLANTED = [
    pytest.param(
        "update ledger_walletbalance set active = active + 1",
        {"balance and entries", "balance and lots", "active and lots"},
        id="balance",
    ),
    pytest.param(
        "update ledger_walletbalance set earned = earned + 1", {"earned and lots"}, id="earned"
    ),
    pytest.param(
        "update ledger_lot set remaining = remaining - 1, consumed = consumed + 1"
        " where origin = 'p2p'",
        {"balance and lots", "active and lots", "spent and lots", "consumed and allocations"},
        id="lot",
    ),
    pytest.param(
        "insert into ledger_lotallocation (posting_id, lot_id, amount, state)"
        " select p.id, l.id, 1, 'consumed' from ledger_posting p, ledger_lot l"
        " where p.kind = 'spend' and l.origin = 'earned'",
        {"consumed and allocations", "debit and allocations"},
        id="allocation",
    ),
    pytest.param(
        "insert into ledger_posting (uuid, store_id, point_type_id, from_wallet_id, to_wallet_id,"
        " kind, status, amount, requested_amount, captured_amount, system_unique_key, issuer,"
        " comment, effective_at, created_at)"
        " select gen_random_uuid(), store_id, point_type_id, from_wallet_id, -1, 'spend',"
        " 'captured', 1, 1, 1, 'planted', 'system', '', now(), now()"
        " from ledger_posting where kind = 'spend'",
        {
            "balance and entries",
            "debit and allocations",
            "wallets and point type of a posting",
        },
        id="posting",
    ),
]


@pytest.mark.parametrize(("statement", "found"), PLANTED)
@pytest.mark.usefixtures("history")
def test_check_ledger_finds_what_was_planted(statement, found):
    run(statement)

    assert {difference.check for difference in checks.find_differences()} == found

    printed = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_ledger", stdout=printed, stderr=StringIO())
    assert ended.value.code == 1
    assert all(name in printed.getvalue() for name in found)


@pytest.mark.usefixtures("history")
def test_check_ledger_is_content_with_right_books():
    printed = StringIO()

    call_command("check_ledger", stdout=printed)

    assert "right" in printed.getvalue()
