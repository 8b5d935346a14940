"""
What nobody types, in each field of each form of the portal and the till, and in all addresses.

A page is asked for, its forms are read as a browser reads them, and each field in turn gets values
that have hurt programs. Nothing answers 5xx. Which value goes where turns with the field, so that
each run tries each field and each value; what a form did is taken back.
"""

import re
from collections.abc import Mapping
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from accounts.models import Customer, Seller
from campaigns.models import Coupon, RewardCampaign
from loyalty.core.models import Store
from tests.factories.accounts import PASSWORD
from tests.factories.core import default_store
from tests.factories.staff import RoleFactory, StaffFactory
from tests.support.page_forms import forms_of
from tests.support.things import fill
from transactions.models import Transaction

VALUES = (
    *("", "\x00", "a\x00b", "\ud800", "x" * 70_000, "9" * 5_000, "-1", "0", "1e400", "1e-400"),
    *("NaN", "-Infinity", "٣", "½", "99999999999999999999", "0000-01-01", "0001-01-01T00:00"),
    *("9999-12-31T23:59", "10000-01-01", "2026-02-30", "24:61", "a\r\nb: c", "{" * 2_000),
    *("[" * 2_000, "{{ 7 }}", "%s%n", "'\"\\", "<script>alert(1)</script>", "../../etc/passwd"),
    *("00000000-0000-0000-0000-000000000000", "http://[", "//evil.example", "x@" + "y" * 300),
    *("\u202e", "\u2028", "e\u0301" * 200, "null", "true", "[]", '{"a":1}', "1,2", "en-" * 50),
)
# How many values each field is tried with in a run; more finds more, slower.
PER_FIELD = 1
# And with how many words of the address.
PER_PAGE = 2
# Where a page only takes forms, leads on, or has nothing to show to this person.
MAY_BE_CLOSED = {302, 404, 405}
QUERY = ("q", "s", "page", "p", "o", "before", "said", "next", "type", "like", "status__exact")


@pytest.fixture
def home(store: Store, settings: Any, tmp_path: Any) -> dict[type, Any]:
    settings.MEDIA_ROOT = tmp_path
    RoleFactory("POS")
    return fill(store, "Home")


@pytest.fixture
def store(db: None) -> Store:
    return default_store()


def send(client: Client, method: str, address: str, values: Mapping[str, str | list[str]]) -> int:
    """Send a form as it is typed, and take back what it did; return the status."""
    raw = urlencode(values, doseq=True, errors="surrogatepass")
    with transaction.atomic():
        if method == "GET":
            answer = client.get(f"{address}?{raw}")
        else:
            answer = client.generic(
                method, address, raw.encode(), "application/x-www-form-urlencoded"
            )
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer.status_code


def broken(client: Client, addresses: list[str]) -> list[str]:
    """Return which field of which page breaks with what."""
    client.raise_request_exception = False
    turn, names, seen, found = cycle(VALUES), cycle(QUERY), set(), []
    for address in addresses:
        with transaction.atomic():
            page = client.get(address)
            text = "" if page.streaming else page.content.decode(errors="replace")
            transaction.set_rollback(True)
        if page.status_code != 200 and page.status_code not in MAY_BE_CLOSED:
            found.append(f"GET {address}: {page.status_code}")
        for _ in range(PER_PAGE):
            name, value = next(names), next(turn)
            if (status := send(client, "GET", address, {name: value})) >= 500:
                found.append(f"GET {address} {name}={value[:40]!a}: {status}")
        for form in forms_of(text, address):
            action = form.action.partition("?")[0]
            if "sign-out" in action or "logout" in action or not action.startswith("/"):
                continue
            for name in form.kinds:
                key = (form.method, re.sub(r"\d+|[0-9a-f-]{36}", "", action), name)
                if key in seen or name == "csrfmiddlewaretoken":
                    continue
                seen.add(key)
                for _ in range(PER_FIELD):
                    value = next(turn)
                    status = send(client, form.method, form.action, form.values | {name: value})
                    if status >= 500:
                        found.append(f"{form.method} {action} {name}={value[:40]!a}: {status}")
    if len(seen) <= 5:
        found.append(f"Too few fields were found: {seen}")
    return found


