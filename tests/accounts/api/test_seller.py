from typing import Any

import pytest

from accounts.models import Seller
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import PosFactory, SellerFactory
from tests.support.api import ApiClient


@pytest.fixture
def form(shop: Store) -> dict[str, Any]:
    return {
        "seller[firstName]": "Mona",
        "seller[lastName]": "Merchant",
        "seller[active]": "1",
        "seller[email]": "Mona@example.com",
        "seller[phone]": "00000",
        "seller[plainPassword]": "Open-Sesame-1",
        "seller[posId]": str(PosFactory(shop, name="Main street").uuid),
        "seller[allowPointTransfer]": "1",
    }


def test_registers_and_writes_a_seller_sel1(
    sam: ApiClient, shop: Store, form: dict[str, Any]
) -> None:
    created = sam.form("POST", f"{shop.code}/seller/register", form)

    seller = Seller.objects.get()
    answer = sam.get(f"{shop.code}/seller/{seller.uuid}")
    assert created.data == {
        "sellerId": str(seller.uuid),
        "password": "Open-Sesame-1",
        "email": "mona@example.com",
    }
    assert answer.data == {
        "name": "Mona Merchant",
        "sellerId": str(seller.uuid),
        "firstName": "Mona",
        "lastName": "Merchant",
        "email": "mona@example.com",
        "phone": "00000",
        "posId": str(seller.pos.uuid),
        "posName": "Main street",
        "posCity": "Warszawa",
        "active": True,
        "deleted": False,
        "allowPointTransfer": True,
    }


def test_refuses_what_is_missing_and_what_is_taken(
    sam: ApiClient, shop: Store, form: dict[str, Any]
) -> None:
    missing = sam.form("POST", f"{shop.code}/seller/register", {})
    sam.form("POST", f"{shop.code}/seller/register", form)
    taken = sam.form("POST", f"{shop.code}/seller/register", form)

    children = missing.data["form"]["children"]
    assert [name for name, node in children.items() if node] == [
        "firstName",
        "lastName",
        "email",
        "posId",
    ]
    assert taken.data["form"]["children"]["email"] == {"errors": ["This value is already used."]}
    assert Seller.objects.count() == 1


def test_names_a_missing_password(sam: ApiClient, shop: Store, form: dict[str, Any]) -> None:
    del form["seller[plainPassword]"]

    answer = sam.form("POST", f"{shop.code}/seller/register", form)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["plainPassword"]["errors"]


def test_needs_to_see_points_of_sale_to_choose_one_sel2(
    clerk: Clerk, shop: Store, form: dict[str, Any]
) -> None:
    answer = clerk(SELLER=["VIEW", "MODIFY"]).form("POST", f"{shop.code}/seller/register", form)

    assert answer.status_code == 403
    assert not Seller.objects.exists()


def test_replaces_a_seller_but_the_password_sel3(
    sam: ApiClient, shop: Store, form: dict[str, Any]
) -> None:
    seller = SellerFactory(shop, password="Old-Sesame-1")
    del form["seller[plainPassword]"], form["seller[allowPointTransfer]"]

    answer = sam.form("PUT", f"{shop.code}/seller/{seller.uuid}", form)

    seller.refresh_from_db()
    assert (answer.status_code, answer.data) == (200, {"sellerId": str(seller.uuid)})
    assert (seller.first_name, seller.may_transfer_points) == ("Mona", False)
    assert seller.check_password("Old-Sesame-1")


def test_switches_and_deletes_sel3(sam: ApiClient, shop: Store) -> None:
    seller = SellerFactory(shop)
    path = f"{shop.code}/seller/{seller.uuid}"

    assert sam.post(f"{path}/deactivate").status_code == 200
    assert not Seller.objects.get().is_active
    assert sam.post(f"{path}/activate").status_code == 200
    assert Seller.objects.get().is_active
    assert sam.post(f"{path}/delete").status_code == 200
    assert Seller.objects.get().is_deleted
    assert sam.get(f"{shop.code}/seller").data == {"sellers": [], "total": 0}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Adams", "Baker"]),
        ({"firstName": "an"}, ["Adams"]),
        ({"lastName": "bak"}, ["Baker"]),
        ({"email": "b@"}, ["Baker"]),
        ({"phone": "555"}, ["Adams"]),
        ({"sort": "lastName", "direction": "desc"}, ["Baker", "Adams"]),
    ],
)
def test_filters_the_list_sel5(
    sam: ApiClient, shop: Store, query: dict[str, str], expected: list[str]
) -> None:
    SellerFactory(shop, first_name="Ann", last_name="Adams", email="a@x.test", phone="555")
    SellerFactory(shop, first_name="Bob", last_name="Baker", email="b@x.test")
    SellerFactory()

    answer = sam.get(f"{shop.code}/seller", query)

    assert [row["lastName"] for row in answer.data["sellers"]] == expected


@pytest.mark.parametrize("count", [2, 20])
def test_asks_the_database_as_often_for_20_as_for_2(
    sam: ApiClient, shop: Store, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        SellerFactory(shop)

    with django_assert_num_queries(3):
        answer = sam.get(f"{shop.code}/seller?perPage={count}")

    assert len(answer.data["sellers"]) == count


def test_shows_sellers_their_own_record_only(shop: Store) -> None:
    mona, other = SellerFactory(shop), SellerFactory(shop)
    client = ApiClient(mona)

    assert client.get(f"{shop.code}/seller/{mona.uuid}").status_code == 200
    assert client.get(f"{shop.code}/seller/{other.uuid}").status_code == 404
    assert client.get(f"{shop.code}/seller").status_code == 403
    assert client.post(f"{shop.code}/seller/{mona.uuid}/delete").status_code == 403
