"""The pages of what has been …"""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from accounts.selectors import balances, points_history
from accounts.services import points
from loyalty.portal import history
from tests.factories.accounts import CustomerFactory, PosFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    ReturnFactory,
    SaleFactory,
    TransactionFactory,
)

NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def give(customer: Customer, amount: str, **fields):
    return points.add(customer=customer, amount=Decimal(amount), issuer="admin", **fields)


def read(client, path: str, language: str = "en") -> str:
    response = client.get(path, headers={"accept-language": language})
    assert response.status_code == 200
    text = html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode()))
    return re.sub(r"[\s\xa0]+", " ", text)


@pytest.mark.parametrize("page", ["points/", "purchases/", f"purchases/{'0' * 36}/"])
def test_are_for_customers_only(client, store, page):
    assert client.get(f"/portal/{page}")["Location"] == "/portal/sign-in/"


def test_tell_each_movement_with_what_stood_after_it(signed_in, alice, store):
    give(alice, "100", comment="Welcome", effective_at=NOW - timedelta(days=22))
    points.spend(customer=alice, amount=Decimal("30"), issuer="admin", comment="Voucher")
    points.block(customer=alice, amount=Decimal("5"), issuer="admin")
    points.transfer(sender=alice, receiver=CustomerFactory(store), amount=Decimal("10"))
    released = points.block(customer=alice, amount=Decimal("7"), issuer="admin")
    points.cancel(store=store, transfer_uuid=released.uuid)

    page = read(signed_in, "/portal/points/")

    assert "November 2026 Sent to a member −10 November 21 Afterwards: 55 points" in page
    assert "Set aside −5 November 21 Afterwards: 65 points" in page
    assert "Spent −30 November 21 · Voucher Afterwards: 70 points" in page
    assert "October 2026 Earned +100 October 30 · Welcome Afterwards: 100 points" in page
    assert page.count("Set aside") == 1


def test_end_in_the_balance_of_the_first_page(signed_in, alice, store):
    give(alice, "45", expires_at=NOW + timedelta(hours=1))
    store.setting_values = {"allTimeNotLocked": False, "pointsDaysLocked": 3}
    store.save(update_fields=["setting_values"])
    give(Customer.objects.get(pk=alice.pk), "120")

    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        figures = balances.get_figures(alice.wallet_id, NOW + timedelta(hours=2))
        page = read(signed_in, "/portal/points/")

    assert (figures.points, figures.locked) == (0, 120)
    assert "Expired −45 November 21 Afterwards: 120 points Earned on their way +120" in page


def test_tell_of_a_friends_points_from_both_sides(alice, store):
    bob = CustomerFactory(store)
    give(alice, "20")
    points.transfer(sender=alice, receiver=bob, amount=Decimal("8"))

    [sent, _] = points_history.list_movements(alice.wallet_id, limit=9)
    [received] = points_history.list_movements(bob.wallet_id, limit=9)

    assert (sent.amount, sent.balance) == (-8, 12)
    assert (received.amount, received.balance) == (8, 8)


def test_go_on_where_the_page_before_ended(signed_in, alice, monkeypatch):
    monkeypatch.setattr(history, "PAGE_SIZE", 2)
    for number in range(5):
        give(alice, "1", comment=f"no. {number}")

    seen, path = [], "/portal/points/"
    while path:
        body = signed_in.get(path).content.decode()
        seen.append([int(each) for each in re.findall(r"no\. (\d)", body)])
        older = re.search(r'href="([^"]*before=[^"]*)"', body)
        path = older[1] if older else ""

    assert seen == [[4, 3], [2, 1], [0]]


@pytest.mark.parametrize("page", ["points", "purchases"])
@pytest.mark.parametrize("before", ["nonsense", "0195f0de-0000-7000-8000-000000000001"])
def test_show_nothing_foreign_after_an_unknown_row(signed_in, alice, page, before):
    give(alice, "1", comment="Mine")
    TransactionFactory(alice.store, customer=alice, document_number="MINE")

    shown = read(signed_in, f"/portal/{page}/?before={before}")

    assert ("Mine" in shown or "MINE" in shown) is (before == "nonsense")


