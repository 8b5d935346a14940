"""A customer sends points to a friend …"""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Customer
from accounts.selectors import balances
from accounts.services import forgetting, points
from loyalty.core import throttle
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from tests.factories.accounts import PASSWORD, CustomerFactory
from tests.factories.campaigns import give_points
from tests.factories.core import StoreFactory

PAGE = "/portal/send/"
BOB = {"receiver": "bob@example.com", "points": "30"}


@pytest.fixture
def bob(alice) -> Customer:
    give_points(alice, 100)
    return CustomerFactory(
        alice.store,
        first_name="Bob",
        last_name="Brown",
        email="bob@example.com",
        phone="+48602000111",
        password=PASSWORD,
    )


def text_of(response) -> str:
    return html.unescape(re.sub(r"[\s\xa0]+", " ", response.content.decode()))


def active(customer) -> Decimal:
    return balances.get_active(customer.wallet_id, timezone.now())


def confirm(client, form=BOB):
    """Type it, and answer what the confirmation is sent with."""
    page = client.post(PAGE, form)
    assert page.status_code == 200, text_of(page)
    return form | {"proof": re.search(r'name="proof" value="([^"]+)"', page.content.decode())[1]}


def test_only_signed_in(client, bob):
    assert client.get(PAGE)["Location"] == "/portal/sign-in/"
    assert client.post(PAGE, BOB)["Location"] == "/portal/sign-in/"


@pytest.mark.parametrize("name", ["bob@example.com", " +48 602 000 111"])
def test_after_having_seen_what_will_be_sent(signed_in, alice, bob, name):
    """PA-15."""
    asked = signed_in.post(PAGE, {"receiver": name, "points": "30,5"})
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text_of(asked)))

    assert "(B. B.)" in page
    assert "You send 30.5 points You keep 69.5 points" in page
    assert "Brown" not in page
    assert active(bob) == 0

    answer = signed_in.post(PAGE, confirm(signed_in, {"receiver": name, "points": "30,5"}))

    assert answer["Location"] == f"{PAGE}?said=sent"
    assert (active(alice), active(bob)) == (Decimal("69.5"), Decimal("30.5"))
    assert AuditEntry.objects.filter(event_type="TransferPoints").count() == 1


def test_once_however_often_the_form_is_sent(signed_in, alice, bob):
    form = confirm(signed_in)

    answers = [signed_in.post(PAGE, form) for _ in range(2)]

    assert [answer["Location"] for answer in answers] == [f"{PAGE}?said=sent"] * 2
    assert (active(alice), active(bob)) == (70, 30)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        pytest.param({"receiver": "eve@example.com"}, "No member has this", id="PA-16 nobody"),
        pytest.param({"receiver": "far@example.com"}, "No member has this", id="another store"),
        pytest.param({"receiver": "alice@example.com"}, "your own points", id="PA-16 oneself"),
        pytest.param({"receiver": ""}, "Please fill this in", id="no receiver"),
        pytest.param({"points": "100.01"}, "You do not have so many", id="PA-16 too many"),
        pytest.param({"points": "0"}, "Please type how many", id="PA-16 nothing"),
        pytest.param({"points": "-5"}, "Please type how many", id="less than nothing"),
        pytest.param({"points": "NaN"}, "Please type how many", id="no number"),
    ],
)
def test_but_not(signed_in, alice, bob, form, says):
    CustomerFactory(StoreFactory(), email="far@example.com")

    answer = signed_in.post(PAGE, BOB | form)

    assert answer.status_code == 422
    assert says in text_of(answer)
    assert 'name="proof"' not in answer.content.decode()
    assert (active(alice), active(bob)) == (100, 0)


def test_but_not_what_is_gone_meanwhile(signed_in, alice, bob):
    form = confirm(signed_in)
    points.spend(customer=alice, amount=Decimal("80"), issuer="admin")

    answer = signed_in.post(PAGE, form)

    assert answer.status_code == 422
    assert "You do not have so many" in text_of(answer)
    assert (active(alice), active(bob)) == (20, 0)


def test_but_not_to_who_was_forgotten_meanwhile(signed_in, alice, bob):
    form = confirm(signed_in)
    forgetting.anonymize(customer=bob, actor=SYSTEM)

    answer = signed_in.post(PAGE, form)

    assert answer.status_code == 422
    assert (active(alice), active(bob)) == (100, 0)


def test_but_not_finer_than_the_points_are(signed_in, alice, bob):
    answer = signed_in.post(PAGE, confirm(signed_in, BOB | {"points": "0.001"}))

    assert answer.status_code == 422
    assert "This many cannot be sent" in text_of(answer)
    assert active(bob) == 0


def test_but_nothing_that_was_not_shown(signed_in, client, alice, bob):
    form = confirm(signed_in)
    forged = form | {"proof": form["proof"][:-1] + ("A" if form["proof"][-1] != "A" else "B")}
    answers = [signed_in.post(PAGE, forged)]
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        answers.append(signed_in.post(PAGE, form))
    client.post("/portal/sign-out/")
    client.post("/portal/sign-in/", {"login": bob.email, "password": PASSWORD})
    answers.append(client.post(PAGE, form))

    assert [answer.status_code for answer in answers] == [422, 422, 404]
    assert (active(alice), active(bob)) == (100, 0)


def test_but_asks_only_so_often_who_is_a_member(signed_in, bob, monkeypatch):
    monkeypatch.setattr(throttle, "PER_PLACE", 2)
    names = ("a@example.com", "b@example.com", "bob@example.com")

    answers = [signed_in.post(PAGE, BOB | {"receiver": name}) for name in names]

    assert [answer.status_code for answer in answers] == [422, 422, 429]


def test_by_a_page_of_few_queries(signed_in, bob):
    with CaptureQueriesContext(connection) as queries:
        assert signed_in.get(PAGE).status_code == 200

    assert len(queries) == 4
