"""While a seller types an e-mail, phone number or card …"""

import pytest

from tests.factories.accounts import CustomerFactory
from tests.factories.core import StoreFactory

KNOWN = "/pos/known/"


@pytest.mark.parametrize(
    ("sent", "thing"),
    [
        ({"email": "Alice@example.com"}, "e-mail"),
        ({"phone": "+48 601 234 567"}, "phone number"),
        ({"loyalty_card_number": "card-0077"}, "card"),
    ],
)
def test_it_is_said_who_has_it(till, alice, sent, thing):
    assert till.post(KNOWN, sent).json()["known"] == {
        "text": f"Alice Wonder already has this {thing}.",
        "url": f"/pos/customers/{alice.uuid}/",
        "open": "Open",
    }


def test_it_is_said_that_it_is_taken_by_who_was_deleted(till, alice):
    alice.status = "deleted"
    alice.save(update_fields=["status"])

    answer = till.post(KNOWN, {"email": alice.email}).json()

    assert answer["known"] == {"text": "Somebody already has this e-mail.", "url": ""}


def test_nothing_is_said_of_another_store_or_of_nobody(till, alice):
    CustomerFactory(StoreFactory(), email="eve@example.com")

    for typed in ("eve@example.com", "nobody@example.com", ""):
        assert till.post(KNOWN, {"email": typed}).json() == {"known": None}


def test_nothing_is_said_to_who_is_not_signed_in(client, alice):
    answer = client.post(KNOWN, {"email": alice.email})

    assert (answer.status_code, answer["Location"]) == (302, "/pos/sign-in/")


def test_the_registration_asks(till, alice):
    answer = till.get("/pos/register/")

    page = answer.content.decode()
    assert f'data-known="{KNOWN}"' in page
    assert "js/known" in page
    policy = answer["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy)
    assert "script-src" not in till.get("/pos/")["Content-Security-Policy"]
