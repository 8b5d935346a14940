"""Same key, same answer; and which amounts nobody may move."""

from decimal import Decimal

import pytest

from accounts.ledger import checks, earns, supply
from accounts.ledger.errors import ReservedKey, SupplyExhausted
from accounts.ledger.models import Lot, PointType, Posting
from accounts.models import Customer
from accounts.selectors import balances
from accounts.services import points
from loyalty.core.errors import KeyReused
from loyalty.core.models import Event, uuid7
from tests.accounts.ledger.conftest import NOON

pytestmark = [pytest.mark.ledger, pytest.mark.django_db]


def add(customer, amount, **options):
    return points.add(
        customer=customer, amount=Decimal(amount), issuer="admin", now=NOON, **options
    )


def active(customer):
    return balances.get_figures(customer.wallet_id, NOON).points


def test_a_repeated_earn_returns_its_first_lot(alice):
    first = add(alice, 10, key="order-7")

    again = add(alice, 10, key="order-7")

    assert again == first
    assert active(alice) == 10
    assert Event.objects.filter(type="points.added").count() == 1


def test_a_repeated_spend_returns_its_first_posting_though_the_wallet_is_empty(alice):
    add(alice, 10)
    first = points.spend(customer=alice, amount=Decimal(10), issuer="admin", key="k", now=NOON)

    again = points.spend(customer=alice, amount=Decimal(10), issuer="admin", key="k", now=NOON)

    assert again == first
    assert active(alice) == 0


def test_a_repeated_transfer_returns_its_first_posting(alice, bob):
    add(alice, 10)
    first = points.transfer(sender=alice, receiver=bob, amount=Decimal(4), key="k", now=NOON)

    again = points.transfer(sender=alice, receiver=bob, amount=Decimal(4), key="k", now=NOON)

    assert again == first
    assert (active(alice), active(bob)) == (6, 4)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda a, b: add(a, 11, key="k"), id="amount"),
        pytest.param(lambda a, b: add(b, 10, key="k"), id="wallet"),
        pytest.param(
            lambda a, b: points.spend(
                customer=a, amount=Decimal(10), issuer="admin", key="k", now=NOON
            ),
            id="kind",
        ),
    ],
)
def test_a_key_that_stands_for_something_else_is_refused(alice, bob, other):
    add(alice, 10, key="k")

    with pytest.raises(KeyReused):
        other(alice, bob)

    assert (active(alice), active(bob)) == (10, 0)


def test_a_refusal_does_not_use_up_its_key(alice):
    with pytest.raises(points.InsufficientPoints):
        points.spend(customer=alice, amount=Decimal(10), issuer="admin", key="k", now=NOON)
    add(alice, 10)

    points.spend(customer=alice, amount=Decimal(10), issuer="admin", key="k", now=NOON)

    assert active(alice) == 0


@pytest.mark.parametrize("key", ["expire:x", "cancel:x", "take-back:x", "", "x" * 256])
def test_keys_of_the_ledgers_own_are_refused(alice, key):
    with pytest.raises(ReservedKey):
        add(alice, 10, key=key)


@pytest.mark.parametrize(
    "amount", ["0", "-1", "0.001", "NaN", "Infinity", "-Infinity", "1E+13", "1E-50", "1E+999999"]
)
def test_amounts_that_nobody_may_move(alice, amount):
    with pytest.raises(points.InvalidAmount):
        add(alice, amount)
    with pytest.raises(points.InvalidAmount):
        points.spend(customer=alice, amount=Decimal(amount), issuer="admin", now=NOON)

    assert not Posting.objects.exists()


def test_pa_22_decimals_are_the_point_types(alice):
    PointType.objects.update(decimals=0)
    with pytest.raises(points.InvalidAmount, match="at most 0 decimals"):
        add(alice, "1.5")

    assert add(alice, "5.00").amount == 5


def test_pa_19_a_small_amount_is_legal_for_the_system(alice):
    assert add(alice, "0.30").remaining == Decimal("0.30")


def test_a_batch_of_earns_gives_each_its_lot(alice, bob):
    grants = [
        points.Grant(customer=alice, amount=Decimal(1), key="a"),
        points.Grant(customer=bob, amount=Decimal(2), key="b"),
        points.Grant(customer=alice, amount=Decimal(3), key="c"),
    ]

    lots = points.add_many(store=alice.store, grants=grants, now=NOON)

    assert [lot.amount for lot in lots] == [1, 2, 3]
    assert [Lot.objects.get(pk=lot.pk).posting.system_unique_key for lot in lots] == ["a", "b", "c"]
    assert (active(alice), active(bob)) == (4, 2)
    assert checks.find_differences() == []


