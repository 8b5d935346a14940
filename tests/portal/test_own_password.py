"""Choosing one's own password after a temporary one …"""

import pytest
from django.test import Client

from accounts.models import Customer
from accounts.services import customers
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from tests.support.api import ApiClient

OWN = "My-Own-Word-7"


@pytest.fixture
def temporary(alice: Customer) -> str:
    return customers.issue_temporary_password(customer=alice, actor=SYSTEM)


@pytest.fixture
def guest(client: Client, alice: Customer, temporary: str) -> Client:
    """Somebody who has just signed in with the password from the mail."""
    client.post("/portal/sign-in/", {"login": alice.email, "password": temporary, "remember": "on"})
    return client


def choose(client: Client, new: str, again: str | None = None, **more):
    return client.post("/portal/password/", {"new": new, "again": again or new}, **more)


def test_comes_before_every_other_page(guest):
    assert guest.get("/portal/")["Location"] == "/portal/password/"
    page = guest.get("/portal/password/").content.decode()
    assert "Choose your password" in page
    assert "Sign out" in page


def test_lets_the_customer_stay_signed_in(guest, alice, temporary):
    key = guest.cookies["portal_session"].value

    response = choose(guest, OWN)

    assert response["Location"] == "/portal/"
    assert "Hello, Alice" in guest.get("/portal/").content.decode()
    assert guest.cookies["portal_session"].value != key
    assert guest.cookies["portal_session"]["max-age"] == 30 * 86_400
    alice.refresh_from_db()
    assert alice.check_password(OWN)
    assert not alice.must_change_password
    assert AuditEntry.objects.filter(event_type="ChangeOwnPassword", entity_id=alice.uuid).exists()


def test_ends_the_sessions_at_the_api(guest, alice):
    phone = ApiClient(alice)

    choose(guest, OWN)

    phone.session.refresh_from_db()
    assert phone.session.revoked_at is not None


@pytest.mark.parametrize(
    ("new", "again", "sentence"),
    [
        pytest.param("short", None, "Password must have at least 8 characters.", id="weak"),
        pytest.param("", None, "Please fill this in.", id="empty"),
        pytest.param(OWN, "My-Own-Word-8", "This is not the same as above.", id="mistyped"),
    ],
)
def test_refuses_one_that_is(guest, alice, temporary, new, again, sentence):
    response = choose(guest, new, again)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(temporary)
    assert alice.must_change_password


def test_refuses_the_temporary_one(guest, alice, temporary):
    response = choose(guest, temporary)

    assert "Choose another password than the temporary one." in response.content.decode()
    alice.refresh_from_db()
    assert alice.must_change_password


def test_tells_in_polish_what_is_wrong(guest):
    response = choose(guest, "short", headers={"accept-language": "pl"})

    assert "Hasło musi zawierać cyfrę." in response.content.decode()


def test_lets_a_guest_out_and_change_the_language(guest):
    assert guest.post("/portal/language/", {"language": "pl"}).status_code == 302
    assert guest.post("/portal/sign-out/")["Location"] == "/portal/sign-in/?bye"


def test_is_for_nobody_who_is_not_signed_in(client, store):
    assert client.get("/portal/password/")["Location"] == "/portal/sign-in/"
    assert choose(client, OWN)["Location"] == "/portal/sign-in/"


def test_is_over_once_it_is_done(signed_in, alice):
    assert signed_in.get("/portal/password/")["Location"] == "/portal/"
    assert choose(signed_in, OWN)["Location"] == "/portal/"
    alice.refresh_from_db()
    assert not alice.check_password(OWN)