def test_list_purchases_by_month_with_their_points(signed_in, alice, store):
    EarningRuleFactory(store=store)
    shop = PosFactory(store, name="Old Town")
    sale = SaleFactory(alice, "74.90", number="R-1", purchased_at=NOW - timedelta(days=30))
    ReturnFactory(sale, "4.90", number="R-2", purchased_at=NOW, pos_uuid=shop.uuid)

    page = read(signed_in, "/portal/purchases/")

    assert "November 2026" in page
    assert "Old Town Return −€4.90 November 21 · receipt R-2 −4.9 points" in page
    assert "€74.90 October 22 · receipt R-1 +74.9 points" in page


def test_go_through_purchases_page_by_page(signed_in, alice, monkeypatch):
    monkeypatch.setattr(history, "PAGE_SIZE", 2)
    for number in range(3):
        TransactionFactory(alice.store, customer=alice, document_number=f"R-{number}")

    first = signed_in.get("/portal/purchases/").content.decode()
    older = re.search(r'href="([^"]*before=[^"]*)"', first)[1]
    second = signed_in.get(older).content.decode()

    assert re.findall(r"receipt R-(\d)", first) == ["2", "1"]
    assert re.findall(r"receipt R-(\d)", second) == ["0"]
    assert "before=" not in second


def test_tell_of_a_purchase_what_it_earned_and_what_came_back(signed_in, alice, store):
    EarningRuleFactory(store=store, name="A point for every euro")
    sale = SaleFactory(alice, "12.50", "7.50", number="R-1")
    back = ReturnFactory(sale, "7.50", number="R-2")

    page = read(signed_in, f"/portal/purchases/{sale.uuid}/")
    other = read(signed_in, f"/portal/purchases/{back.uuid}/")

    assert "What it earned +20 points Earned +20" in page
    assert "A point for every euro" in page
    assert "On the receipt €20.00 Tea €12.50 × 1 Tea €7.50 × 1" in page
    assert "Brought back" in page
    assert "receipt R-2 −7.5 points" in page
    assert "What it took back −7.5 points" in other
    assert "Brought back from receipt R-1" in other


def test_lead_from_the_points_to_their_receipt(signed_in, alice, store):
    EarningRuleFactory(store=store)
    sale = SaleFactory(alice, "12.50", number="R-1")

    page = signed_in.get("/portal/points/").content.decode()

    assert f'href="/portal/purchases/{sale.uuid}/"' in page


def test_show_nobody_elses_purchase(signed_in, alice, store):
    theirs = [
        TransactionFactory(store),
        TransactionFactory(store, customer=CustomerFactory(store)),
        TransactionFactory(other := StoreFactory(), customer=CustomerFactory(other)),
    ]

    answers = [signed_in.get(f"/portal/purchases/{each.uuid}/") for each in theirs]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert not any(each.document_number in answers[0].content.decode() for each in theirs)


def test_speak_polish(signed_in, alice):
    give(alice, "22")
    TransactionFactory(alice.store, customer=alice, purchased_at=NOW)

    assert "listopad 2026" in read(signed_in, "/portal/points/", "pl")
    assert "listopad 2026" in read(signed_in, "/portal/purchases/", "pl")


def test_say_that_there_is_nothing_yet(signed_in):
    assert "No points yet" in read(signed_in, "/portal/points/")
    assert "Say your card number CARD-0077" in read(signed_in, "/portal/purchases/")


def test_take_as_many_queries_for_many_rows_as_for_few(signed_in, alice, store):
    EarningRuleFactory(store=store)
    sale = SaleFactory(alice, "5.00")
    ReturnFactory(sale, "1.00")
    pages = ["/portal/points/", "/portal/purchases/", f"/portal/purchases/{sale.uuid}/"]
    few = [count(signed_in, page) for page in pages]
    for number in range(8):
        SaleFactory(alice, "5.00", number=f"M-{number}")
        ReturnFactory(sale, "0.10", number=f"B-{number}")

    assert [count(signed_in, page) for page in pages] == few == [6, 5, 8]


def count(client, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)