def test_of_the_portal(home: Any):
    eve, client = home[Customer], Client()
    eve.set_password(PASSWORD)
    eve.must_change_password = False
    eve.save(update_fields=["password", "must_change_password"])
    client.post("/portal/sign-in/", {"login": eve.email, "password": PASSWORD})
    pages = (
        *("", "profile/", "signed-in/", "my-data/", "claim/", "earn/", "points/", "purchases/"),
        *("rewards/", "coupons/", "cashback/", "send/", "invite/", "password/"),
        f"purchases/{home[Transaction].uuid}/",
        f"rewards/{home[RewardCampaign].uuid}/",
        f"coupons/{home[Coupon].uuid}/",
    )

    assert "\n".join(broken(client, [f"/portal/{page}" for page in pages])) == ""


@pytest.mark.parametrize("door", ["portal", "pos", "cockpit"])
def test_of_who_is_not_signed_in(home: Any, door: str):
    pages = {
        "portal": ("sign-in/", "forgot/", "reset/", "reset/x", "activate/x", "join/", "join/x"),
        "pos": ("sign-in/", "forgot/", "reset/x"),
        "cockpit": ("login/", "forgot/", "reset/x/"),
    }[door]

    client = Client(raise_request_exception=False)
    turn = cycle(VALUES)
    names = ("login", "email", "password", "username", "code", "new", "again", "first_name", "next")
    found = []
    for page in pages:
        for name in names:
            for _ in range(PER_FIELD * 2):
                value = next(turn)
                given = dict.fromkeys(names, "x") | {name: value}
                for method in ("GET", "POST"):
                    status = send(client, method, f"/{door}/{page}", given)
                    if status >= 500:
                        found.append(f"{method} /{door}/{page} {name}={value[:40]!a}: {status}")
    assert "\n".join(found) == ""


def test_of_the_till(home: Any):
    mona, eve, client = home[Seller], home[Customer], Client()
    sellers_password(mona)
    answer = client.post("/pos/sign-in/", {"email": mona.email, "password": PASSWORD})
    assert answer["Location"] == "/pos/"
    pages = (
        *("", f"?q={eve.email}", "register/"),
        f"customers/{eve.uuid}/",
        f"documents/{home[Transaction].uuid}/",
    )

    assert "\n".join(broken(client, [f"/pos/{page}" for page in pages])) == ""


def sellers_password(seller: Seller) -> None:
    seller.may_transfer_points = True
    seller.set_password(PASSWORD)
    seller.save(update_fields=["password", "may_transfer_points"])


