"""The first page of the portal …"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils.html import strip_tags

from accounts.models import Customer
from accounts.services import points
from tests.factories.accounts import PASSWORD, CustomerFactory, LevelFactory, PosFactory
from tests.factories.core import StoreFactory
from transactions.models import Transaction

# A Saturday at noon in Warsaw.
NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def give(customer: Customer, amount: str, **fields):
    return points.add(customer=customer, amount=Decimal(amount), issuer="admin", **fields)


def read(client, path: str = "/portal/", language: str = "en") -> str:
    """Return the page's text as one line."""
    response = client.get(path, headers={"accept-language": language})
    assert response.status_code == 200
    text = strip_tags(response.content.decode()).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


def test_leads_a_stranger_to_the_sign_in(client, store):
    response = client.get("/portal/")

    assert response.status_code == 302
    assert response["Location"] == "/portal/sign-in/"


@pytest.mark.parametrize(
    ("typed", "address"), [("/portal", "/portal/"), ("/portal/other", "/portal/other/")]
)
def test_is_found_without_the_last_slash(client, store, typed, address):
    StoreFactory(code="other")

    assert client.get(typed)["Location"] == address


def test_shows_what_can_be_spent(signed_in, alice):
    give(alice, "100")
    give(alice, "20.5")
    points.spend(customer=alice, amount=Decimal("10"), issuer="admin")

    assert "Ready to spend 110.5 points" in read(signed_in)


def test_tells_a_newcomer_how_points_come(signed_in):
    page = read(signed_in)

    assert "Ready to spend 0 points" in page
    assert "No purchases yet Say your card number CARD-0077 at the till" in page
    assert "No points yet" in page
    assert "Nothing expires soon" in page


def test_lists_what_expires_soon_by_the_stores_days(signed_in, alice):
    # 23:30 UTC is past midnight in Warsaw.
    give(alice, "45", expires_at=datetime(2026, 11, 25, 22, 30, tzinfo=UTC))
    give(alice, "5", expires_at=datetime(2026, 11, 25, 23, 30, tzinfo=UTC))
    give(alice, "7", expires_at=datetime(2026, 11, 26, 10, 0, tzinfo=UTC))
    give(alice, "300", expires_at=NOW + timedelta(days=200))
    give(alice, "1000", expires_at=None)

    page = read(signed_in)

    assert "Use them in time 57 points to use within 60 days" in page
    assert "November 25 4 days left 45 points November 26 5 days left 12 points" in page
    assert "And later: 300 points" in page


def test_leaves_out_of_that_what_is_set_aside(signed_in, alice):
    give(alice, "45", expires_at=NOW + timedelta(days=3))
    points.block(customer=alice, amount=Decimal("40"), issuer="admin")

    page = read(signed_in)

    assert "5 points to use within 60 days" in page
    assert "Set aside 40" in page


def test_counts_out_what_is_due_before_any_job_ran(signed_in, alice):
    give(alice, "45", expires_at=NOW + timedelta(hours=1))

    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        page = read(signed_in)

    assert "Ready to spend 0 points" in page
    assert "Nothing expires soon" in page


def test_shows_pending_points_with_their_day(signed_in, alice, store):
    store.setting_values = {"allTimeNotLocked": False, "pointsDaysLocked": 3}
    store.save(update_fields=["setting_values"])
    give(alice, "120")

    page = read(signed_in)

    assert "Ready to spend 0 points" in page
    assert "On their way to you 120 points Ready on November 24 120 points" in page
    assert "Earned on their way +120" in page


def test_says_what_is_missing_to_the_next_level(signed_in, alice, store):
    LevelFactory(store, name="Silver", condition_value=100, reward_value=Decimal("0.05"))
    Customer.objects.filter(pk=alice.pk).update(transactions_amount=Decimal("79.50"))

    page = read(signed_in)

    assert "€20.50 of purchases to go until Silver." in page
    assert "79%" in page
    assert "5% discount" in page


def test_congratulates_at_the_top(signed_in):
    assert "You have reached the highest level." in read(signed_in)


def test_promises_no_amount_where_points_decide_the_level(signed_in, store):
    LevelFactory(store, name="Silver", condition_value=100)
    store.setting_values = {"tierAssignType": "points"}
    store.save(update_fields=["setting_values"])

    assert "Next comes Silver" in read(signed_in)


