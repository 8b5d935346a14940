"""Sign-in to the portal …"""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import Customer, CustomerStatus
from accounts.services import customers
from loyalty.core import throttle
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from loyalty.portal import sessions
from tests.factories.accounts import PASSWORD, CustomerFactory
from tests.factories.core import StoreFactory

WRONG = "Open-Sesame-2"
REFUSAL = "We do not know this combination."


def sign_in(
    client: Client, login: str, password: str = PASSWORD, *, path: str = "/portal/", **more
):
    return client.post(f"{path}sign-in/", {"login": login, "password": password} | more)


@pytest.mark.parametrize(
    "login",
    [
        pytest.param("alice@example.com", id="e-mail"),
        pytest.param(" Alice@Example.com ", id="e-mail-as-typed-on-a-phone"),
        pytest.param("CARD-0077", id="card"),
        pytest.param("+48 601 234 567", id="phone"),
    ],
)
def test_knows_a_customer_by(client, alice, login):
    response = sign_in(client, login)

    assert response.status_code == 302
    assert response["Location"] == "/portal/"
    assert "Hello, Alice" in client.get("/portal/").content.decode()


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("alice@example.com", WRONG, id="wrong-password"),
        pytest.param("nobody@example.com", PASSWORD, id="unknown-name"),
        pytest.param("alice@example.com", "\x00", id="null-character"),
        pytest.param("ali\x00ce@example.com", PASSWORD, id="null-character-in-the-name"),
        pytest.param("a" * 5000, PASSWORD, id="long-name"),
        pytest.param("alice@example.com", "a" * 5000, id="long-password"),
    ],
)
def test_refuses_with_one_sentence(client, alice, login, password):
    response = sign_in(client, login, password)

    assert response.status_code == 422
    assert REFUSAL in response.content.decode()
    assert f'value="{password}"' not in response.content.decode()
    assert not Session.objects.exists()


def test_is_written_down(client, alice):
    sign_in(client, alice.email)
    sign_in(client, alice.email, WRONG)

    alice.refresh_from_db()
    assert alice.last_login_at is not None
    told = AuditEntry.objects.filter(entity_id=str(alice.uuid)).values_list("event_type", flat=True)
    assert "AuthenticationSuccess" in told


def test_that_failed_is_written_down_too(client, alice):
    sign_in(client, alice.email, WRONG)

    alice.refresh_from_db()
    assert alice.last_login_at is None
    told = AuditEntry.objects.filter(entity_id=str(alice.uuid)).values_list("event_type", flat=True)
    assert "AuthenticationFailure" in told


@pytest.mark.parametrize("status", [CustomerStatus.BLOCKED, CustomerStatus.NEW])
def test_tells_somebody_who_may_not_enter_nothing_more(client, alice, status):
    Customer.objects.filter(pk=alice.pk).update(status=status)

    response = sign_in(client, alice.email)

    assert response.status_code == 422
    assert REFUSAL in response.content.decode()


def test_asks_for_what_was_left_empty(client, alice):
    response = sign_in(client, "", "")

    assert response.status_code == 422
    assert response.content.decode().count("Please fill this in.") == 2


def test_refuses_the_customer_of_another_store(client, alice):
    other = StoreFactory(code="other")

    response = sign_in(client, alice.email, path=f"/portal/{other.code}/")

    assert response.status_code == 422


def test_leads_to_the_pages_of_its_store(client, store):
    other = StoreFactory(code="other", name="The Other")
    CustomerFactory(other, first_name="Olga", email="olga@example.com", password=PASSWORD)

    response = sign_in(client, "olga@example.com", path="/portal/other/")

    assert response["Location"] == "/portal/other/"
    assert "Hello, Olga" in client.get("/portal/other/").content.decode()
    # In the default store's portal she is nobody.
    assert client.get("/portal/")["Location"] == "/portal/sign-in/"


@pytest.mark.parametrize("path", ["/portal/nowhere/", "/portal/closed/sign-in/"])
def test_of_no_open_store_is_not_found(client, store, path):
    StoreFactory(code="closed", is_active=False)

    response = client.get(path)

    assert response.status_code == 404
    assert "No such program" in response.content.decode()


def test_gives_the_session_a_new_key(client, alice):
    planted = sessions.open_session(client.request().wsgi_request)
    planted["anything"] = 1
    planted.save()
    client.cookies[sessions.COOKIE] = planted.session_key

    sign_in(client, alice.email)

    assert client.cookies[sessions.COOKIE].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


@pytest.mark.parametrize("value", ['"\\000aaaaaaaaaaaaaaaa"', "a" * 4000, "", "é" * 20])
def test_ignores_a_session_key_that_is_none(client, store, value):
    response = client.get("/portal/", headers={"cookie": f"{sessions.COOKIE}={value}"})

    assert response["Location"] == "/portal/sign-in/"


def test_keeps_its_cookie_from_scripts_and_other_addresses(client, alice):
    sign_in(client, alice.email)

    cookie = client.cookies[sessions.COOKIE]
    assert cookie["httponly"]
    assert cookie["path"] == "/portal/"
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == ""


def test_stays_for_thirty_days_where_that_was_asked(client, alice):
    sign_in(client, alice.email, remember="on")

    assert client.cookies[sessions.COOKIE]["max-age"] == 30 * 86_400


def test_ends_after_twelve_hours_otherwise(client, alice):
    sign_in(client, alice.email)

    with time_machine.travel(timezone.now() + timedelta(hours=12, seconds=1), tick=False):
        assert client.get("/portal/").status_code == 302


def test_ends_with_a_new_password(signed_in, alice):
    alice.set_password(WRONG)
    alice.save(update_fields=["password"])

    assert signed_in.get("/portal/")["Location"] == "/portal/sign-in/"


def test_ends_when_the_customer_is_blocked(signed_in, alice):
    customers.deactivate(customer=alice, actor=SYSTEM)

    assert signed_in.get("/portal/")["Location"] == "/portal/sign-in/"


def test_is_skipped_by_somebody_signed_in(signed_in):
    assert signed_in.get("/portal/sign-in/")["Location"] == "/portal/"


def test_is_undone_by_signing_out(signed_in):
    response = signed_in.post("/portal/sign-out/", follow=True)

    assert "You are signed out." in response.content.decode()
    assert signed_in.get("/portal/").status_code == 302
    assert not Session.objects.exists()


def test_needs_a_form_of_ours(alice):
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client, alice.email).status_code == 403


def test_closes_for_a_while_after_too_many_failures(client, alice):
    for _ in range(throttle.PER_PLACE):
        sign_in(client, alice.email, WRONG)

    response = sign_in(client, alice.email)

    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_counts_failures_afresh_after_a_success(client, alice):
    for _ in range(throttle.PER_PLACE - 1):
        sign_in(client, alice.email, WRONG)
    sign_in(client, alice.email)
    client.post("/portal/sign-out/")

    sign_in(client, alice.email, WRONG)

    assert sign_in(client, alice.email).status_code == 302


def test_leaves_the_staff_session_alone(client, alice, admin_user):
    client.force_login(admin_user)
    staff_session = client.session.session_key

    sign_in(client, alice.email)
    client.post("/portal/sign-out/")

    assert client.session.session_key == staff_session
    assert client.session["_auth_user_id"] == str(admin_user.pk)