def test_a_batch_may_repeat_keys_of_its_own_and_of_earlier_calls(alice):
    first = add(alice, 5, key="earlier")
    grants = [
        points.Grant(customer=alice, amount=Decimal(5), key="earlier"),
        points.Grant(customer=alice, amount=Decimal(7), key="new"),
        points.Grant(customer=alice, amount=Decimal(7), key="new"),
    ]

    earlier, new, again = points.add_many(store=alice.store, grants=grants, now=NOON)

    assert (earlier, again) == (first, new)
    assert active(alice) == 12


def test_a_batch_writes_all_or_nothing(alice):
    grants = [
        points.Grant(customer=alice, amount=Decimal(5)),
        points.Grant(customer=alice, amount=Decimal(-5)),
    ]

    with pytest.raises(points.InvalidAmount):
        points.add_many(store=alice.store, grants=grants, now=NOON)

    assert not Posting.objects.exists()


def test_a_batch_costs_the_same_statements_for_3_as_for_30(alice, bob, django_assert_num_queries):
    for count in (3, 30):
        grants = [
            points.Grant(customer=customer, amount=Decimal(1))
            for customer in (alice, bob)
            for _ in range(count)
        ]
        with django_assert_num_queries(2):
            points.add_many(store=alice.store, grants=grants, now=NOON)


def test_an_earn_and_a_spend_cost_one_statement_each(alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        add(alice, 10)
    with django_assert_num_queries(1):
        points.spend(customer=alice, amount=Decimal(3), issuer="admin", now=NOON)


def test_a_limited_supply_gives_out_no_more(alice):
    point_type = PointType.objects.get(store=alice.store)
    supply.limit(point_type, Decimal(15), now=NOON)
    add(alice, 10, key="k")

    with pytest.raises(SupplyExhausted):
        add(alice, 6)

    assert add(alice, 10, key="k").amount == 10  # a repetition takes nothing
    lot = add(alice, 5)
    points.cancel(store=alice.store, transfer_uuid=lot.uuid, now=NOON)
    add(alice, 5)
    assert checks.find_differences() == []


def test_a_supply_cannot_fall_below_what_is_out(alice):
    add(alice, 10)
    point_type = PointType.objects.get(store=alice.store)

    with pytest.raises(SupplyExhausted):
        supply.limit(point_type, Decimal(9), now=NOON)

    supply.limit(point_type, Decimal(10), now=NOON)
    supply.limit(point_type, None, now=NOON)
    add(alice, 100)
    assert checks.find_differences() == []


def test_facts_tell_the_whole_story(alice):
    sale = uuid7()
    lot = add(alice, 10, comment="Thanks", transaction_uuid=sale)

    event = Event.objects.get(type="points.added")

    assert (event.store, event.subject) == (alice.store, alice.wallet.uuid)
    assert event.customer_id == alice.pk
    assert event.payload == {
        "accountId": str(alice.wallet.uuid),
        "pointsTransferId": str(lot.uuid),
        "value": "10",
        "type": "adding",
        "issuer": "admin",
        "comment": "Thanks",
        "createdAt": NOON.isoformat(),
        "active": "10",
        "transactionId": str(sale),
    }


def test_pa_24_facts_tell_what_can_be_spent_afterwards(alice, bob):
    add(alice, 10)
    points.spend(customer=alice, amount=Decimal(3), issuer="admin", now=NOON)
    points.transfer(sender=alice, receiver=bob, amount=Decimal(2), now=NOON)

    told = Event.objects.filter(type__startswith="points.").order_by("pk")

    assert [(fact.type, fact.customer_id, fact.payload["active"]) for fact in told] == [
        ("points.added", alice.pk, "10"),
        ("points.spent", alice.pk, "7"),
        ("points.transferred", alice.pk, "5"),
        ("points.transferred", bob.pk, "2"),
    ]


def test_a_store_has_its_own_keys(alice):
    from tests.accounts.ledger.conftest import open_member
    from tests.factories.core import StoreFactory

    eve: Customer = open_member(StoreFactory(), "Eve")
    add(alice, 10, key="k")

    assert add(eve, 10, key="k").store_id == eve.store_id


def test_an_earn_order_takes_the_default_point_type(alice):
    order = earns.Earn(holder=earns.Holder(alice.wallet_id), amount=Decimal(1))

    lot = earns.earn(order, now=NOON)

    assert lot.point_type_id == PointType.objects.get(store=alice.store, is_default=True).pk
