"""Coupons: bought lists, report, marking as used, delivery. RPT, USE, DEL."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Customer, Level
from campaigns.models import Coupon, RewardCampaign, RewardType
from campaigns.services import coupons as services
from campaigns.services import rewards
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.factories import CustomerFactory, SellerFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.staff import StaffFactory
from tests.factories.transactions import SaleFactory
from tests.support.api import ApiClient

BOUGHT = "SHOP/campaign/bought"
ZERO = Decimal(0)


@pytest.fixture
def gift(shop: Store, entry: Level) -> RewardCampaign:
    return CampaignFactory(
        shop,
        RewardType.GIFT_CODE,
        level=entry,
        name="Mug",
        coupons=tuple(f"MUG-{number}" for number in range(40)),
        tax_price_value=Decimal("1.50"),
        cost_in_points=Decimal(1),
    )


def sold(campaign: RewardCampaign, customer: Customer, at: datetime | None = None) -> Coupon:
    [coupon] = rewards.buy(campaign=campaign, customer=customer, actor=SYSTEM, now=at)
    return coupon


def row_of(coupon: Coupon, **fields: Any) -> dict[str, Any]:
    return {
        "campaignId": str(coupon.campaign.uuid),
        "couponId": str(coupon.uuid),
        "code": coupon.code,
        "used": 1,
        "customerId": str(coupon.customer.uuid),
    } | fields


def marked(coupon: Coupon) -> services.Mark:
    return services.Mark(
        campaign_uuid=coupon.campaign.uuid,
        customer_uuid=coupon.customer.uuid,
        coupon_uuid=coupon.uuid,
        code=coupon.code,
        is_used=True,
    )


def mark(client: ApiClient, role: str, *rows: dict[str, Any]) -> Any:
    return client.post(f"SHOP/{role}/campaign/coupons/mark_as_used", {"coupons": list(rows)})


def test_lists_what_was_bought(sam: ApiClient, gift: RewardCampaign, alice: Customer) -> None:
    """§5.5: every documented key. GEN-6."""
    coupon = sold(gift, alice)

    answer = sam.get(BOUGHT)

    [row] = answer.data["boughtCampaigns"]
    assert list(answer.data) == ["boughtCampaigns", "total"]
    assert row.pop("purchasedAt")
    assert row == {
        "canBeUsed": True,
        "rewardCampaignId": str(gift.uuid),
        "campaignId": str(gift.uuid),
        "customerId": str(alice.uuid),
        "coupon": {"code": "MUG-0", "id": str(coupon.uuid)},
        "campaignType": "gift_code",
        "campaignName": "Mug",
        "customerEmail": "alice@example.com",
        "customerPhone": alice.phone or "",
        "customerName": "Alice",
        "customerLastname": alice.last_name,
        "campaignShippingAddress": {},
        "costInPoints": 1,
        "currentPointsAmount": 79,
        "taxPriceValue": 1.5,
        "used": False,
        "status": "active",
        "activeSince": None,
        "activeTo": None,
        "transactionId": None,
        "usedForTransactionId": None,
        "returnedAmount": 0,
        "deliveryStatus": {"status": ""},
        "usageDate": None,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, ["new", "old"], id="all"),
        pytest.param({"used": "true"}, ["old"], id="used"),
        pytest.param({"used": "false"}, ["new"], id="unused"),
        pytest.param({"deliveryStatus": "ordered"}, ["old"], id="deliveryStatus"),
        pytest.param({"deliveryStatus": "shipped"}, [], id="another-deliveryStatus"),
        pytest.param({"purchasedAtFrom": "2026-02-01"}, ["new"], id="purchasedAtFrom"),
        # The last day counts whole.
        pytest.param({"purchasedAtTo": "2026-01-10"}, ["old"], id="purchasedAtTo"),
        pytest.param(
            {"usageDateFrom": "2026-01-13", "usageDateTo": "2026-01-13"}, ["old"], id="usageDate"
        ),
        pytest.param({"activeSinceFrom": "2026-01-13"}, ["new"], id="activeSinceFrom"),
        pytest.param({"activeSinceTo": "2026-01-13"}, ["old"], id="activeSinceTo"),
        pytest.param({"activeToFrom": "2026-02-01"}, ["new"], id="activeToFrom"),
        pytest.param({"activeToTo": "2026-01-31"}, ["old"], id="activeToTo"),
        pytest.param({"purchasedAtFrom": "yesterday"}, ["new", "old"], id="no-date"),
    ],
)
def test_filters_what_was_bought(
    sam: ApiClient, shop: Store, entry: Level, alice: Customer, query: Any, found: list[str]
) -> None:
    """§5.5: inclusive ranges in the store's time zone."""
    coupons = {}
    for name, at in (
        ("old", datetime(2026, 1, 10, 23, tzinfo=UTC)),
        ("new", datetime(2026, 2, 10, 12, tzinfo=UTC)),
    ):
        campaign = CampaignFactory(
            shop, level=entry, name=name, days_inactive=2, days_valid=7, cost_in_points=ZERO
        )
        coupons[name] = sold(campaign, alice, at.replace(tzinfo=shop.zone))
    later = datetime(2026, 1, 13, 23, tzinfo=shop.zone)
    marks = [marked(coupons["old"])]
    services.mark(store=shop, marks=marks, actor=SYSTEM, now=later)

    rows = sam.get(BOUGHT, query).data["boughtCampaigns"]

    assert [row["campaignName"] for row in rows] == found


