"""In the portal, what is another store's or another customer's …"""

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import Customer, CustomerStatus
from campaigns.models import Coupon, RewardCampaign
from campaigns.services import rewards
from loyalty.core.models import Store
from loyalty.portal.sessions import COOKIE
from tests.campaigns.conftest import STAFF
from tests.cockpit.walls import snapshot
from tests.factories import StoreFactory
from tests.factories.accounts import PASSWORD, CustomerFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.transactions import SaleFactory
from tests.support.things import fill
from transactions.models import Transaction

WORD = "Elsewhere"
# Which thing of a store the address of a page names; tokens are tried by their own tests.
NAMED = {"document": Transaction, "reward": RewardCampaign, "coupon": Coupon}
FORM = {"key": "k-1", "confirmed": "yes", "points": "1", "receiver": "bob@example.com"}


@pytest.fixture
def there(store: Store) -> dict[type, Any]:
    return fill(StoreFactory(name=f"{WORD} store"), WORD)


@pytest.fixture
def bob(store: Store) -> Customer:
    bob = CustomerFactory(store, email="bob@example.com", last_name="Builder")
    bob.store = store
    give_points(bob, 100)
    return bob


def pages() -> dict[str, list[str]]:
    """Return the names of the default store's pages, each with the names of its parameters."""
    _prefix, resolver = get_resolver().namespace_dict["portal"]
    return {
        pattern.name: list(pattern.pattern.regex.groupindex)
        for pattern in resolver.url_patterns
        if pattern.name and not pattern.name.startswith("store-")
    }


def own_pages() -> list[str]:
    """Return the pages that are the same for everybody, as they stand in the address."""
    _prefix, resolver = get_resolver().namespace_dict["portal"]
    return [
        str(pattern.pattern).strip("^$")
        for pattern in resolver.url_patterns
        if pattern.name
        and not pattern.name.startswith("store-")
        and "?P" not in str(pattern.pattern)
    ]


def addresses(things: dict[type, Any]) -> list[str]:
    return [
        f"/portal/purchases/{things[Transaction].uuid}/",
        f"/portal/rewards/{things[RewardCampaign].uuid}/",
        f"/portal/coupons/{things[Coupon].uuid}/",
    ]


def test_is_tried_at_every_page_that_takes_an_id():
    taken = {name for names in pages().values() for name in names} - {"token"}

    assert taken == set(NAMED)
    assert sum(bool(set(names) & taken) for names in pages().values()) == len(NAMED)


def test_is_not_found_by_its_id(signed_in: Client, there: dict[type, Any]):
    before = snapshot(there[Store])

    for address in addresses(there):
        for answer in (signed_in.get(address), signed_in.post(address, FORM)):
            assert answer.status_code == 404
            assert WORD not in answer.content.decode()

    assert snapshot(there[Store]) == before


def test_is_not_found_by_a_neighbour(signed_in: Client, store: Store, bob: Customer):
    """Of the same store, but another's: a purchase and a coupon."""
    sale = SaleFactory(bob, "10.00")
    [coupon] = rewards.buy(campaign=CampaignFactory(store), customer=bob, actor=STAFF)

    for page in (f"purchases/{sale.uuid}/", f"coupons/{coupon.uuid}/"):
        for answer in (signed_in.get(f"/portal/{page}"), signed_in.post(f"/portal/{page}", FORM)):
            assert answer.status_code == 404
    coupon.refresh_from_db()
    assert not coupon.is_used


def test_is_on_no_page(signed_in: Client, there: dict[type, Any], bob: Customer):
    SaleFactory(bob, "10.00", number="of-bob")

    for page in own_pages():
        if page == "sign-out/":
            continue
        text = signed_in.get(f"/portal/{page}", follow=True).content.decode()
        assert WORD not in text
        assert "of-bob" not in text
        assert "Builder" not in text


def test_is_not_reached_from_a_line_of_theirs(signed_in: Client, there: dict[type, Any]):
    """Lists go on below a line that the address names."""
    for row in there.values():
        for page in ("points", "purchases"):
            answer = signed_in.get(f"/portal/{page}/", {"before": str(getattr(row, "uuid", ""))})
            assert answer.status_code == 200
            assert WORD not in answer.content.decode()


def test_is_closed_to_the_cookie_of_this_one(signed_in: Client, there: dict[type, Any]):
    code = there[Store].code
    for page in own_pages():
        if page in {"language/", "sign-out/"}:
            continue
        answer = signed_in.get(f"/portal/{code}/{page}")
        text = answer.content.decode()
        assert (answer.status_code == 302) or ('name="password"' in text or "<form" in text)
        assert "Alice" not in text


def test_gets_no_points_and_gives_none(signed_in: Client, alice: Customer, there: dict[type, Any]):
    give_points(alice, 10)
    eve = there[Customer]

    for receiver in (eve.email, str(eve.uuid)):
        answer = signed_in.post("/portal/send/", {"receiver": receiver, "points": "1"})
        assert answer.status_code == 422
        assert WORD not in answer.content.decode().replace(eve.email, "")


def test_a_session_that_was_copied_ends_with_the_sign_out(signed_in: Client):
    stolen = Client()
    stolen.cookies[COOKIE] = signed_in.cookies[COOKIE].value
    assert stolen.get("/portal/").status_code == 200

    signed_in.post("/portal/sign-out/")

    assert stolen.get("/portal/").status_code == 302


def test_forms_need_their_token(alice: Customer):
    client = Client(enforce_csrf_checks=True)

    for page in own_pages():
        answer = client.post(f"/portal/{page}", {"login": alice.email, "password": PASSWORD})
        assert answer.status_code == 403, page


def test_pages_are_kept_nowhere_and_cookies_by_nobody_else(signed_in: Client, settings: Any):
    settings.SESSION_COOKIE_SECURE = True

    for page in own_pages():
        if page in {"language/", "sign-out/"}:
            continue
        answer = signed_in.get(f"/portal/{page}")
        kept = answer["Cache-Control"]
        assert {"no-store", "private"} <= {word.strip() for word in kept.split(",")}, page
    answer = signed_in.post(
        "/portal/sign-in/", {"login": "alice@example.com", "password": PASSWORD}
    )
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie["path"] == "/portal/"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/portal/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/portal/../..//evil.example",
    ],
)
def test_nobody_is_led_away(client: Client, store: Store, target: str):
    answer = client.post("/portal/language/", {"language": "pl", "here": target})
    other = client.post("/language/setlang/", {"language": "pl", "next": target})

    for each in (answer, other):
        assert each.status_code in {204, 302}
        found = urlsplit(urljoin("http://testserver/portal/", each.get("Location", "")))
        assert (found.scheme, found.netloc) == ("http", "testserver")
        assert "\n" not in each.get("Location", "")


def test_a_deleted_customer_is_out(signed_in: Client, alice: Customer):
    Customer.objects.filter(pk=alice.pk).update(status=CustomerStatus.DELETED)

    assert signed_in.get("/portal/points/").status_code == 302
