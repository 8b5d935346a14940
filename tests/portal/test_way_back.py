"""A customer who forgot their password …"""

import re

import pytest
from django.core import mail

from accounts.models import PasswordReset
from accounts.services import password_resets
from loyalty.core import devices
from loyalty.core.models import Event
from tests.factories.accounts import PASSWORD
from tests.factories.core import StoreFactory
from tests.support.messages import deliver

NEW = "Another-Word-2"


def ask(client, login="alice@example.com", path="/portal/"):
    return client.post(f"{path}forgot/", {"login": login})


def link(client, **more) -> str:
    ask(client, **more)
    for fact in Event.objects.filter(type=password_resets.FACT):
        deliver(fact)
    [found] = set(re.findall(r"/portal/\S*reset/[\w-]+", mail.outbox[-1].body))
    return found


def choose(client, path, new=NEW, again=None, **more):
    return client.post(path, {"new": new, "again": again or new, **more})


def test_finds_the_way_from_the_sign_in(client, alice):
    """PWD-5."""
    assert 'href="/portal/forgot/"' in client.get("/portal/sign-in/").content.decode()
    assert client.get("/portal/forgot/").status_code == 200


def test_comes_back_by_the_link_in_the_mail(client, alice):
    """PWD-6, PWD-7."""
    path = link(client)
    assert "Choose a new password" in client.get(path).content.decode()

    page = choose(client, path)

    assert "Your password is changed" in page.content.decode()
    signed_in = client.post("/portal/sign-in/", {"login": alice.email, "password": NEW})
    assert signed_in["Location"] == "/portal/"


def test_is_told_the_same_as_anybody_else(client, alice):
    """PWD-5."""
    pages = [ask(client, login) for login in ("alice@example.com", "nobody@example.com")]
    again = [ask(client, login) for login in ("alice@example.com", "nobody@example.com")]

    assert [page.status_code for page in pages + again] == [200, 200, 422, 422]
    assert "a message to you is on its way" in pages[1].content.decode()


def test_has_to_say_who_they_are(client, alice):
    page = ask(client, " ")

    assert page.status_code == 422
    assert "Please fill this in." in page.content.decode()
    assert not PasswordReset.objects.exists()


@pytest.mark.parametrize(
    ("new", "again", "words"),
    [
        ("weak", "weak", "must contain a digit"),
        (NEW, NEW + "x", "not the same as above"),
        ("", "", "Please fill this in."),
    ],
)
def test_is_told_what_is_wrong_and_tries_again(client, alice, new, again, words):
    """PWD-4."""
    path = link(client)

    page = choose(client, path, new, again)

    assert page.status_code == 422
    assert words in page.content.decode()
    assert choose(client, path).status_code == 200


def test_finds_a_used_link_over(client, alice):
    """PWD-7."""
    path = link(client)
    choose(client, path)

    assert client.get(path).status_code == 404
    page = choose(client, path, PASSWORD)
    assert page.status_code == 404
    assert "This link is over" in page.content.decode()


def test_enters_the_code_from_a_text_message(client, alice, store):
    """PWD-6."""
    store.setting_values = {**store.setting_values, "preferredCommunicationMethod": "sms"}
    store.save()
    assert "/portal/reset/" in ask(client).content.decode()
    code = password_resets.issue(PasswordReset.objects.get().uuid, as_code=True)

    wrong = choose(client, "/portal/reset/", code="ABCDEFGH")
    right = choose(client, "/portal/reset/", code=code.text.lower())

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert "This code is not valid" in wrong.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_is_known_on_this_device_from_then_on(client, alice):
    choose(client, link(client))

    cookie = client.cookies[devices.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_stays_in_their_store(client, alice):
    other = StoreFactory(code="other")

    assert ask(client, path=f"/portal/{other.code}/").status_code == 200
    for fact in Event.objects.filter(type=password_resets.FACT):
        deliver(fact)
    assert mail.outbox == []


@pytest.mark.parametrize("page", ["forgot/", "reset/", "reset/abc"])
def test_reads_polish(client, alice, page):
    text = client.get(f"/portal/{page}", headers={"accept-language": "pl"}).content.decode()

    assert "hasł" in text
