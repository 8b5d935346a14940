from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Level
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, SellerFactory, StoreFactory
from tests.support.api import ApiClient

GOLD = {
    "level[translations][en][name]": "Gold",
    "level[translations][en][description]": "For regulars",
    "level[translations][pl][name]": "Złoty",
    "level[active]": "1",
    "level[conditionValue]": "200",
    "level[minOrder]": "5",
    "level[reward][name]": "Discount",
    "level[reward][value]": "14",
    "level[reward][code]": "GOLD",
    "level[specialRewards][0][active]": "1",
    "level[specialRewards][0][code]": "SUMMER",
    "level[specialRewards][0][name]": "Summer",
    "level[specialRewards][0][startAt]": "2026-06-01 00:00",
    "level[specialRewards][0][endAt]": "2026-09-01 00:00",
    "level[specialRewards][0][value]": "20.5",
}


def made(sam: ApiClient, store: Store) -> Level:
    answer = sam.form("POST", f"{store.code}/level/create", GOLD)
    assert answer.status_code == 200, answer.data
    return Level.objects.get(uuid=answer.data["id"])


def test_creates_and_writes_a_level(sam: ApiClient, shop: Store) -> None:
    level = made(sam, shop)
    CustomerFactory(shop, level=level)

    answer = sam.get(f"{shop.code}/level/{level.uuid}")

    [special] = answer.data.pop("specialRewards")
    translations = answer.data.pop("translations")
    assert answer.status_code == 200
    assert answer.data == {
        "id": str(level.uuid),
        "name": "Gold",
        "description": "For regulars",
        "active": True,
        "conditionValue": 200,
        "minOrder": 5,
        "hasPhoto": False,
        "reward": {"name": "Discount", "value": 0.14, "code": "GOLD"},
        "customersCount": 1,
    }
    assert [(text["locale"], text["name"]) for text in translations] == [
        ("en", "Gold"),
        ("pl", "Złoty"),
    ]
    assert special["startAt"] == "2026-06-01T00:00:00+0200"
    assert (special["name"], special["value"], special["active"]) == ("Summer", 0.205, True)
    assert set(special) == {
        "name",
        "value",
        "code",
        "id",
        "active",
        "createdAt",
        "startAt",
        "endAt",
    }


def test_writes_the_language_asked_for_and_falls_back_gen7(sam: ApiClient, shop: Store) -> None:
    level = made(sam, shop)

    answer = sam.get(f"{shop.code}/level/{level.uuid}", {"_locale": "pl"})

    assert (answer.data["name"], answer.data["description"]) == ("Złoty", "For regulars")


def test_answers_an_empty_form_with_its_layout_gen2(sam: ApiClient, shop: Store) -> None:
    answer = sam.form("POST", f"{shop.code}/level/create", {})

    children = answer.data["form"]["children"]
    assert answer.status_code == 400
    assert list(children) == [
        "translations",
        "active",
        "conditionValue",
        "minOrder",
        "reward",
        "specialRewards",
    ]
    assert children["conditionValue"]["errors"] == ["This value should not be blank."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("level[conditionValue]", "-1"),
        ("level[conditionValue]", "NaN"),
        ("level[conditionValue]", "1e30"),
        ("level[reward][value]", "many"),
        ("level[translations][en][name]", "x" * 300),
        ("level[specialRewards][0][startAt]", "soon"),
    ],
)
def test_refuses(sam: ApiClient, shop: Store, name: str, value: str) -> None:
    before = Level.objects.count()

    answer = sam.form("POST", f"{shop.code}/level/create", GOLD | {name: value})

    assert answer.status_code == 400
    assert Level.objects.count() == before


@pytest.mark.parametrize(
    "body",
    [
        {"level": {"translations": []}},
        {"level": {"translations": {"en": "Gold"}}},
        {"level": {"specialRewards": "x", "reward": [1]}},
    ],
)
def test_refuses_what_is_no_object(sam: ApiClient, shop: Store, body: Any) -> None:
    assert sam.post(f"{shop.code}/level/create", body).status_code == 400


def test_replaces_a_level(sam: ApiClient, shop: Store) -> None:
    level = made(sam, shop)
    fields = {
        "level[translations][en][name]": "Or",
        "level[conditionValue]": "300",
        "level[reward][name]": "Discount",
        "level[reward][value]": "15",
        "level[reward][code]": "OR",
    }

    answer = sam.form("PUT", f"{shop.code}/level/{level.uuid}", fields)

    level = Level.objects.get(pk=level.pk)
    assert (answer.status_code, answer.data) == (200, {"id": str(level.uuid)})
    assert (level.name, level.is_active, level.min_order) == ("Or", False, None)
    assert not level.special_rewards.exists()


@pytest.mark.parametrize("where", ["body", "query"])
def test_switches_a_level_on_and_off(sam: ApiClient, shop: Store, where: str) -> None:
    level = made(sam, shop)
    path = f"{shop.code}/level/{level.uuid}/activate"

    if where == "body":
        answer = sam.form("POST", path, {"active": "0"})
    else:
        answer = sam.form("POST", f"{path}?active=0", {})

    assert (answer.status_code, answer.content) == (204, b"")
    level.refresh_from_db()
    assert not level.is_active
    assert sam.form("POST", path, {}).status_code == 400


def test_lists_levels_by_name(sam: ApiClient, shop: Store) -> None:
    made(sam, shop)

    answer = sam.get(f"{shop.code}/level")

    assert list(answer.data) == ["levels", "total"]
    assert [level["name"] for level in answer.data["levels"]] == ["Gold", "level0"]
    assert answer.data["total"] == 2


