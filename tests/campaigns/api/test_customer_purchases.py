"""Documents of customers list what they bought … Source: CUS-25."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer, Level
from campaigns.api.open_loyalty import customer_purchases
from campaigns.models import Coupon
from campaigns.services import rewards
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.factories import CustomerFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient


def buy(customer: Customer, level: Level, times: int = 1) -> list[Coupon]:
    """Let somebody buy, and return it newest first."""
    campaign = CampaignFactory(customer.store, level=level)
    give_points(customer, 1_000)
    bought = [
        rewards.buy(campaign=campaign, customer=customer, actor=SYSTEM)[0] for _ in range(times)
    ]
    return bought[::-1]


def purchases_of(client: ApiClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(path).data
    document = answer["customers"][0] if "customers" in answer else answer
    rows: list[dict[str, Any]] = document["campaignPurchases"]
    return rows


def test_as_printed(sam: ApiClient, shop: Store, alice: Customer, entry: Level) -> None:
    [coupon] = buy(alice, entry)

    [purchase] = purchases_of(sam, f"SHOP/customer/{alice.uuid}")

    assert list(purchase) == [
        "canBeUsed",
        "purchaseAt",
        "costInPoints",
        "campaignId",
        "used",
        "coupon",
        "status",
        "activeTo",
        "deliveryStatus",
        "usageDate",
    ]
    assert purchase["campaignId"] == str(coupon.campaign.uuid)
    assert purchase["coupon"] == {"code": coupon.code, "id": str(coupon.uuid)}
    assert (purchase["used"], purchase["usageDate"]) == (False, None)


@pytest.mark.parametrize("path", ["customer", "admin/customer", "customer?scrollId="])
def test_in_every_list(
    sam: ApiClient, shop: Store, alice: Customer, entry: Level, path: str
) -> None:
    bought = buy(alice, entry, times=2)

    rows = purchases_of(sam, f"SHOP/{path}")

    assert [row["coupon"]["id"] for row in rows] == [str(coupon.uuid) for coupon in bought]


def test_at_the_counter(mona: ApiClient, shop: Store, alice: Customer, entry: Level) -> None:
    """CUS-62."""
    [coupon] = buy(alice, entry)

    answer = mona.post("SHOP/pos/search/customer", {"search": {"email": "alice@"}})

    [found] = answer.data["customers"]
    assert [row["coupon"]["code"] for row in found["campaignPurchases"]] == [coupon.code]


def test_in_ones_own(app: ApiClient, shop: Store, alice: Customer, entry: Level) -> None:
    [coupon] = buy(alice, entry)

    [purchase] = purchases_of(app, f"SHOP/customer/{alice.uuid}")

    assert purchase["coupon"]["code"] == coupon.code


def test_not_for_staff_who_may_not_see_rewards(shop: Store, alice: Customer, entry: Level) -> None:
    buy(alice, entry)
    clerk = ApiClient(StaffFactory("CUSTOMER:VIEW"))

    assert purchases_of(clerk, f"SHOP/customer/{alice.uuid}") == []


def test_the_latest_only(
    sam: ApiClient,
    shop: Store,
    alice: Customer,
    entry: Level,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bought = buy(alice, entry, times=3)
    monkeypatch.setattr(customer_purchases, "LATEST", 2)

    rows = purchases_of(sam, f"SHOP/customer/{alice.uuid}")

    assert [row["coupon"]["id"] for row in rows] == [str(coupon.uuid) for coupon in bought[:2]]


def test_costs_the_same_for_many(
    sam: ApiClient, shop: Store, alice: Customer, entry: Level
) -> None:
    buy(alice, entry)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert sam.get("SHOP/customer?perPage=50").status_code == 200
        counts.append(len(queries))
        for _ in range(5):
            buy(CustomerFactory(shop, level=entry), entry, times=2)

    assert counts[0] == counts[1]