def test_orders_what_was_bought(sam: ApiClient, gift: RewardCampaign, alice: Customer) -> None:
    """§5.5: by any column."""
    coupons = [sold(gift, alice) for _ in range(2)]

    rows = sam.get(BOUGHT, {"sort": "currentPointsAmount", "direction": "ASC"}).data

    assert [row["coupon"]["id"] for row in rows["boughtCampaigns"]] == [
        str(coupon.uuid) for coupon in reversed(coupons)
    ]


@pytest.mark.parametrize(
    "sort",
    [
        "coupon.id",
        "campaignId",
        "rewardCampaignId",
        "customerId",
        "campaignShippingAddress.city",
        "campaignShippingAddress.street",
    ],
)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_orders_by_what_stands_deeper_or_comes_from_elsewhere(
    sam: ApiClient, shop: Store, entry: Level, sort: str, direction: str
) -> None:
    for number in (3, 1, 2, 4):
        address = {"street": f"Street {number}", "city": f"City {5 - number}"}
        buyer = CustomerFactory(shop, address=address)
        reward = CampaignFactory(shop, level=entry, cost_in_points=ZERO)
        sold(reward, buyer)
        # Their ids rise with time: so that no order is that of the purchases.
        for thing in (buyer, reward):
            type(thing).objects.filter(pk=thing.pk).update(uuid=UUID(int=number))
        Coupon.objects.filter(customer=buyer).update(uuid=UUID(int=number))

    rows = sam.get(BOUGHT, {"sort": sort, "direction": direction}).data["boughtCampaigns"]

    values = [value_at(row, sort) for row in rows]
    assert len(set(values)) == 4
    assert values == sorted(values, reverse=direction == "DESC")


def value_at(row: dict[str, Any], path: str) -> str:
    value: Any = row
    for key in path.split("."):
        value = value[key]
    return str(value)


def test_reports_purchases_as_csv(
    sam: ApiClient, gift: RewardCampaign, alice: Customer, shop: Store
) -> None:
    """RPT-1, RPT-2."""
    Customer.objects.filter(pk=alice.pk).update(phone="+48601000111")
    sold(gift, alice, datetime(2026, 3, 15, 8, 40, 24, tzinfo=shop.zone))
    sold(gift, alice, datetime(2026, 4, 1, 0, 0, tzinfo=shop.zone))
    path = "/api/SHOP/campaign/bought/export/csv?purchasedAtFrom=2026-03-01"

    answer = sam.http.get(f"{path}&purchasedAtTo=2026-03-31", **sam.headers)

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    header, *rows = csv.reader(StringIO(text))
    assert answer["Content-Type"].startswith("text/csv")
    assert 'filename="redeemed_rewards_report_' in answer["Content-Disposition"]
    assert ",".join(header) == (
        "0.Name,1.Date,2.Cost,3.Tax value,4.email,5.phone,6.Firstname,7.Surname,"
        "8.Points balance,9.Is used"
    )
    assert rows == [
        [
            *("Mug", "2026-03-15 08:40:24", "1.00", "1.50", "alice@example.com"),
            *("+48601000111", "Alice", alice.last_name, "79.00", ""),
        ]
    ]


