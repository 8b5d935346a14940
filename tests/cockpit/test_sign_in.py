"""Signing in to the cockpit …"""

import re

import pytest
from django.urls import reverse

from accounts.models import StaffUser
from loyalty.core import throttle
from loyalty.core.models import AuditEntry
from tests.factories.staff import PASSWORD, StaffFactory


@pytest.fixture
def sam(store):
    return StaffFactory(username="sam", email="sam@example.com")


def sign_in(client, username="sam", password=PASSWORD):
    return client.post(reverse("admin:login"), {"username": username, "password": password})


@pytest.mark.parametrize("username", ["sam", "SAM", "sam@example.com", "Sam@Example.com"])
def test_takes_the_user_name_or_the_address(client, sam, username):
    assert sign_in(client, username).status_code == 302

    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    ("username", "password"), [("sam", "wrong"), ("nobody", PASSWORD), ("", PASSWORD)]
)
def test_refuses_in_plain_words(client, sam, username, password):
    answer = sign_in(client, username, password)

    assert answer.status_code == 200
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize(
    "key", [r"\000" * 32, r"\355\240\200" * 16, "é" * 32, "x" * 4_000, "../" * 9]
)
def test_takes_a_cookie_that_we_never_gave_for_none(client, sam, key):
    answer = client.get(reverse("admin:index"), HTTP_COOKIE=f'sessionid="{key}"')

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (
        302,
        reverse("admin:login"),
    )


def test_begins_in_the_field_that_is_to_be_filled_in(client, sam):
    focused = re.compile(r'name="(\w+)"[^>]*\bautofocus')

    empty = client.get(reverse("admin:login")).content.decode()
    refused = sign_in(client, password="wrong").content.decode()

    assert focused.findall(empty) == ["username"]
    assert focused.findall(refused) == ["password"]


def test_refuses_who_was_shut_out(client, sam):
    sam.is_active = False
    sam.save(update_fields=["is_active"])

    assert sign_in(client).status_code == 200


def test_is_audited_either_way(client, sam):
    sign_in(client, password="wrong")
    sign_in(client)

    events = AuditEntry.objects.filter(entity_type="Cockpit").order_by("pk")
    assert [(row.event_type, row.username) for row in events] == [
        ("AuthenticationFailure", "sam"),
        ("AuthenticationSuccess", "sam"),
    ]


def test_makes_an_address_wait_that_guesses(client, sam, monkeypatch):
    monkeypatch.setattr(throttle, "PER_PLACE", 2)
    for _ in range(2):
        sign_in(client, password="wrong")

    answer = sign_in(client)

    assert "Wait a quarter of an hour" in answer.content.decode()


def test_changes_ones_own_password_and_stays_signed_in(client, sam):
    sign_in(client)

    client.post(reverse("admin:password_change"), {"current": PASSWORD, "new": "Another-1-word"})

    sam.refresh_from_db()
    assert sam.check_password("Another-1-word")
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("wrong", "Another-1-word", "current"), (PASSWORD, "weak", "new")],
)
def test_keeps_the_password_when_something_is_wrong(client, sam, current, new, field):
    sign_in(client)

    answer = client.post(reverse("admin:password_change"), {"current": current, "new": new})

    assert field in answer.context["form"].errors
    sam.refresh_from_db()
    assert sam.check_password(PASSWORD)


def arrived(client, username, password) -> str:
    form = {"username": username, "password": password, "next": reverse("admin:index")}
    return client.post(reverse("admin:login"), form, follow=True).content.decode()


def test_asks_for_another_password_where_it_is_the_demos(client, store):
    """ADM-7."""
    StaffFactory(username="admin", password="open")

    page = arrived(client, "admin", "open")

    assert "Your password is easy to guess." in page


def test_asks_for_no_other_where_it_is_good(client, sam):
    page = arrived(client, sam.username, PASSWORD)

    assert "Your password is easy to guess." not in page


def test_an_installation_begins_without_anybody(db):
    """ADM-7: only the demo has somebody with a known password."""
    assert not StaffUser.objects.exists()
