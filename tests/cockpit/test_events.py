"""The list of events: what happened, about whom, with which values, in words."""

import html
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.services import customers, points
from loyalty.cockpit.admin import event_words
from loyalty.core.actors import SYSTEM
from loyalty.core.api.open_loyalty.events import NAMES
from loyalty.core.models import Event
from tests.factories.accounts import CustomerFactory
from tests.factories.core import StoreFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory

LIST = reverse("admin:core_event_changelist")


@pytest.fixture
def alice(store):
    return CustomerFactory(store, first_name="Alice", last_name="Wonder")


def words_of(markup):
    """Return what of a page, or of a cell, is read: without tags, blanks as one."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", str(markup))).split())


def rows(client, **query):
    """Return what, about whom and which values, as plain words, of each event that is listed."""
    page = client.get(LIST, query)
    assert page.status_code == 200
    screen = page.context["cl"].model_admin
    columns = (screen.what, screen.about, screen.values)
    return [
        tuple(words_of(column(event)) for column in columns)
        for event in page.context["cl"].result_list
    ]


def detail(client, event):
    return words_of(
        client.get(reverse("admin:core_event_change", args=[event.pk])).content.decode()
    )


def test_says_what_happened_to_whom_with_which_values(cockpit, alice):
    points.add(customer=alice, amount=Decimal("1250.5"), issuer="admin", comment="Sorry")

    [(what, about, values)] = rows(cockpit(), type="points.added")

    assert (what, about) == ("Points added", "Alice Wonder")
    assert values == "Points: 1,250.5 Balance then: 1,250.5 Type: Added 3 more"


def test_speaks_the_language_of_its_reader(cockpit, alice):
    points.add(customer=alice, amount=Decimal("1250.5"), issuer="admin")
    client = cockpit()

    page = client.get(LIST, {"type": "points.added"}, headers={"accept-language": "pl"})

    assert "Dodano punkty" in page.content.decode()
    assert "points.added" not in words_of(page.content.decode()).replace('"points.added"', "")


def test_bends_the_state_of_a_customer_in_polish(cockpit, alice):
    query, polish = {"type": "customer.registered"}, {"accept-language": "pl"}

    page = words_of(cockpit().get(LIST, query, headers=polish).content.decode())

    assert "Rejestracja klienta Alice Wonder Stan: Aktywny" in page


def test_leads_to_the_customer_and_the_document(cockpit, alice):
    sale = SaleFactory(alice, "25.00", number="FV/9")
    client = cockpit()

    page = client.get(LIST, {"type": "transaction.assigned"}).content.decode()

    for name, row in (("accounts_customer", alice), ("transactions_transaction", sale)):
        assert f'href="{reverse(f"admin:{name}_change", args=[row.pk])}"' in page
    [(what, about, values)] = rows(client, type="transaction.assigned")
    assert (what, about) == ("Document given to a customer", "Alice Wonder")
    assert (
        values
        == "Document: FV/9 Kind of document: Sale Amount: 25.00 EUR Purchased: 14 Mar 2026, 11:30"
    )


def test_is_about_the_document_that_is_nobodys(cockpit, store):
    sale = UnmatchedSaleFactory(store, number="FV/77")

    assert rows(cockpit(), type="transaction.registered")[0][1] == sale.document_number


def test_shows_moments_in_the_stores_zone(cockpit, store, alice):
    event = Event.objects.create(
        store=store,
        type="points.expired",
        subject=alice.wallet.uuid,
        customer_id=alice.pk,
        payload={"value": "5", "expiresAt": "2026-01-31T23:30:00+00:00"},
        recorded_at=timezone.now(),
    )
    with timezone.override(store.zone):
        local = timezone.localtime(datetime(2026, 1, 31, 23, 30, tzinfo=UTC))

    assert f"Expires {local:%-d %b %Y, %H:%M}" in detail(cockpit(), event)


def test_folds_the_raw_values_away_below_the_readable_ones(cockpit, alice):
    points.add(customer=alice, amount=Decimal(7), issuer="admin")
    event = Event.objects.get(type="points.added")

    page = cockpit().get(reverse("admin:core_event_change", args=[event.pk])).content.decode()

    assert page.index("Balance then") < page.index('<details class="secret">')
    assert "&quot;pointsTransferId&quot;" in page.partition('<details class="secret">')[2]


def test_hides_names_from_whom_customers_are_closed(cockpit, alice):
    client = cockpit("AUDIT")

    assert {about for _what, about, _values in rows(client, type="customer.registered")} == {
        str(alice.pk)
    }
    assert rows(client, q="alice") == []


def test_names_a_fact_of_another_release_by_its_type(cockpit, store):
    Event.objects.create(
        store=store,
        type="moon.landed",
        subject=store.uuid,
        payload={"feet": 2, "who": {"first": "Neil"}, "none": None},
        recorded_at=timezone.now(),
    )

    assert rows(cockpit(), type="moon.landed") == [("moon.landed", "–", "Who: First: Neil Feet: 2")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("points.spent", {"points.spent"}),
        ("points sp", {"points.spent"}),
        ("alice", {"points.added", "points.spent"}),
        ("bob", set()),
    ],
)
def test_finds_by_what_happened_and_to_whom(cockpit, store, alice, text, found):
    points.add(customer=alice, amount=Decimal(5), issuer="admin")
    points.spend(customer=alice, amount=Decimal(2), issuer="admin")
    CustomerFactory(store, first_name="Cid", email="cid@example.com")

    page = cockpit().get(LIST, {"q": text})

    shown = {event.type for event in page.context["cl"].result_list}
    assert {name for name in shown if name.startswith("points.")} == found
    assert {event.customer_id for event in page.context["cl"].result_list} <= {alice.pk}


def test_finds_by_the_id_of_a_customer_or_of_what_it_is_about(cockpit, alice):
    sale = SaleFactory(alice, "25.00")
    client = cockpit()

    of_alice = client.get(LIST, {"q": str(alice.uuid)}).context["cl"].result_list
    of_sale = client.get(LIST, {"q": str(sale.uuid)}).context["cl"].result_list

    assert {event.customer_id for event in of_alice} == {alice.pk}
    assert {event.subject for event in of_sale} == {sale.uuid}


def test_narrows_to_the_days_of_the_store(cockpit, alice):
    Event.objects.create(
        store=alice.store,
        type="customer.signed_in",
        subject=alice.uuid,
        customer_id=alice.pk,
        recorded_at=datetime(2025, 3, 4, 12, tzinfo=UTC),
    )
    client = cockpit()

    inside = {"recorded_at_from": "2025-03-04", "recorded_at_to": "2025-03-04"}
    before = {"recorded_at_to": "2025-03-03"}

    assert [what for what, *_rest in rows(client, **inside)] == ["Customer signed in"]
    assert rows(client, **before) == []


def test_shows_nothing_of_another_store(cockpit, store):
    eve = CustomerFactory(StoreFactory(), first_name="Eve")
    client = cockpit()

    assert rows(client, q=str(eve.uuid)) == rows(client, q="eve") == []


def test_says_which_data_of_a_customer_changed(cockpit, alice):
    customers.update(customer=alice, changes={"last_name": "Land"}, actor=SYSTEM)

    assert rows(cockpit(), type="customer.updated") == [
        ("Customer’s data changed", "Alice Land", "What changed: Last name")
    ]


@pytest.mark.parametrize("language", ["en", "pl"])
def test_has_words_for_every_type_that_programs_know(language):
    with translation.override(language):
        assert [name for name in NAMES if event_words.title_of(name) == name] == []


def test_has_a_title_of_its_own_for_every_type():
    titles = [str(title) for title in event_words.TITLES.values()]

    assert sorted(titles) == sorted(set(titles))
