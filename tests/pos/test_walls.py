"""At the till, what is another store's …"""

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import Customer, Seller
from campaigns.models import Coupon, RewardCampaign
from loyalty.core.models import Store
from loyalty.pos.sessions import COOKIE
from tests.cockpit.walls import snapshot
from tests.factories import StoreFactory
from tests.factories.accounts import PASSWORD
from tests.factories.campaigns import give_points
from tests.support.things import Unmatched, fill
from transactions.models import Transaction

WORD = "Elsewhere"
NAMED = {"customer", "document"}


@pytest.fixture
def there(store: Store) -> dict[type, Any]:
    return fill(StoreFactory(name=f"{WORD} store"), WORD)


@pytest.fixture
def mona(mona: Seller) -> Seller:
    mona.may_transfer_points = True
    mona.save(update_fields=["may_transfer_points"])
    return mona


def deeds(things: dict[type, Any]) -> list[dict[str, str]]:
    """Return each form of a customer's page, with another store's ids where one goes."""
    return [
        {"deed": "match", "number": things[Unmatched].document_number},
        {"deed": "use", "coupon": str(things[Coupon].uuid)},
        {"deed": "undo", "coupon": str(things[Coupon].uuid)},
        {"deed": "sell", "reward": str(things[RewardCampaign].uuid), "key": "k"},
        {"deed": "add", "points": "1", "reason": "Because", "key": "k"},
        {"deed": "activate", "code": "1234"},
        {"deed": "resend"},
    ]


def test_is_tried_at_every_page_that_takes_an_id():
    _prefix, resolver = get_resolver().namespace_dict["pos"]
    taken = {name for pattern in resolver.url_patterns for name in pattern.pattern.regex.groupindex}

    assert taken - {"token", "store_code"} == NAMED


def test_is_not_found_by_its_id(till: Client, there: dict[type, Any]):
    before = snapshot(there[Store])
    customer = f"/pos/customers/{there[Customer].uuid}/"
    document = f"/pos/documents/{there[Transaction].uuid}/"

    answers = [
        *(till.get(customer), till.get(document)),
        *(till.post(customer, form) for form in deeds(there)),
        till.post(document, {"who": there[Customer].email}),
    ]

    for answer in answers:
        assert answer.status_code == 404
        assert WORD not in answer.content.decode()
    assert snapshot(there[Store]) == before


def test_is_taken_by_no_form_of_a_customer(till: Client, alice: Customer, there: dict[type, Any]):
    give_points(alice, 50)
    address, before = f"/pos/customers/{alice.uuid}/", snapshot(there[Store])

    for form in deeds(there)[:4]:
        answer = till.post(address, form)
        assert answer.status_code in {404, 422}, form
        assert WORD not in answer.content.decode().replace(form.get("number", "-"), "")

    assert snapshot(there[Store]) == before
    assert not Coupon.objects.filter(customer=alice).exists()


def test_is_found_by_no_word(till: Client, there: dict[type, Any]):
    eve = there[Customer]
    for word in (eve.email, eve.last_name, eve.phone or WORD, there[Transaction].document_number):
        text = till.get("/pos/", {"q": word}).content.decode()
        assert str(eve.uuid) not in text
        assert str(there[Transaction].uuid) not in text


def test_is_closed_to_the_cookie_of_this_one(till: Client, there: dict[type, Any]):
    code = there[Store].code
    for page in ("", "register/", f"customers/{there[Customer].uuid}/"):
        for answer in (till.get(f"/pos/{code}/{page}"), till.post(f"/pos/{code}/{page}")):
            assert answer.status_code in {302, 405}
            assert WORD not in answer.content.decode()


def test_forms_need_their_token(mona: Seller, alice: Customer):
    client = Client(enforce_csrf_checks=True)

    for page in ("", "sign-in/", "sign-out/", "forgot/", "register/", f"customers/{alice.uuid}/"):
        assert client.post(f"/pos/{page}", {"email": mona.email}).status_code == 403


def test_pages_are_kept_nowhere_and_cookies_by_nobody_else(
    till: Client, mona: Seller, alice: Customer, settings: Any
):
    settings.SESSION_COOKIE_SECURE = True

    for page in ("", "register/", f"customers/{alice.uuid}/"):
        kept = till.get(f"/pos/{page}")["Cache-Control"]
        assert {"no-store", "private"} <= {word.strip() for word in kept.split(",")}
    answer = till.post("/pos/sign-in/", {"email": mona.email, "password": PASSWORD})
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie["path"] == "/pos/"
