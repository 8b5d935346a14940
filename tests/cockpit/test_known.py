"""While staff type an e-mail, phone number or card …"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import CustomerFactory, StoreFactory

KNOWN = reverse("admin:accounts_customer_known")


@pytest.fixture
def jane(store):
    return CustomerFactory(
        store,
        first_name="Jane",
        last_name="Doe",
        email="jane@example.com",
        phone="+48601234567",
        loyalty_card_number="CARD-7",
    )


@pytest.mark.parametrize(
    ("field", "typed", "thing"),
    [
        ("email", " JANE@example.com", "e-mail"),
        ("phone", "+48 601 234 567", "phone number"),
        ("loyalty_card_number", "card-7", "card"),
    ],
)
def test_it_is_said_who_has_it(cockpit, jane, field, typed, thing):
    answer = cockpit("CUSTOMER:VIEW").post(KNOWN, {field: typed})

    assert answer.json()["known"] == {
        "text": f"Jane Doe already has this {thing}.",
        "url": reverse("admin:accounts_customer_change", args=[jane.pk]),
        "open": "Open",
    }


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"email": "nobody@example.com"}, id="nobody-has-it"),
        pytest.param({"email": "jane@example"}, id="it-is-not-whole"),
        pytest.param({"email": ""}, id="it-is-empty"),
        pytest.param({"email": "a\0b"}, id="it-is-no-text"),
        pytest.param({"first_name": "Jane"}, id="it-names-nobody"),
        pytest.param({}, id="it-is-not-there"),
    ],
)
def test_nothing_is_said_where(cockpit, jane, sent):
    assert cockpit().post(KNOWN, sent).json() == {"known": None}


def test_nothing_is_said_of_the_customer_at_hand(cockpit, jane):
    client = cockpit()

    assert client.post(KNOWN, {"phone": jane.phone, "besides": jane.pk}).json() == {"known": None}
    assert client.post(KNOWN, {"phone": jane.phone, "besides": "x"}).json()["known"]


def test_nothing_is_said_of_another_store(cockpit, store):
    CustomerFactory(StoreFactory(), email="eve@example.com")

    assert cockpit().post(KNOWN, {"email": "eve@example.com"}).json() == {"known": None}


def test_nothing_is_said_to_who_sees_no_customers(cockpit, jane):
    assert cockpit("POS").post(KNOWN, {"email": jane.email}).status_code == 403


def test_it_stands_in_no_address(cockpit, jane):
    assert cockpit().get(KNOWN, {"email": jane.email}).status_code == 405


def test_the_database_is_asked_once(cockpit, jane):
    client = cockpit()
    client.post(KNOWN, {})
    counts = []
    for sent in ({}, {"email": jane.email}):
        with CaptureQueriesContext(connection) as queries:
            client.post(KNOWN, sent)
        counts.append(len(queries))

    assert counts[1] == counts[0] + 1


def test_the_forms_ask(cockpit, jane):
    client = cockpit()
    add = client.get(reverse("admin:accounts_customer_add")).content.decode()
    edit = client.get(reverse("admin:accounts_customer_edit", args=[jane.pk])).content.decode()

    assert f'data-known="{KNOWN}"' in add
    assert f'data-known-besides="{jane.pk}"' in edit
    assert "js/known.js" in add
    assert "js/known.js" not in client.get(reverse("admin:accounts_pos_add")).content.decode()
