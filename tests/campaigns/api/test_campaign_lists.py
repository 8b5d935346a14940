"""The lists of rewards and their filters: §2.3, GEN-5."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Level, Segment, SegmentMembership
from campaigns.models import RewardCampaign, RewardType
from campaigns.services.campaign_data import CampaignText
from loyalty.core.models import Store
from tests.campaigns.api.test_categories import CategoryFactory
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory
from tests.support.api import ApiClient

PATH = "SHOP/campaign"


@pytest.fixture
def shelf(shop: Store, entry: Level) -> dict[str, RewardCampaign]:
    """Rewards of every sort, by name."""
    group = Segment.objects.create(store=shop, name="Regulars")
    now = timezone.now()
    over = {
        "is_all_time_visible": False,
        "visible_from": now - timedelta(days=9),
        "visible_to": now - timedelta(days=1),
    }
    english = CampaignText(name="Coffee")
    chosen: dict[str, dict[str, Any]] = {
        "Coffee": {
            "translations": {"en": english, "pl": CampaignText(name="Kawa")},
            "labels": (("type", "drink"), ("size", "small")),
            "is_public": True,
        },
        "Cake": {"labels": (("type", "food"),), "is_featured": True, "cost_in_points": Decimal(30)},
        "Ship": {"type": RewardType.GIFT_CODE, "has_fulfillment_tracking": True},
        "Secret": {"levels": (), "segments": (str(group.uuid),), "is_public": True},
        "Past": {**over, "is_public": True},
        "Off": {"is_active": False, "is_public": True},
        "Money": {"type": RewardType.CASHBACK, "is_public": True},
    }
    return {
        name: CampaignFactory(shop, level=entry, name=name, **fields)
        for name, fields in chosen.items()
    }


def names(client: ApiClient, path: str, **query: Any) -> list[str]:
    answer = client.get(path, {"sort": "name"} | query)
    assert answer.status_code == 200, answer.data
    assert list(answer.data) == ["campaigns", "total"]
    return [each["name"] for each in answer.data["campaigns"]]


EVERY = ["Cake", "Coffee", "Money", "Off", "Past", "Secret", "Ship"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, EVERY, id="all"),
        pytest.param({"active": "0"}, ["Off"], id="active"),
        pytest.param({"isPublic": "0"}, ["Cake", "Ship"], id="isPublic"),
        pytest.param({"isFeatured": "1"}, ["Cake"], id="isFeatured"),
        pytest.param({"isFulfillmentTracking": "1"}, ["Ship"], id="isFulfillmentTracking"),
        pytest.param({"campaignType": "cashback"}, ["Money"], id="campaignType"),
        pytest.param({"campaignType": "shoes"}, [], id="no-such-type"),
        pytest.param({"name": "o"}, ["Coffee", "Money", "Off"], id="name"),
        pytest.param({"name": "kaw", "_locale": "pl"}, ["Kawa"], id="name-in-Polish"),
        pytest.param({"labels[0][key]": "type"}, ["Cake", "Coffee"], id="label-key"),
        pytest.param({"labels[0][value]": "food"}, ["Cake"], id="label-value"),
        pytest.param(
            {"labels[0][key]": "type", "labels[0][value]": "small"}, [], id="parts-of-one-label"
        ),
        pytest.param(
            {"labels[0][value]": "drink", "labels[1][key]": "size"}, ["Coffee"], id="both-labels"
        ),
        pytest.param(
            {"isPublic": "1", "active": "1", "isFeatured": "0", "name": "c"},
            ["Coffee", "Secret"],
            id="flags-together",
        ),
        pytest.param({"active": "perhaps"}, EVERY, id="a-flag-that-is-none"),
    ],
)
def test_filters_the_list_of_staff(
    sam: ApiClient, shelf: dict[str, RewardCampaign], query: dict[str, str], found: list[str]
) -> None:
    """§2.3: several labels must all match, and several flags do not clash."""
    assert names(sam, PATH, **query) == found


def test_filters_by_any_of_several_categories(
    sam: ApiClient, nobody: ApiClient, shop: Store, entry: Level
) -> None:
    """CAT-3: an inactive category hides none of its rewards from staff, and is no filter else."""
    drinks, food = CategoryFactory(shop, "Drinks"), CategoryFactory(shop, "Food")
    old = CategoryFactory(shop, "Old", is_active=False)
    for name, categories in (("A", (drinks,)), ("B", (food, old)), ("C", (old,)), ("D", ())):
        uuids = tuple(str(category.uuid) for category in categories)
        CampaignFactory(shop, level=entry, name=name, categories=uuids, is_public=True)
    public = f"{PATH}/public/available"

    asked = {"categoryId[]": [str(drinks.uuid), str(food.uuid)]}
    assert names(sam, PATH, **asked) == names(nobody, public, **asked) == ["A", "B"]
    assert names(sam, PATH, **{"categoryId[]": str(old.uuid)}) == ["B", "C"]
    assert names(nobody, public, **{"categoryId[]": str(old.uuid)}) == []
    assert names(sam, PATH, categoryId=str(drinks.uuid)) == ["A"]
    assert names(sam, PATH, **{"categoryId[]": "nonsense"}) == []
    assert names(nobody, public) == ["A", "B", "C", "D"]


def test_leaves_codes_out(sam: ApiClient, shop: Store, entry: Level) -> None:
    """§2.3: `withoutCoupons`."""
    CampaignFactory(shop, level=entry, coupons=("one", "two"))

    [whole] = sam.get(PATH).data["campaigns"]
    [short] = sam.get(PATH, {"withoutCoupons": "1"}).data["campaigns"]

    assert whole["coupons"] == ["one", "two"]
    assert "coupons" not in short
    assert short["couponsCount"] == 2


def test_orders_and_pages(sam: ApiClient, shelf: dict[str, RewardCampaign]) -> None:
    """GEN-5."""
    first = sam.get(PATH, {"sort": "name", "direction": "DESC", "perPage": 2}).data
    by_cost = sam.get(PATH, {"sort": "costInPoints", "direction": "desc"}).data["campaigns"]
    by_date = sam.get(PATH, {"sort": "campaignVisibility.visibleFrom", "direction": "DESC"})

    assert [each["name"] for each in first["campaigns"]] == ["Ship", "Secret"]
    assert first["total"] == 7
    assert by_cost[0]["name"] == "Cake"
    assert by_date.data["campaigns"][0]["name"] == "Past"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, ["Coffee", "Secret"], id="all"),
        pytest.param({"hasSegment": "1"}, ["Secret"], id="hasSegment"),
        pytest.param({"hasSegment": "0"}, ["Coffee"], id="without-segment"),
        pytest.param({"isFeatured": "1"}, [], id="isFeatured"),
        pytest.param({"campaignType": "discount_code"}, ["Coffee", "Secret"], id="campaignType"),
        pytest.param({"name": "coff"}, ["Coffee"], id="name"),
        pytest.param({"labels[0][key]": "size"}, ["Coffee"], id="labels"),
    ],
)
def test_shows_the_public_what_is_on_public_and_visible(
    nobody: ApiClient, shelf: dict[str, RewardCampaign], query: dict[str, str], found: list[str]
) -> None:
    """§2.3."""
    assert names(nobody, f"{PATH}/public/available", **query) == found


def test_shows_the_public_no_codes(nobody: ApiClient, shelf: dict[str, RewardCampaign]) -> None:
    """VIS-15."""
    for document in nobody.get(f"{PATH}/public/available").data["campaigns"]:
        assert not {"coupons", "levels", "segments", "translations"} & set(document)


def test_lists_ids_and_names_of_what_is_switched_on(
    sam: ApiClient, shelf: dict[str, RewardCampaign]
) -> None:
    """§2.3: the flag alone counts, and nothing is left out."""
    answer = sam.get(f"{PATH}/active")

    assert list(answer.data) == ["campaigns"]
    assert answer.data["campaigns"][0] == {"id": str(shelf["Coffee"].uuid), "name": "Coffee"}
    assert {each["name"] for each in answer.data["campaigns"]} == {*EVERY} - {"Off"}


def test_lists_for_sellers(
    mona: ApiClient, sam: ApiClient, shelf: dict[str, RewardCampaign]
) -> None:
    """§2.3: on and visible, no cashback. VIS-16: without codes."""
    expected = ["Cake", "Coffee", "Secret", "Ship"]

    assert names(mona, "SHOP/seller/campaign") == names(sam, "SHOP/seller/campaign") == expected
    assert names(mona, "SHOP/seller/campaign", isPublic="1") == ["Coffee", "Secret"]
    for document in mona.get("SHOP/seller/campaign").data["campaigns"]:
        assert document["coupons"] == []
        assert "translations" not in document


def test_counts_whom_campaigns_are_for(sam: ApiClient, shop: Store, entry: Level) -> None:
    """VIS-3: levels and segments together, each customer once."""
    group = Segment.objects.create(store=shop, name="Regulars")
    both = CustomerFactory(shop, level=entry)
    guest = CustomerFactory(shop, level=LevelFactory(shop, condition_value=100))
    CustomerFactory(shop, level=entry)
    for customer in (both, guest):
        SegmentMembership.objects.create(segment=group, customer=customer, since=timezone.now())
    CampaignFactory(shop, level=entry, name="A level")
    CampaignFactory(shop, level=entry, name="Both", segments=(str(group.uuid),))
    CampaignFactory(shop, level=entry, name="Group", levels=(), segments=(str(group.uuid),))

    found = sam.get(PATH, {"sort": "name"}).data["campaigns"]

    assert [each["visibleForCustomersCount"] for each in found] == [2, 3, 2]
    assert found[2]["segmentNames"] == {str(group.uuid): "Regulars"}


def test_knows_no_campaigns_of_another_store(sam: ApiClient, shop: Store) -> None:
    CampaignFactory(StoreFactory())

    assert sam.get(PATH).data == {"campaigns": [], "total": 0}


@pytest.mark.parametrize("count", [2, 20])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # Session and store; campaigns, texts, photos; counts, levels and their names, segments,
        # categories and their names, members; codes; how many there are.
        pytest.param("SHOP/campaign", 13, id="staff"),
        # Without the codes.
        pytest.param("SHOP/seller/campaign", 12, id="seller"),
        pytest.param("SHOP/campaign/public/available", 12, id="public"),
    ],
)
def test_asks_the_database_as_often_for_20_as_for_2(
    request: pytest.FixtureRequest,
    shop: Store,
    entry: Level,
    path: str,
    queries: int,
    count: int,
    django_assert_num_queries: Any,
) -> None:
    who = {"SHOP/campaign": "sam", "SHOP/seller/campaign": "mona"}.get(path, "nobody")
    client: ApiClient = request.getfixturevalue(who)
    for number in range(count):
        group = Segment.objects.create(store=shop, name=f"Group {number}")
        category = CategoryFactory(shop, f"Category {number}")
        CampaignFactory(
            shop,
            level=entry,
            is_public=True,
            categories=(str(category.uuid),),
            segments=(str(group.uuid),) if number % 2 else (),
        )

    with django_assert_num_queries(queries):
        answer = client.get(path, {"perPage": count})

    assert len(answer.data["campaigns"]) == count
