"""Chapter Store. Source: STO-1…4."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from loyalty.core.models import Store
from tests.factories import CustomerFactory, SellerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory())


def test_creates_as_printed(client: ApiClient):
    """STO-1: with the blanks around names and values that the reference prints."""
    answer = client.form(
        "POST",
        "store",
        {
            "store[active] ": " 1",
            "store[name] ": " store_name",
            "store[currency] ": " EUR",
            "store[code] ": " store_code",
        },
    )

    assert answer.status_code == 200
    store = Store.objects.get(code="store_code")
    assert (store.name, store.currency, store.is_active) == ("store_name", "EUR", True)
    assert client.get("store_code/settings").status_code == 200


@pytest.mark.parametrize(
    ("word", "is_active"), [("active", True), ("inactive", False), ("0", False), ("", False)]
)
def test_takes_the_words_of_the_table(client: ApiClient, word: str, is_active: bool):
    body = {"store": {"code": "x", "name": "X", "currency": "EUR", "active": word}}

    assert client.post("store", body).status_code == 200
    assert Store.objects.get(code="x").is_active is is_active


def test_updates_as_printed(client: ApiClient):
    """STO-1."""
    store = StoreFactory(code="beans", currency="PLN")

    answer = client.form(
        "PUT", f"store/{store.uuid}", {"store[name] ": " store_name", "store[active] ": " 0"}
    )

    assert (answer.status_code, answer.content) == (204, b"")
    store.refresh_from_db()
    assert (store.name, store.is_active) == ("store_name", False)
    assert (store.code, store.currency) == ("beans", "PLN")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"code": "DEFAULT"}, "code"),
        ({"code": "customer"}, "code"),
        ({"code": "a/b"}, "code"),
        ({"code": ""}, "code"),
        ({"currency": "€"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"name": "x" * 256}, "name"),
        ({"name": ["x"]}, "name"),
        ({"active": "perhaps"}, "active"),
    ],
)
def test_refuses(client: ApiClient, fields: dict[str, Any], field: str):
    body = {"store": {"code": "x", "name": "X", "currency": "EUR", "active": 1} | fields}

    answer = client.post("store", body)

    assert answer.status_code == 400
    children = answer.data["form"]["children"]
    assert set(children) == {"name", "active", "code", "currency"}
    assert [name for name in children if children[name]] == [field]
    assert Store.objects.count() == 1


def test_shows_and_lists(client: ApiClient, store: Store):
    closed = StoreFactory(code="closed", name="Closed shop", is_active=False)

    assert client.get(f"store/{closed.uuid}").data == {
        "storeId": str(closed.uuid),
        "code": "closed",
        "name": "Closed shop",
        "currency": "EUR",
        "active": False,
    }
    whole = client.get("store").data
    assert list(whole) == ["stores", "total"]
    assert [row["code"] for row in whole["stores"]] == ["DEFAULT", "closed"]
    for query, codes in [
        ({"active": 1}, ["DEFAULT"]),
        ({"active": "0"}, ["closed"]),
        ({"active": "perhaps"}, ["DEFAULT", "closed"]),
        ({"name": "shop"}, ["closed"]),
        ({"sort": "name", "direction": "desc"}, ["DEFAULT", "closed"]),
    ]:
        assert [row["code"] for row in client.get("store", query).data["stores"]] == codes


def test_an_inactive_store_is_not_there(client: ApiClient, api: Api):
    """STO-3."""
    store = StoreFactory(code="beans")
    customer = CustomerFactory(store)
    customer.set_password("Open-Sesame-1")
    customer.save(update_fields=["password"])
    Store.objects.filter(pk=store.pk).update(is_active=False)

    assert client.get("beans/settings").status_code == 404
    answer = api().post(
        "beans/customer/login_check", {"_username": customer.email, "_password": "Open-Sesame-1"}
    )
    assert answer.status_code == 404


def test_staff_of_some_stores_see_no_others(store: Store, api: Api):
    StoreFactory(code="other")
    clerk = api(StaffFactory("SETTINGS", stores=[store]))

    assert [row["code"] for row in clerk.get("store").data["stores"]] == ["DEFAULT"]
    assert clerk.get("DEFAULT/settings").status_code == 200
    assert clerk.get("other/settings").status_code == 404
    other = Store.objects.get(code="other")
    assert clerk.get(f"store/{other.uuid}").status_code == 404


@pytest.mark.parametrize("path", ["store/{unknown}", "store/x", "NOPE/settings", "nope"])
def test_an_unknown_one_is_not_found(client: ApiClient, path: str):
    answer = client.get(path.format(unknown=uuid4()))

    assert answer.status_code == 404
    assert answer.data == {"error": {"code": 404, "message": "Not Found"}}


def test_what_belongs_to_a_store_is_in_no_other(store: Store, client: ApiClient):
    """STO-2: staff and roles see both; customers, sellers and points of sale are one store's."""
    other = StoreFactory()
    CustomerFactory(other)
    SellerFactory(other)
    totals = {
        code: [
            client.get(f"{code}/{path}").data["total"]
            for path in ("customer", "seller", "pos", "transaction", "points/transfer", "level")
        ]
        for code in (store.code, other.code)
    }

    assert totals[store.code] == [0] * 6
    assert totals[other.code][:3] == [1, 1, 1]
    assert client.get("admin").data["total"] == 1


def test_tells_which_service_and_release_it_is(store: Store, api: Api):
    """UTL-3."""
    assert api().get("").data == {"name": "OpenLoyalty", "version": "4.2.0"}