@pytest.mark.parametrize("who", ["sam", "mona", "app"])
def test_lists_what_one_customer_bought(
    request: pytest.FixtureRequest,
    who: str,
    gift: RewardCampaign,
    alice: Customer,
    shop: Store,
    entry: Level,
) -> None:
    """RPT-3: the coupon is the customer's own, the pool is nobody's."""
    client: ApiClient = request.getfixturevalue(who)
    coupon = sold(gift, alice)
    sold(gift, alice)
    path = {
        "sam": f"SHOP/admin/customer/{alice.uuid}/campaign/bought",
        "mona": f"SHOP/seller/customer/{alice.uuid}/campaign/bought",
        "app": "SHOP/customer/campaign/bought",
    }[who]

    plain = client.get(path, {"sort": "purchaseAt"})
    full = client.get(path, {"sort": "purchaseAt", "includeDetails": "1"})

    row = plain.data["campaigns"][0]
    assert list(plain.data) == ["campaigns", "total"]
    assert row.pop("purchaseAt")
    assert row == {
        "costInPoints": 1,
        "campaignId": {"campaignId": str(gift.uuid)},
        "used": False,
        "coupon": {"code": "MUG-0", "id": str(coupon.uuid)},
        "status": "active",
        "activeSince": None,
        "activeTo": None,
        "canBeUsed": True,
        "deliveryStatus": {"status": ""},
        "usageDate": None,
    }
    details = full.data["campaigns"][0]["campaign"]
    assert details["name"] == "Mug"
    assert len(details.get("coupons", [])) == (40 if who == "sam" else 0)
    assert ("coupons" in details) == (who != "app")


@pytest.mark.parametrize("count", [2, 20])
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # Session and store, coupons with whose they are, how many.
        pytest.param("SHOP/campaign/bought", 3, id="all"),
        # Also the customer.
        pytest.param("SHOP/customer/campaign/bought", 4, id="own"),
        # Also campaigns, texts, photos, counts; and members, where they are counted anew.
        pytest.param("SHOP/customer/campaign/bought?includeDetails=1", 9, id="details"),
    ],
)
def test_asks_the_database_as_often_for_20_as_for_2(
    sam: ApiClient,
    app: ApiClient,
    alice: Customer,
    shop: Store,
    entry: Level,
    path: str,
    queries: int,
    count: int,
    django_assert_num_queries: Any,
) -> None:
    for _ in range(count):
        sold(CampaignFactory(shop, level=entry, cost_in_points=Decimal(1)), alice)
    client = sam if path == BOUGHT else app
    client.get(path)  # learns the levels

    with django_assert_num_queries(queries, exact=False):
        answer = client.get(f"{path}{'&' if '?' in path else '?'}perPage={count}")

    assert len(next(iter(answer.data.values()))) == count


def test_marks_coupons_of_customers(sam: ApiClient, gift: RewardCampaign, alice: Customer) -> None:
    """USE-1, USE-2, USE-8."""
    first, second = sold(gift, alice), sold(gift, alice)
    sale = str(SaleFactory(alice).uuid)

    answer = mark(sam, "admin", row_of(first, transactionId=sale), row_of(second))

    assert answer.status_code == 200, answer.data
    common = {"used": True, "campaignId": str(gift.uuid), "customerId": str(alice.uuid)}
    assert answer.data == {"coupons": [{"name": "MUG-0"} | common, {"name": "MUG-1"} | common]}
    first.refresh_from_db()
    assert (first.is_used, str(first.used_for_transaction_uuid)) == (True, sale)
    assert first.delivery_status == "ordered"