def test_shows_the_last_purchases_with_their_points(signed_in, alice, store):
    shop = PosFactory(store, name="Old Town")
    sale = Transaction.objects.create(
        store=store,
        customer=alice,
        pos=shop,
        document_type="sell",
        document_number="R-1",
        purchased_at=NOW - timedelta(days=2),
        gross_value=Decimal("74.90"),
        gross_value_without_delivery=Decimal("74.90"),
    )
    give(alice, "74.9", transaction_uuid=sale.uuid)
    Transaction.objects.create(
        store=store,
        customer=alice,
        document_type="return",
        document_number="R-2",
        revised=sale,
        purchase_place="Harbour",
        purchased_at=NOW - timedelta(days=1),
        gross_value=Decimal("12"),
        gross_value_without_delivery=Decimal("12"),
    )

    page = read(signed_in)

    assert "Harbour Return −€12.00 November 20 · receipt R-2 no points" in page
    assert "Old Town €74.90 November 19 · receipt R-1 +74.9 points" in page


def test_shows_what_came_and_went(signed_in, alice, store):
    friend = CustomerFactory(store)
    give(alice, "100", comment="Welcome")
    points.spend(customer=alice, amount=Decimal("30"), issuer="admin", comment="Voucher")
    points.transfer(sender=alice, receiver=friend, amount=Decimal("10"))

    page = read(signed_in)

    assert "Sent to a member −10 November 21" in page
    assert "Spent −30 November 21 · Voucher" in page
    assert "Earned +100 November 21 · Welcome" in page


def test_goes_by_the_day_of_what_happened_not_of_its_writing(signed_in, alice):
    give(alice, "2", comment="Today")
    give(alice, "1", comment="Last week", effective_at=NOW - timedelta(days=7))

    page = read(signed_in)

    assert page.index("Today") < page.index("Last week")


def test_speaks_polish(signed_in, alice):
    give(alice, "22")

    page = read(signed_in, language="pl")

    assert "Dzień dobry, Alice" in page
    assert "Do wykorzystania 22 punkty" in page


def test_calls_points_what_the_store_calls_them(signed_in, alice, store):
    store.setting_values = {"programPointsSingular": "Star", "programPointsPlural": "Stars"}
    store.save(update_fields=["setting_values"])
    give(alice, "2")

    assert "Ready to spend 2 Stars" in read(signed_in)


def test_escapes_what_people_typed(signed_in, alice):
    Customer.objects.filter(pk=alice.pk).update(first_name="<b>Al</b>")
    give(alice, "5", comment="<script>alert(1)</script>")

    page = signed_in.get("/portal/").content.decode()

    assert "&lt;b&gt;Al&lt;/b&gt;" in page
    assert "<script" not in page


def test_shows_nothing_of_other_stores_and_customers(client, alice, store):
    eve = CustomerFactory(
        StoreFactory(code="other"), first_name="Eve", email="eve@example.com", password=PASSWORD
    )
    give(alice, "1000")
    client.post("/portal/other/sign-in/", {"login": eve.email, "password": PASSWORD})

    assert "Ready to spend 0 points" in read(client, "/portal/other/")


def test_is_kept_by_no_cache_and_runs_nothing_foreign(signed_in):
    response = signed_in.get("/portal/")

    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("rows", [2, 20])
def test_takes_as_many_queries_for_many_rows_as_for_few(
    signed_in, alice, store, rows, django_assert_num_queries
):
    for number in range(rows):
        sale = Transaction.objects.create(
            store=store,
            customer=alice,
            document_type="sell",
            document_number=f"R-{number}",
            purchased_at=NOW,
            gross_value=Decimal("1"),
            gross_value_without_delivery=Decimal("1"),
        )
        give(
            alice,
            "1",
            transaction_uuid=sale.uuid,
            expires_at=NOW + timedelta(days=number + 1),
            now=NOW - timedelta(minutes=number),
        )
    # The first page reads the store's levels, which the process keeps.
    signed_in.get("/portal/")

    with django_assert_num_queries(9):
        signed_in.get("/portal/")