@pytest.mark.parametrize("count", [2, 20])
def test_asks_the_database_as_often_for_20_as_for_2(
    sam: ApiClient, shop: Store, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count - 1):
        CustomerFactory(shop, level=LevelFactory(shop, condition_value=number))
    path = f"{shop.code}/level?perPage={count}"

    # Session, store, ids, members, levels, texts, special rewards, number of levels.
    with django_assert_num_queries(7):
        answer = sam.get(path)

    assert len(answer.data["levels"]) == count


def test_lists_members_for_staff_with_both_rights(clerk: Clerk, shop: Store) -> None:
    level = LevelFactory(shop, condition_value=100)
    customer = CustomerFactory(shop, level=level, phone="601234567")
    CustomerFactory(shop)

    answer = clerk(LEVEL=["VIEW"], CUSTOMER=["VIEW"]).get(
        f"{shop.code}/level/{level.uuid}/customers"
    )

    assert answer.data == {
        "customers": [
            {
                "customerId": str(customer.uuid),
                "firstName": "Alice",
                "lastName": customer.last_name,
                "email": customer.email,
                "phone": "601234567",
            }
        ],
        "total": 1,
    }


def test_hides_members_from_staff_with_one_right(clerk: Clerk, shop: Store) -> None:
    level = LevelFactory(shop)

    answer = clerk(LEVEL=["VIEW"]).get(f"{shop.code}/level/{level.uuid}/customers")

    assert answer.status_code == 403


def test_shows_sellers_levels_without_the_other_languages(sam: ApiClient, shop: Store) -> None:
    level = made(sam, shop)
    seller = ApiClient(SellerFactory(shop))

    one = seller.get(f"{shop.code}/seller/level/{level.uuid}")
    many = seller.get(f"{shop.code}/seller/level")

    assert one.data["name"] == "Gold"
    assert "translations" not in one.data
    assert many.data["levels"][0] == one.data
    assert seller.put(f"{shop.code}/seller/level/{level.uuid}", {}).status_code in {403, 405}
    assert seller.put(f"{shop.code}/level/{level.uuid}", {}).status_code == 403


def test_shows_customers_the_levels_that_one_can_reach(sam: ApiClient, shop: Store) -> None:
    level = made(sam, shop)
    LevelFactory(shop, name="Old", is_active=False)

    answer = ApiClient(CustomerFactory(shop)).get(f"{shop.code}/customer/level")

    assert [row["name"] for row in answer.data["levels"]] == ["Gold", "level0"]
    assert answer.data["levels"][0] == {
        "id": str(level.uuid),
        "name": "Gold",
        "description": "For regulars",
        "conditionValue": 200,
        "hasPhoto": False,
    }


def png() -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    return SimpleUploadedFile("gold.png", file.getvalue(), "image/png")


def test_keeps_a_photo(sam: ApiClient, shop: Store, settings: Any, tmp_path: Path) -> None:
    """PIC-4: 200 for coming and going."""
    settings.MEDIA_ROOT = tmp_path
    level = made(sam, shop)
    path = f"/api/{shop.code}/level/{level.uuid}/photo"

    sent = sam.http.post(path, {"photo[file]": png()}, **sam.headers)
    shown = ApiClient().http.get(path)

    assert sent.status_code == 200, sent.content
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert shown.content[:4] == b"\x89PNG"
    assert sam.get(f"{shop.code}/level/{level.uuid}").data["hasPhoto"]

    assert sam.delete(f"{shop.code}/level/{level.uuid}/photo").status_code == 200
    gone = ApiClient().get(f"{shop.code}/level/{level.uuid}/photo")
    assert gone.status_code == 404
    assert gone.data == {"error": {"code": 404, "message": "Not Found"}}


def test_refuses_a_photo_that_is_none(sam: ApiClient, shop: Store) -> None:
    level = made(sam, shop)
    path = f"{shop.code}/level/{level.uuid}/photo"
    text = SimpleUploadedFile("gold.png", b"not a picture", "image/png")

    uploaded = sam.http.post(f"/api/{path}", {"photo[file]": text}, **sam.headers)
    printed = sam.form("POST", path, {"photo[file]": "C:\\fakepath\\photo.png"})

    assert (uploaded.status_code, printed.status_code) == (400, 400)
    assert uploaded.json()["form"]["children"]["file"]["errors"]


def test_hides_levels_of_another_store(sam: ApiClient, shop: Store) -> None:
    assert sam.get(f"{shop.code}/level/{LevelFactory().uuid}").status_code == 404


def test_statistics_count_the_members_of_each_level(sam: ApiClient) -> None:
    shop = StoreFactory()
    start = LevelFactory(shop, name="Start")
    gold = LevelFactory(shop, name="Gold", condition_value="999.5", is_active=False)
    for _ in range(2):
        CustomerFactory(shop)
    CustomerFactory(shop, status="deleted")
    CustomerFactory()

    answer = sam.get(f"{shop.code}/admin/analytics/levels")

    assert answer.data == {
        "total": 2,
        "levels": [
            {
                "levelId": str(start.uuid),
                "name": "Start",
                "conditionValue": "0.00",
                "store": shop.code,
                "customers": 2,
            },
            {
                "levelId": str(gold.uuid),
                "name": "Gold",
                "conditionValue": "999.50",
                "store": shop.code,
                "customers": 0,
            },
        ],
    }