@pytest.mark.parametrize("whose", ["nobody", "another customer", "another store"])
def test_refuses_a_transaction_that_is_not_the_customers(
    sam: ApiClient, app: ApiClient, gift: RewardCampaign, alice: Customer, whose: str
) -> None:
    """USE-3, USE-8: the same words whether there is such a transaction or not."""
    coupon = sold(gift, alice)
    sale = {
        "nobody": lambda: uuid4(),
        "another customer": lambda: SaleFactory(CustomerFactory(alice.store)).uuid,
        "another store": lambda: SaleFactory(CustomerFactory()).uuid,
    }[whose]()

    for client, door in ((sam, "admin"), (app, "customer")):
        answer = mark(client, door, row_of(coupon, transactionId=str(sale)))

        assert answer.status_code == 400
        assert answer.data["error"]["message"] == "This customer has no such transaction."
    coupon.refresh_from_db()
    assert not coupon.is_used


@pytest.mark.parametrize("missing", ["campaignId", "couponId", "code", "used", "customerId"])
def test_wants_every_key_of_a_row(
    sam: ApiClient, gift: RewardCampaign, alice: Customer, missing: str
) -> None:
    """USE-2."""
    row = row_of(sold(gift, alice))
    del row[missing]

    answer = mark(sam, "admin", row)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["coupons"]["children"][0]["children"][missing]["errors"]


def test_wants_a_row(sam: ApiClient, shop: Store) -> None:
    """USE-2."""
    assert mark(sam, "admin").status_code == 400
    assert sam.post("SHOP/admin/campaign/coupons/mark_as_used").status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"code": "MUG-9"},
        {"couponId": str(uuid4())},
        {"couponId": "nonsense"},
        {"campaignId": str(uuid4())},
        {"customerId": str(uuid4())},
    ],
    ids=["code", "coupon", "no-id", "campaign", "customer"],
)
def test_marks_nothing_where_one_row_does_not_fit(
    sam: ApiClient, gift: RewardCampaign, alice: Customer, change: dict[str, str]
) -> None:
    """USE-3, USE-4."""
    first, second = sold(gift, alice), sold(gift, alice)

    answer = mark(sam, "admin", row_of(first), row_of(second, **change))

    assert answer.status_code == 400
    assert answer.data["error"]["code"] == 400
    assert not Coupon.objects.filter(is_used=True).exists()


def test_uses_nothing_twice(app: ApiClient, gift: RewardCampaign, alice: Customer) -> None:
    """USE-4, USE-6: customers only use."""
    coupon = sold(gift, alice)

    answers = [mark(app, "customer", row_of(coupon, used=used)) for used in (1, 1, 0)]

    assert [answer.status_code for answer in answers] == [200, 400, 400]
    coupon.refresh_from_db()
    assert coupon.is_used


def test_lets_customers_use_their_own_alone(
    app: ApiClient, gift: RewardCampaign, alice: Customer, shop: Store, entry: Level
) -> None:
    """USE-1: whomever the row names."""
    bob = CustomerFactory(shop, level=entry)
    give_points(bob, 1)
    coupon = sold(gift, bob)

    answer = mark(app, "customer", row_of(coupon))

    assert answer.status_code == 400
    coupon.refresh_from_db()
    assert not coupon.is_used


def test_lets_staff_take_it_back(sam: ApiClient, gift: RewardCampaign, alice: Customer) -> None:
    """USE-5."""
    coupon = sold(gift, alice)
    mark(sam, "admin", row_of(coupon))

    answer = mark(sam, "admin", row_of(coupon, used=0))

    coupon.refresh_from_db()
    assert answer.data["coupons"][0]["used"] is False
    assert (coupon.is_used, coupon.used_at) == (False, None)


def by_code(client: ApiClient, campaign: RewardCampaign, code: str, used: Any) -> Any:
    customer = Coupon.objects.earliest("pk").customer
    path = f"SHOP/admin/customer/{customer.uuid}/campaign/{campaign.uuid}/coupon/{code}"
    return client.form("POST", path, {"used": used})


