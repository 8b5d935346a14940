"""Staff who may not change rewards see no more of a code than its end, wherever it is told."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Customer, Level
from accounts.selectors import coupon_codes
from campaigns.models import Coupon, RewardType
from campaigns.services import rewards
from loyalty.core.actors import SYSTEM
from loyalty.core.exports import jobs, kinds
from loyalty.core.exports.jobs import Asked
from loyalty.core.exports.writing import Format
from loyalty.core.models import Store
from tests.campaigns.conftest import STAFF
from tests.factories.campaigns import CampaignFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

CODE, FREE = "SUMMER-4F2K-99X", "WINTER-77AA-11Q"
ALL = ("REWARD_CAMPAIGN:VIEW", "CUSTOMER:VIEW", "POINT_TRANSFER:VIEW")
VERA = replace(
    STAFF,
    is_super=False,
    permissions={name.partition(":")[0]: frozenset({"VIEW"}) for name in ALL},
)


@pytest.fixture
def bought(shop: Store, entry: Level, alice: Customer) -> Coupon:
    campaign = CampaignFactory(
        shop, RewardType.GIFT_CODE, level=entry, name="Mug", coupons=(CODE, FREE)
    )
    [coupon] = rewards.buy(campaign=campaign, customer=alice, actor=SYSTEM)
    return Coupon.objects.select_related("campaign", "customer").get(pk=coupon.pk)


def addresses(coupon: Coupon) -> dict[str, str]:
    customer, campaign = coupon.customer.uuid, coupon.campaign.uuid
    return {
        "bought": "SHOP/campaign/bought",
        "of-customer": f"SHOP/admin/customer/{customer}/campaign/bought",
        "details": f"SHOP/admin/customer/{customer}/campaign/bought?includeDetails=1",
        "audience": f"SHOP/campaign/{campaign}/customers/visible",
        "transfers": "SHOP/points/transfer",
        "history": f"SHOP/admin/customer/{customer}/history",
        "customer": f"SHOP/customer/{customer}",
        "customers": "SHOP/admin/customer",
        "data": f"SHOP/customer/{customer}/data",
    }


NAMES = [
    "bought",
    "of-customer",
    "details",
    "audience",
    "transfers",
    "history",
    "data",
    "customer",
    "customers",
]


@pytest.mark.parametrize("name", NAMES)
def test_shows_the_end_alone(bought: Coupon, name: str) -> None:
    client = ApiClient(StaffFactory(*ALL))

    answer = client.get(addresses(bought)[name])

    text = answer.content.decode()
    assert answer.status_code == 200
    assert CODE not in text
    assert FREE not in text
    assert "99X" in text


@pytest.mark.parametrize("name", NAMES)
def test_shows_all_to_who_may_change_rewards(bought: Coupon, sam: ApiClient, name: str) -> None:
    assert CODE in sam.get(addresses(bought)[name]).content.decode()


@pytest.mark.parametrize("path", ["SHOP/campaign", "SHOP/campaign/{id}"])
def test_keeps_the_key_of_a_pool_empty(bought: Coupon, viewer: ApiClient, path: str) -> None:
    """VIS-16, for staff, too."""
    answer = viewer.get(path.format(id=bought.campaign.uuid)).data

    document = answer["campaigns"][0] if "campaigns" in answer else answer
    assert (document["coupons"], document["couponsCount"]) == ([], 2)


def test_shows_customers_and_sellers_the_customers_own(
    bought: Coupon, app: ApiClient, mona: ApiClient
) -> None:
    """VIS-16: their own codes, and none of the pool."""
    customer = bought.customer.uuid
    for client, path in (
        (app, "SHOP/customer/campaign/bought?includeDetails=1"),
        (mona, f"SHOP/seller/customer/{customer}/campaign/bought?includeDetails=1"),
    ):
        text = client.get(path).content.decode()
        assert CODE in text
        assert FREE not in text


@pytest.mark.parametrize("kind", ["bought-rewards", "codes", "points-transfers", "postings"])
def test_files_hide_them_too(bought: Coupon, shop: Store, kind: str) -> None:
    text = exported(shop, kind, VERA)

    assert CODE not in text
    assert FREE not in text
    assert "99X" in text


@pytest.mark.parametrize("kind", ["bought-rewards", "codes"])
def test_files_hold_them_for_who_may_change_rewards(bought: Coupon, shop: Store, kind: str) -> None:
    assert CODE in exported(shop, kind, STAFF)


def exported(store: Store, kind: str, actor: Any) -> str:
    found = kinds.get(kind)
    assert found is not None
    asked = Asked(found, Format.CSV, store, actor, jobs.parse_query(""))
    return b"".join(jobs.pieces(asked)).decode()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param("", "", id="none"),
        pytest.param("12", "••••", id="short"),
        pytest.param("ABCDEF", "••••", id="half-would-be-told"),
        pytest.param("ABCDEFG", "••••EFG", id="end"),
    ],
)
def test_tells_little_of_a_code(code: str, shown: str) -> None:
    assert coupon_codes.hidden(code) == shown


def test_leaves_other_comments_alone() -> None:
    assert coupon_codes.hidden_in("For a friend") == "For a friend"
    assert coupon_codes.hidden_in("Mug, coupon: ABCDEFG") == "Mug, coupon: ••••EFG"