HEADERS: list[dict[str, str]] = [
    {"HTTP_ACCEPT_LANGUAGE": "x" * 5_000},
    {"HTTP_ACCEPT_LANGUAGE": "pl;q=1e400, *;q=\u0663"},
    {"HTTP_ACCEPT_LANGUAGE": "\x00\xff"},
    {"HTTP_COOKIE": "django_language=" + "z" * 3_000},
    {"HTTP_COOKIE": "django_language=../../etc"},
    {"HTTP_COOKIE": 'sessionid="\\000"; portal_session="\\000"; pos_session="\\000"'},
    {"HTTP_COOKIE": 'csrftoken="\\000"; sessionid=' + "x" * 3_000},
    {"HTTP_COOKIE": "messages=[[[[; device=:::; known_device=:::"},
    {"HTTP_AUTHORIZATION": "Bearer " + "." * 50},
    {"HTTP_AUTHORIZATION": "Bearer WyJ" * 900},
    {"HTTP_AUTHORIZATION": "Basic \xff\xfe"},
    {"HTTP_X_AUTH_TOKEN": "\xff\x00"},
    {"HTTP_IDEMPOTENCY_KEY": "\x00" * 10},
    {"HTTP_IDEMPOTENCY_KEY": "k" * 5_000},
    {"HTTP_IF_MODIFIED_SINCE": "Mon, 99 Foo 99999 99:99:99 GMT", "HTTP_IF_NONE_MATCH": '"'},
    {"HTTP_RANGE": "bytes=-99999999999999999999"},
    {"HTTP_USER_AGENT": "\x00" + "x" * 5_000},
    {"HTTP_X_FORWARDED_FOR": "\x00, ' or 1=1"},
    {"HTTP_ORIGIN": "null"},
    {"HTTP_ORIGIN": "http://["},
    {"HTTP_REFERER": "http://[", "wsgi.url_scheme": "https"},
    {"HTTP_PREFER": "respond-async=" + "x" * 999},
    {"CONTENT_LENGTH": "-1"},
    {"CONTENT_TYPE": "application/json; charset=utf-99"},
    {"CONTENT_TYPE": "multipart/form-data"},
    {"CONTENT_TYPE": "multipart/form-data; boundary=\xff"},
]
DOORS = (
    *("/", "/portal/sign-in/", "/pos/sign-in/", "/cockpit/login/", "/language/setlang/"),
    *(
        "/api/",
        "/api/DEFAULT/customer",
        "/api/DEFAULT/customer/login_check",
        "/api/admin/login_check",
    ),
    *("/api/DEFAULT/settings", "/api/DEFAULT/translations", "/terms-conditions", "/static/x"),
    *("/api/token/refresh", "/api/DEFAULT/customer/self_register", "/nothing/here"),
)


@pytest.mark.parametrize("headers", HEADERS, ids=lambda each: next(iter(each))[:24])
def test_headers_that_nobody_sends(store: Store, headers: dict[str, str]):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    found = []
    for path in DOORS:
        for method in ("GET", "POST"):
            given = {"CONTENT_TYPE": "application/x-www-form-urlencoded"} | headers
            answer = client.generic(method, path, b"a=b", given.pop("CONTENT_TYPE"), **given)
            # Where no worker runs, the health check says so.
            if answer.status_code >= 500 and (path, answer.status_code) != ("/api/", 503):
                found.append(f"{method} {path}: {answer.status_code}")
    assert "\n".join(found) == ""


@pytest.mark.parametrize("path", ["/nothing/here", "/static/x", "/portal/nobody/", "/pos/", "/"])
def test_bodies_too_large_for_a_page_that_is_none(store: Store, path: str):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    long = b"a=" + b"b" * 3_000_000
    many = b"&".join(b"a%d=b" % number for number in range(5_000))

    for body in (long, many, b"%ff=%00&=&&&=%"):
        answer = client.generic("POST", path, body, "application/x-www-form-urlencoded")

        assert 300 <= answer.status_code < 500


IN_PATHS = ("%00", "%ED%A0%80", "9" * 400, "9" * 5_000, "-1", "0", "%D9%A3", "x" * 3_000, "..%2f..")


def test_addresses_of_the_cockpit_that_name_nothing(home: Any):
    client = Client()
    client.raise_request_exception = False
    client.force_login(StaffFactory(username="root"))
    _prefix, resolver = get_resolver().namespace_dict["admin"]
    places = {
        f"{above}{pattern.pattern}"
        for each in resolver.url_patterns
        for above, inner in [(each.pattern, getattr(each, "url_patterns", None))]
        for pattern in inner or [each]
        for above in [above if inner else ""]
    }

    turn, statuses = cycle(IN_PATHS), {}
    for place in sorted(place for place in places if "<" in place and "?P" not in place):
        for _ in range(2):
            address = "/cockpit/" + re.sub("<[^>]*>", next(turn), place)
            for method in ("GET", "POST"):
                statuses[method, address[:200]] = send(client, method, address, {"post": "yes"})

    assert {asked: status for asked, status in statuses.items() if status >= 500} == {}
    assert len(statuses) > 200
