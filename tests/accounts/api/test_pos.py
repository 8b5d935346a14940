from typing import Any

import pytest

from accounts.models import Pos
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, PosFactory, SellerFactory
from tests.support.api import ApiClient

POS = {
    "pos[name]": "Main street",
    "pos[identifier]": "pos1",
    "pos[description]": "By the river",
    "pos[location][street]": "Bagno",
    "pos[location][address1]": "1",
    "pos[location][postal]": "00-000",
    "pos[location][city]": "Warszawa",
    "pos[location][province]": "Mazowieckie",
    "pos[location][country]": "PL",
    "pos[location][lat]": "52.2297",
    "pos[location][long]": "21.0122",
}


def test_creates_and_writes_a_point_of_sale_pos1(sam: ApiClient, shop: Store) -> None:
    created = sam.form("POST", f"{shop.code}/pos", POS)

    pos = Pos.objects.get()
    answer = sam.get(f"{shop.code}/pos/{pos.uuid}")
    assert (created.status_code, created.data) == (200, {"posId": str(pos.uuid)})
    assert answer.data == {
        "posId": str(pos.uuid),
        "name": "Main street",
        "identifier": "pos1",
        "description": "By the river",
        "location": {
            "street": "Bagno",
            "address1": "1",
            "address2": None,
            "province": "Mazowieckie",
            "city": "Warszawa",
            "postal": "00-000",
            "country": "PL",
            "geoPoint": {"lat": "52.2297", "long": "21.0122"},
        },
        "transactionsAmount": 0,
        "transactionsCount": 0,
        "currency": "eur",
    }


def test_names_the_faulty_part_of_the_place_gen2(sam: ApiClient, shop: Store) -> None:
    fields = {name: value for name, value in POS.items() if "city" not in name}

    answer = sam.form("POST", f"{shop.code}/pos", fields | {"pos[location][lat]": "north"})

    children = answer.data["form"]["children"]
    assert answer.status_code == 400
    assert children["name"] == {}
    assert children["location"]["children"]["city"] == {
        "errors": ["This value should not be blank."]
    }
    assert not Pos.objects.exists()


def test_names_a_coordinate_that_is_none(sam: ApiClient, shop: Store) -> None:
    answer = sam.form("POST", f"{shop.code}/pos", POS | {"pos[location][lat]": "north"})

    place = answer.data["form"]["children"]["location"]["children"]
    assert place["lat"]["errors"]
    assert place["street"] == {}


def test_refuses_an_identifier_twice(sam: ApiClient, shop: Store) -> None:
    """POS-1."""
    sam.form("POST", f"{shop.code}/pos", POS)

    answer = sam.form("POST", f"{shop.code}/pos", POS)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["identifier"] == {
        "errors": ["This value is already used."]
    }


def test_replaces_a_point_of_sale(sam: ApiClient, shop: Store) -> None:
    """POS-2."""
    pos = PosFactory(shop)

    answer = sam.form("PUT", f"{shop.code}/pos/{pos.uuid}", POS)

    pos.refresh_from_db()
    assert (answer.status_code, answer.data) == (200, {"posId": str(pos.uuid)})
    assert (pos.name, pos.location["lat"]) == ("Main street", "52.2297")


def test_finds_by_identifier(sam: ApiClient, shop: Store) -> None:
    """POS-2."""
    pos = PosFactory(shop, identifier="pos 1")

    answer = sam.get(f"{shop.code}/pos/identifier/pos%201")

    assert answer.data["posId"] == str(pos.uuid)
    assert sam.get(f"{shop.code}/pos/identifier/pos2").status_code == 404


@pytest.mark.parametrize("count", [2, 20])
def test_asks_the_database_as_often_for_20_as_for_2(
    sam: ApiClient, shop: Store, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        PosFactory(shop)
    path = f"{shop.code}/pos?perPage={count}"

    # Session, store, ids, what they sold, the page, the number.
    with django_assert_num_queries(5):
        answer = sam.get(path)

    assert list(answer.data) == ["pos", "total"]
    assert len(answer.data["pos"]) == answer.data["total"] == count


def test_lets_sellers_look_but_not_write(shop: Store) -> None:
    """POS-2."""
    pos = PosFactory(shop)
    seller = ApiClient(SellerFactory(shop, pos=pos))

    assert seller.get(f"{shop.code}/seller/pos").data["total"] == 1
    assert seller.get(f"{shop.code}/seller/pos/{pos.uuid}").data["name"] == pos.name
    assert seller.get(f"{shop.code}/pos/{pos.uuid}").status_code == 200
    assert seller.form("POST", f"{shop.code}/pos", POS).status_code == 403
    assert seller.form("PUT", f"{shop.code}/pos/{pos.uuid}", POS).status_code == 403


def test_is_not_for_customers_and_needs_the_right(clerk: Clerk, shop: Store) -> None:
    assert ApiClient(CustomerFactory(shop)).get(f"{shop.code}/pos").status_code == 403
    client = clerk(POS=["VIEW"])
    assert client.get(f"{shop.code}/pos").status_code == 200
    assert client.form("POST", f"{shop.code}/pos", POS).status_code == 403