def test_marks_by_the_code_alone(sam: ApiClient, gift: RewardCampaign, alice: Customer) -> None:
    """USE-10: release 2.x's call."""
    coupon = sold(gift, alice)

    used = by_code(sam, gift, coupon.code, "1")
    again = by_code(sam, gift, coupon.code, "1")
    coupon.refresh_from_db()
    was_used = coupon.is_used
    undone = by_code(sam, gift, coupon.code, "0")

    coupon.refresh_from_db()
    assert (used.data, was_used, again.status_code) == ({"used": True}, True, 400)
    assert (undone.data, coupon.is_used) == ({"used": False}, False)
    assert by_code(sam, gift, "NONE", "1").status_code == 404
    assert by_code(sam, gift, coupon.code, "").status_code == 400


def test_marks_one_of_several_with_the_same_code(
    sam: ApiClient, shop: Store, entry: Level, alice: Customer
) -> None:
    """USE-10: where everybody gets one code, the next that is unused."""
    everybodys = CampaignFactory(
        shop, level=entry, is_single_coupon=True, coupons=("TEA/10",), cost_in_points=ZERO
    )
    first, second = sold(everybodys, alice), sold(everybodys, alice)

    for _ in range(2):
        assert by_code(sam, everybodys, "TEA/10", "true").status_code == 200

    for coupon in (first, second):
        coupon.refresh_from_db()
        assert coupon.is_used
    assert by_code(sam, everybodys, "TEA/10", "true").status_code == 400


@pytest.mark.parametrize(("minutes", "status"), [(9, 200), (11, 400)])
def test_lets_sellers_take_back_their_own_for_ten_minutes(
    shop: Store, gift: RewardCampaign, alice: Customer, minutes: int, status: int
) -> None:
    """USE-7: our own call."""
    coupon = sold(gift, alice)
    seller, colleague = SellerFactory(shop), SellerFactory(shop)
    start = timezone.now()

    with time_machine.travel(start, tick=False):
        used = mark(ApiClient(seller), "seller", row_of(coupon))
        others = mark(ApiClient(colleague), "seller", row_of(coupon, used=0))
    with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
        undone = mark(ApiClient(seller), "seller", row_of(coupon, used=0))

    coupon.refresh_from_db()
    assert (used.status_code, others.status_code, undone.status_code) == (200, 400, status)
    assert coupon.is_used is (status == 400)


def delivery(client: ApiClient, customer: Customer, coupon: Coupon, status: Any) -> Any:
    path = f"SHOP/admin/customer/{customer.uuid}/bought/coupon/{coupon.uuid}"
    body = {"deliveryStatus[status]": status}
    return client.form("PUT", f"{path}/changeDeliveryStatus", body)


@pytest.mark.parametrize("status", ["ordered", "canceled", "shipped", "delivered", ""])
def test_changes_the_delivery(
    sam: ApiClient, gift: RewardCampaign, alice: Customer, status: str
) -> None:
    """DEL-1, DEL-2, DEL-3."""
    coupon = sold(gift, alice)
    delivery(sam, alice, coupon, "delivered")

    answer = delivery(sam, alice, coupon, status)

    coupon.refresh_from_db()
    assert (answer.status_code, answer.data) == (200, {"success": "Delivery status changed!"})
    assert coupon.delivery_status == status


def test_refuses_a_delivery(
    sam: ApiClient, gift: RewardCampaign, alice: Customer, shop: Store, entry: Level
) -> None:
    """DEL-2, DEL-4: an unknown status, somebody else's coupon, and staff who may only look."""
    coupon = sold(gift, alice)
    bob = CustomerFactory(shop, level=entry)
    viewer = ApiClient(StaffFactory("REWARD_CAMPAIGN:VIEW"))

    assert delivery(sam, alice, coupon, "lost").status_code == 400
    assert delivery(sam, bob, coupon, "shipped").status_code == 404
    assert delivery(viewer, alice, coupon, "shipped").status_code == 403
    coupon.refresh_from_db()
    assert coupon.delivery_status == ""


def test_offers_the_choices_of_a_delivery(nobody: ApiClient, shop: Store) -> None:
    """DEL-5."""
    answer = nobody.get("SHOP/settings/choices/deliveryStatus")

    assert answer.data == {"choices": ["ordered", "canceled", "shipped", "delivered"]}
