"""The list of a customer's own sign-ins …"""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import TokenSession
from loyalty.core.models import AuditEntry
from tests.factories.accounts import PASSWORD, CustomerFactory
from tests.support.api import ApiClient

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PATH = "/portal/signed-in/"


@pytest.fixture
def phone(alice) -> Client:
    client = Client(HTTP_USER_AGENT=FIREFOX)
    client.post("/portal/sign-in/", {"login": alice.email, "password": PASSWORD})
    return client


def others(client: Client) -> list[str]:
    return re.findall(r'name="session" value="([0-9a-f-]{36})"', client.get(PATH).content.decode())


def test_names_each_program_and_which_is_here(signed_in, phone, alice):
    page = phone.get(PATH).content.decode()

    assert "Firefox, Linux" in page
    assert page.count("(here)") == 1
    assert len(others(phone)) == 1


def test_signs_out_there_and_stays_here(signed_in, phone, alice):
    [elsewhere] = others(phone)

    answer = phone.post(PATH, {"session": elsewhere})

    assert answer["Location"] == f"{PATH}?ended"
    assert signed_in.get("/portal/")["Location"] == "/portal/sign-in/"
    assert phone.get("/portal/").status_code == 200
    assert AuditEntry.objects.filter(
        event_type="EndSessions", entity_id=str(alice.uuid), username=alice.email
    ).exists()


def test_signs_out_everywhere_else_apps_too(signed_in, phone, alice):
    app = ApiClient(alice)

    phone.post(PATH, {"others": "1"})

    assert app.get("DEFAULT/settings/public").status_code == 401
    assert signed_in.get("/portal/").status_code == 302
    assert phone.get("/portal/").status_code == 200


def test_shows_and_ends_nobody_elses(phone, store):
    eve = ApiClient(CustomerFactory(store))

    phone.post(PATH, {"session": str(eve.session.uuid)})
    phone.post(PATH, {"session": "x"})

    assert others(phone) == []
    eve.session.refresh_from_db()
    assert eve.session.revoked_at is None


def test_loses_what_was_signed_out(phone, alice):
    phone.post("/portal/sign-out/")

    assert not TokenSession.objects.filter(revoked_at=None).exists()


def test_is_for_those_who_are_signed_in(client, store):
    assert client.get(PATH)["Location"] == "/portal/sign-in/"
    assert client.post(PATH)["Location"] == "/portal/sign-in/"


def test_costs_the_same_for_many(phone, alice):
    with CaptureQueriesContext(connection) as few:
        phone.get(PATH)
    for _ in range(10):
        ApiClient(alice)

    with CaptureQueriesContext(connection) as many:
        phone.get(PATH)

    assert len(many) == len(few)


def test_tells_when_an_app_was_last_seen(phone, alice):
    app = ApiClient(alice)
    TokenSession.objects.filter(pk=app.session.pk).update(last_seen_at="2026-01-02T03:04:05Z")

    page = phone.get(PATH).content.decode()

    assert "last seen" in page
    assert 'datetime="2026-01-02T' in page


def test_notes_that_a_browser_was_seen(phone):
    TokenSession.objects.update(last_seen_at="2026-01-02T03:04:05Z")

    phone.get("/portal/")

    assert TokenSession.objects.get().last_seen_at.isoformat() > "2026-01-03"
