"""A seller who forgot their password …"""

import re

import pytest
from django.core import mail

from accounts.models import PasswordReset
from accounts.services import password_resets
from loyalty.core import throttle
from loyalty.core.models import Event
from tests.factories.accounts import PASSWORD, SellerFactory
from tests.factories.core import StoreFactory
from tests.support.messages import deliver

NEW = "Another-Word-2"


def ask(client, email="mona@example.com", path="/pos/"):
    return client.post(f"{path}forgot/", {"email": email})


def link(client, **more) -> str:
    ask(client, **more)
    for fact in Event.objects.filter(type=password_resets.FACT):
        deliver(fact)
    [found] = set(re.findall(r"/pos/\S*reset/[\w-]+", mail.outbox[-1].body))
    return found


def choose(client, path, new=NEW, again=None):
    return client.post(path, {"new": new, "again": again or new})


def test_finds_the_way_from_the_sign_in(client, mona):
    """PWD-5."""
    assert 'href="/pos/forgot/"' in client.get("/pos/sign-in/").content.decode()
    assert client.get("/pos/forgot/").status_code == 200


def test_comes_back_by_the_link_in_the_mail(client, mona):
    """PWD-6, PWD-7."""
    path = link(client)
    assert "Choose a new password" in client.get(path).content.decode()

    page = choose(client, path)

    assert "Your password is changed" in page.content.decode()
    signed_in = client.post("/pos/sign-in/", {"email": mona.email, "password": NEW})
    assert signed_in["Location"] == "/pos/"
    again = choose(client, path, new="Third-Word-3")
    assert (again.status_code, client.get(path).status_code) == (404, 404)


def test_comes_back_to_the_till_of_their_store(client, mona):
    other = StoreFactory(code="other")
    SellerFactory(other, email="eve@example.com", password=PASSWORD)

    path = link(client, email="eve@example.com", path="/pos/other/")

    assert path.startswith("/pos/other/reset/")
    assert choose(client, path).status_code == 200


def test_is_told_the_same_as_anybody_else(client, mona):
    """PWD-5."""
    names = ("mona@example.com", "nobody@example.com")
    pages = [ask(client, name) for name in names]
    again = [ask(client, name) for name in names]

    assert [page.status_code for page in pages + again] == [200, 200, 422, 422]
    assert "a message is on its way" in pages[1].content.decode()
    assert "within the last day" in again[1].content.decode()


def test_asks_only_so_often(client, mona, monkeypatch):
    monkeypatch.setattr(throttle, "PER_ADDRESS", 1)

    pages = [ask(client, name) for name in ("a@example.com", "b@example.com")]

    assert [page.status_code for page in pages] == [200, 429]
    assert PasswordReset.objects.count() == 1


def test_has_to_say_who(client, mona):
    page = ask(client, " ")

    assert page.status_code == 422
    assert 'id="email-error"' in page.content.decode()
    assert not PasswordReset.objects.exists()


@pytest.mark.parametrize(
    ("new", "again", "says"),
    [
        pytest.param("", "", "Please fill this in", id="nothing"),
        pytest.param(NEW, "Other-Word-2", "not the same", id="two different ones"),
        pytest.param("weak", "weak", "at least", id="a weak one"),
    ],
)
def test_cannot_choose(client, mona, new, again, says):
    path = link(client)

    page = client.post(path, {"new": new, "again": again})

    assert page.status_code == 422
    assert says in page.content.decode()
    assert client.get(path).status_code == 200


def test_gets_nowhere_by_a_made_up_link(client, mona):
    page = client.get(f"/pos/reset/{'x' * 43}")

    assert page.status_code == 404
    assert "This link is over" in page.content.decode()
