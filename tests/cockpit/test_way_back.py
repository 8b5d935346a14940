"""Staff who forgot their password …"""

import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.services import password_resets
from loyalty.core.models import Event
from tests.factories import SellerFactory
from tests.factories.staff import StaffFactory
from tests.support.messages import deliver

NEW = "Another-Word-2"


@pytest.fixture
def sam(store):
    return StaffFactory(username="sam", email="sam@example.com")


def ask(client, username="sam"):
    return client.post(reverse("admin:password_forgot"), {"username": username})


def link(client, username="sam") -> str:
    ask(client, username)
    for fact in Event.objects.filter(type=password_resets.FACT):
        deliver(fact)
    [found] = set(re.findall(r"/cockpit/reset/[\w-]+/", mail.outbox[-1].body))
    return found


def test_come_back_by_the_link_in_the_mail(client, sam):
    """PWD-5, PWD-7."""
    assert reverse("admin:password_forgot") in client.get(reverse("admin:login")).content.decode()
    path = link(client)
    assert client.get(path).status_code == 200

    page = client.post(path, {"new": NEW, "again": NEW})

    assert "Your password is changed." in page.content.decode()
    client.post(reverse("admin:login"), {"username": "sam", "password": NEW})
    assert client.get(reverse("admin:index")).status_code == 200


def test_are_told_the_same_as_anybody_else(client, sam):
    """PWD-5."""
    answers = [ask(client, name) for name in ("sam", "nobody", "sam", "nobody")]

    assert [answer.status_code for answer in answers] == [200, 200, 422, 422]
    pages = [
        re.sub(r'value="[^"]*"', "", answer.content.decode().split("</main>")[0].split("<main")[1])
        for answer in answers
    ]
    assert pages[0] == pages[1]
    assert pages[2] == pages[3]


@pytest.mark.parametrize(
    ("new", "again", "words"),
    [("weak", "weak", "must contain a digit"), (NEW, NEW + "x", "not the same")],
)
def test_are_told_what_is_wrong(client, sam, new, again, words):
    """PWD-4."""
    path = link(client)

    page = client.post(path, {"new": new, "again": again})

    assert page.status_code == 422
    assert words in page.content.decode()
    sam.refresh_from_db()
    assert not sam.check_password(new)


def test_find_a_used_link_over(client, sam):
    """PWD-7."""
    path = link(client)
    client.post(path, {"new": NEW, "again": NEW})

    assert client.get(path).status_code == 404
    assert client.post(path, {"new": "Third-Word-3", "again": "Third-Word-3"}).status_code == 404


def test_are_joined_by_sellers_whose_link_leads_to_the_till(client, store):
    """PWD-5."""
    mona = SellerFactory(store, email="mona@example.com", password="Open-Sesame-1")
    ask(client, "mona@example.com")
    for fact in Event.objects.filter(type=password_resets.FACT):
        deliver(fact)
    [path] = set(re.findall(r"/pos/reset/[\w-]+", mail.outbox[-1].body))

    page = client.post(path, {"new": NEW, "again": NEW})

    assert page.status_code == 200
    mona.refresh_from_db()
    assert mona.check_password(NEW)
