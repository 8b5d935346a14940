"""`campaignCategory`: CAT-1…3."""

from typing import Any

import pytest

from campaigns.models import CampaignCategory
from campaigns.services import categories
from campaigns.services.categories import CategoryData
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.factories import StoreFactory
from tests.support.api import ApiClient

PATH = "SHOP/campaignCategory"
COFFEE = {
    "campaign_category[translations][en][name]": "Coffee",
    "campaign_category[translations][pl][name]": "Kawa",
    "campaign_category[active]": "1",
    "campaign_category[sortOrder]": "3",
}


def CategoryFactory(store: Store, name: str, order: int = 0, **fields: Any) -> CampaignCategory:
    data = CategoryData(names={"en": name}, sort_order=order, **fields)
    return categories.create(store=store, data=data, actor=SYSTEM)


def made(sam: ApiClient) -> CampaignCategory:
    answer = sam.form("POST", PATH, COFFEE)
    assert answer.status_code == 200, answer.data
    return CampaignCategory.objects.get(uuid=answer.data["campaignCategoryId"])


def test_makes_a_category(shop: Store, sam: ApiClient) -> None:
    """CAT-1."""
    category = made(sam)

    answer = sam.get(f"{PATH}/{category.uuid}")

    texts = answer.data.pop("translations")
    assert answer.data == {
        "name": "Coffee",
        "campaignCategoryId": str(category.uuid),
        "active": True,
        "sortOrder": 3,
    }
    assert [(text["locale"], text["name"]) for text in texts] == [("en", "Coffee"), ("pl", "Kawa")]


def test_replaces_a_category(shop: Store, sam: ApiClient) -> None:
    """CAT-1: what is left out is emptied."""
    category = made(sam)
    fields = {
        "campaign_category[translations][en][name]": "Tea",
        "campaign_category[sortOrder]": "0",
    }

    answer = sam.form("PUT", f"{PATH}/{category.uuid}", fields)

    category = CampaignCategory.objects.get(pk=category.pk)
    assert (answer.status_code, answer.data) == (200, {"campaignCategoryId": str(category.uuid)})
    assert (str(category), category.is_active, category.sort_order) == ("Tea", False, 0)
    assert category.translations.count() == 1


def test_names_every_child_of_a_refused_form(shop: Store, sam: ApiClient) -> None:
    """GEN-2, CAT-1: name and order are required."""
    answer = sam.form("POST", PATH, {})

    blank = {"errors": ["This value should not be blank."]}
    assert answer.status_code == 400
    assert answer.data == {
        "form": {
            "children": {
                "translations": {
                    "children": {
                        "en": {"children": {"name": blank}},
                        "pl": {"children": {"name": {}}},
                    }
                },
                "active": {},
                "sortOrder": blank,
            }
        },
        "errors": [],
    }
    assert not CampaignCategory.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("campaign_category[sortOrder]", "-1"),
        ("campaign_category[sortOrder]", "3000000000"),
        ("campaign_category[sortOrder]", "first"),
        ("campaign_category[translations][en][name]", "x" * 256),
        ("campaign_category[translations][en][name]", "  "),
    ],
)
def test_refuses(shop: Store, sam: ApiClient, name: str, value: str) -> None:
    """CAT-1."""
    answer = sam.form("POST", PATH, COFFEE | {name: value})

    assert answer.status_code == 400
    assert not CampaignCategory.objects.exists()


@pytest.mark.parametrize("body", [{"campaign_category": {"translations": bad}} for bad in (1, [2])])
def test_refuses_what_is_no_object(shop: Store, sam: ApiClient, body: Any) -> None:
    assert sam.post(PATH, body).status_code == 400


def test_lists_categories_in_their_order(shop: Store, sam: ApiClient) -> None:
    """CAT-2."""
    for name, order in (("Tea", 2), ("Coffee", 1), ("Cakes", 1)):
        CategoryFactory(shop, name, order)

    answer = sam.get(PATH)

    assert list(answer.data) == ["categories", "total"]
    assert [each["name"] for each in answer.data["categories"]] == ["Coffee", "Cakes", "Tea"]


def test_finds_by_the_name_in_the_language_that_was_asked_for(shop: Store, sam: ApiClient) -> None:
    """CAT-2, GEN-7: a name missing in a language is the default language's."""
    made(sam)
    CategoryFactory(shop, "Kakao")

    polish = sam.get(PATH, {"_locale": "pl", "name": "ka"}).data["categories"]
    english = sam.get(PATH, {"name": "ka"}).data["categories"]

    assert [each["name"] for each in polish] == ["Kakao", "Kawa"]
    assert [each["name"] for each in english] == ["Kakao"]


def test_shows_inactive_ones_to_staff_alone(
    shop: Store, sam: ApiClient, nobody: ApiClient, mona: ApiClient
) -> None:
    """CAT-2."""
    hidden = CategoryFactory(shop, "Hidden", is_active=False)
    CategoryFactory(shop, "Shown")

    names = [
        [each["name"] for each in client.get(PATH, {"active": asked}).data["categories"]]
        for client, asked in ((sam, ""), (sam, "0"), (nobody, ""), (nobody, "0"), (mona, ""))
    ]

    assert names == [["Hidden", "Shown"], ["Hidden"], ["Shown"], ["Shown"], ["Shown"]]
    assert nobody.get(f"{PATH}/{hidden.uuid}").status_code == 404
    assert sam.get(f"{PATH}/{hidden.uuid}").status_code == 200


def test_switches_a_category(shop: Store, sam: ApiClient) -> None:
    """CAT-2: 200 and an empty body."""
    category = made(sam)

    answer = sam.form("POST", f"{PATH}/{category.uuid}/active", {"active": "0"})

    category.refresh_from_db()
    assert (answer.status_code, answer.content) == (200, b"")
    assert not category.is_active


def test_knows_no_category_of_another_store(shop: Store, sam: ApiClient) -> None:
    """GEN-3."""
    foreign = CategoryFactory(StoreFactory(), "Theirs")

    assert sam.get(f"{PATH}/{foreign.uuid}").status_code == 404
    assert sam.form("PUT", f"{PATH}/{foreign.uuid}", COFFEE).status_code == 404
    foreign.refresh_from_db()
    assert str(foreign) == "Theirs"


@pytest.mark.parametrize("count", [2, 20])
def test_asks_the_database_as_often_for_20_as_for_2(
    shop: Store, sam: ApiClient, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        CategoryFactory(shop, f"Category {number}")

    # Session and store, categories, names, how many they are.
    with django_assert_num_queries(4):
        answer = sam.get(PATH, {"perPage": count})

    assert len(answer.data["categories"]) == count
