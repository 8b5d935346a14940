"""What customers can have, buying and validating: VIS-10…16, BUY, VAL."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Customer, Level
from accounts.selectors import balances
from campaigns.models import Coupon, RewardCampaign, RewardType
from earning.models import RuleType
from loyalty.core.models import Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory
from tests.support.api import ApiClient

AVAILABLE = "SHOP/customer/campaign/available"


def points_of(customer: Customer) -> float:
    return float(balances.get_active(customer.wallet_id, timezone.now()))


def paths(customer: Customer, end: str) -> dict[str, str]:
    return {
        "sam": f"SHOP/admin/customer/{customer.uuid}/campaign/{end}",
        "mona": f"SHOP/seller/customer/{customer.uuid}/campaign/{end}",
        "app": f"SHOP/customer/campaign/{end}",
    }


@pytest.fixture(params=["sam", "mona", "app"])
def caller(request: pytest.FixtureRequest, alice: Customer) -> tuple[str, ApiClient]:
    return request.param, request.getfixturevalue(request.param)


@pytest.fixture
def worked_example(shop: Store, entry: Level) -> None:
    """The table of §2.2: a customer of the entry level with 80 points."""
    now, day = timezone.now(), timedelta(days=1)
    silver = LevelFactory(shop, name="Silver", condition_value=100)
    tomorrow = {
        "is_all_time_active": False,
        "active_from": now + day,
        "active_to": now + 9 * day,
    }
    yesterday = {
        "is_all_time_visible": False,
        "visible_from": now - 9 * day,
        "visible_to": now - day,
    }
    for name, level, cost, fields in (
        ("A", entry, 50, {}),
        ("B", entry, 50, tomorrow),
        ("C", entry, 50, yesterday),
        ("D", entry, 50, {"is_active": False}),
        ("E", silver, 50, {}),
        ("F", entry, 90, {}),
    ):
        CampaignFactory(shop, level=level, name=name, cost_in_points=Decimal(cost), **fields)


def test_lists_what_a_customer_can_have(
    caller: tuple[str, ApiClient], alice: Customer, worked_example: None
) -> None:
    """VIS-10, VIS-11, VIS-12: the worked example, alike for all roles."""
    name, client = caller

    answer = client.get(paths(alice, "available")[name], {"sort": "name"})

    rows = {each["name"]: each for each in answer.data["campaigns"]}
    assert list(answer.data) == ["campaigns", "total"]
    assert {key: row["canBeBoughtByCustomer"] for key, row in rows.items()} == {
        "A": True,
        "B": False,
        "F": False,
    }
    assert "will_be_active_from" in rows["B"]
    assert "will_be_active_from" not in rows["A"]
    assert answer.data["total"] == 3


def test_says_in_words_why_not(alice: Customer, app: ApiClient, worked_example: None) -> None:
    """Honest reasons, beside the documented keys."""
    english = app.get(AVAILABLE, {"sort": "name"}).data["campaigns"]
    polish = app.get(AVAILABLE, {"sort": "name", "_locale": "pl"}).data["campaigns"]

    assert [[why["reason"] for why in row["whyNot"]] for row in english] == [
        [],
        ["not_yet"],
        ["points"],
    ]
    assert english[2]["whyNot"][0]["text"] == "You need 10 more points."
    assert polish[2]["whyNot"][0]["text"] != english[2]["whyNot"][0]["text"]


def test_asks_what_if_there_were_moreDecimal(
    caller: tuple[str, ApiClient], alice: Customer, worked_example: None
) -> None:
    """VIS-13: whom rewards are for does not count then."""
    name, client = caller

    answer = client.get(paths(alice, "available")[name], {"sort": "name", "additionalPoints": "10"})

    bought = {each["name"]: each["canBeBoughtByCustomer"] for each in answer.data["campaigns"]}
    assert bought == {"A": True, "B": False, "E": True, "F": True}


def test_shows_custom_campaigns_as_what_can_be_earned(
    caller: tuple[str, ApiClient], alice: Customer, shop: Store, entry: Level
) -> None:
    """VIS-14, CUST-2: to customers, too, as was decided, with a notice and never for sale."""
    name, client = caller
    rule = EarningRuleFactory(store=shop, type=RuleType.QRCODE, name="At the counter")
    CampaignFactory(
        shop,
        RewardType.CUSTOM_CAMPAIGN_CODE,
        level=entry,
        connect_type="qrcode",
        earning_rule=str(rule.uuid),
    )

    [row] = client.get(paths(alice, "available")[name]).data["campaigns"]

    assert row["earningRule"] == {"type": "qrcode", "name": "At the counter", "pointsAmount": 10}
    assert row["canBeBoughtByCustomer"] is False
    assert [each["reason"] for each in row["whyNot"]] == ["not_for_sale"]


def test_gives_codes_to_staff_alone(
    caller: tuple[str, ApiClient], alice: Customer, shop: Store, entry: Level
) -> None:
    """VIS-15, VIS-16."""
    name, client = caller
    CampaignFactory(shop, level=entry, coupons=("one", "two"))

    [row] = client.get(paths(alice, "available")[name]).data["campaigns"]

    assert row.get("coupons") == {"sam": ["one", "two"], "mona": [], "app": None}[name]
    assert ("translations" in row) == (name == "sam")


@pytest.mark.parametrize("page", [1, 2])
def test_pages_what_is_available(app: ApiClient, shop: Store, entry: Level, page: int) -> None:
    """GEN-5."""
    for letter in "ABC":
        CampaignFactory(shop, level=entry, name=letter)

    answer = app.get(AVAILABLE, {"sort": "name", "perPage": 2, "page": page})

    assert [each["name"] for each in answer.data["campaigns"]] == [["A", "B"], ["C"]][page - 1]
    assert answer.data["total"] == 3


@pytest.mark.parametrize("count", [2, 20])
def test_asks_the_database_as_often_for_20_as_for_2(
    app: ApiClient, shop: Store, entry: Level, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        CampaignFactory(shop, level=entry)
    app.get(AVAILABLE, {"additionalPoints": "1"})  # learns the levels

    # Session and store, customer, segments, campaigns, texts, photos, counts, own counts, points;
    # members, where their number is not known any more.
    with django_assert_num_queries(10, exact=False):
        answer = app.get(AVAILABLE, {"perPage": count})

    assert len(answer.data["campaigns"]) == count


def test_sells(caller: tuple[str, ApiClient], alice: Customer, shop: Store, entry: Level) -> None:
    """BUY-1, BUY-2, BUY-9."""
    name, client = caller
    campaign = CampaignFactory(shop, level=entry, coupons=("one", "two", "three"))

    answer = client.post(f"{paths(alice, str(campaign.uuid))[name]}/buy?quantity=2")

    coupons = {str(coupon.uuid): coupon.code for coupon in Coupon.objects.all()}
    assert answer.status_code == 200, answer.data
    assert next(iter(answer.data)) == "coupons"
    assert [row["code"] for row in answer.data["coupons"]] == ["one", "two"]
    assert {row["id"]: row["code"] for row in answer.data["coupons"]} == coupons
    assert answer.data["coupon"]["code"] == "one"
    assert points_of(alice) == 60


def buy(client: ApiClient, campaign: RewardCampaign, body: Any = None) -> Any:
    return client.post(f"SHOP/customer/campaign/{campaign.uuid}/buy", body)


@pytest.mark.parametrize(
    ("fields", "reason", "text"),
    [
        pytest.param(
            {"coupons": ("one", "two")}, "no_codes", "You can have only 2 more.", id="pool"
        ),
        pytest.param(
            {"is_unlimited": False, "limit": 2, "limit_per_user": 9},
            "limit",
            "You can have only 2 more.",
            id="limit",
        ),
        pytest.param(
            {"is_unlimited": False, "limit": 9, "limit_per_user": 1},
            "limit_per_customer",
            "You can have only 1 more.",
            id="customer-s-limit",
        ),
        pytest.param(
            {"cost_in_points": Decimal(30)}, "points", "You need 10 more points.", id="points"
        ),
    ],
)
def test_says_why_not_so_many(
    app: ApiClient, shop: Store, entry: Level, fields: Any, reason: str, text: str
) -> None:
    """BUY-2, LIM-6: of three at once."""
    fields = {"coupons": ("a", "b", "c", "d"), "cost_in_points": Decimal(1)} | fields
    campaign = CampaignFactory(shop, level=entry, **fields)

    answer = buy(app, campaign, {"quantity": 3})

    assert answer.status_code == 400
    assert answer.data["whyNot"] == [{"reason": reason, "text": text}]


@pytest.mark.parametrize(
    ("fields", "body", "status", "error"),
    [
        pytest.param({"coupons": ("one",)}, {"quantity": 2}, 400, "No coupons left", id="LIM-6"),
        pytest.param(
            {"cost_in_points": Decimal(81)}, {}, 400, "Not enough points", id="points-short"
        ),
        pytest.param(
            {"is_unlimited": False, "limit": 1, "limit_per_user": 9},
            {"quantity": 2},
            400,
            "Limit exceeded",
            id="total-limit",
        ),
        pytest.param(
            {"is_unlimited": False, "limit": 9, "limit_per_user": 1},
            {"quantity": 2},
            400,
            "Limit per customer exceeded",
            id="customer-limit",
        ),
        pytest.param(
            {"type": RewardType.CASHBACK},
            {},
            400,
            "This reward cannot be bought manually",
            id="BUY-3-cashback",
        ),
        pytest.param({"is_active": False}, {}, 404, None, id="BUY-3-inactive"),
    ],
)
def test_refuses_to_sell(
    app: ApiClient,
    alice: Customer,
    shop: Store,
    entry: Level,
    fields: dict[str, Any],
    body: dict[str, Any],
    status: int,
    error: str | None,
) -> None:
    """GEN-4 and the texts of §4; nothing was sold."""
    campaign = CampaignFactory(shop, level=entry, **fields)

    answer = buy(app, campaign, body)

    assert answer.status_code == status
    if error:
        assert answer.data["error"] == error
        assert isinstance(answer.data["whyNot"], list)
    else:
        assert answer.data == {"error": {"code": 404, "message": "Not Found"}}
    assert not Coupon.objects.exists()
    assert points_of(alice) == 80


@pytest.mark.parametrize("quantity", [0, -1, 1001, "two", 1.5])
def test_refuses_a_quantity(
    app: ApiClient, alice: Customer, shop: Store, entry: Level, quantity: Any
) -> None:
    """BUY-2."""
    answer = buy(app, CampaignFactory(shop, level=entry), {"quantity": quantity})

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["quantity"]["errors"]
    assert not Coupon.objects.exists()


def test_sells_to_others_than_those_it_is_for_by_staff_alone(
    caller: tuple[str, ApiClient], alice: Customer, shop: Store
) -> None:
    """BUY-8."""
    name, client = caller
    campaign = CampaignFactory(shop, level=LevelFactory(shop, condition_value=100))

    answer = client.post(f"{paths(alice, str(campaign.uuid))[name]}/buy")

    assert answer.status_code == (200 if name == "sam" else 404)
    assert Coupon.objects.count() == (name == "sam")


@pytest.mark.parametrize(
    ("word", "left"), [("true", 80), ("1", 80), ("false", 70), ("0", 70), ("", 70)]
)
@pytest.mark.parametrize("where", ["query", "body"])
def test_gives_for_nothing_by_a_real_yes(
    sam: ApiClient,
    alice: Customer,
    shop: Store,
    entry: Level,
    word: str,
    left: int,
    where: str,
) -> None:
    """BUY-5: `false` is a no."""
    campaign = CampaignFactory(shop, level=entry)
    path = f"SHOP/admin/customer/{alice.uuid}/campaign/{campaign.uuid}/buy"
    if where == "query":
        answer = sam.post(f"{path}?withoutPoints={word}")
    else:
        answer = sam.post(path, {"withoutPoints": word})

    assert answer.status_code == 200
    assert points_of(alice) == left


def test_gives_customers_nothing_for_nothing(
    app: ApiClient, alice: Customer, shop: Store, entry: Level
) -> None:
    """BUY-5: staff only."""
    answer = buy(app, CampaignFactory(shop, level=entry), {"withoutPoints": True})

    assert answer.status_code == 200
    assert points_of(alice) == 70


@pytest.mark.parametrize("transaction", ["", "00000000-0000-0000-0000-000000000001"])
def test_wants_the_sale_that_a_percentage_is_of(
    sam: ApiClient, alice: Customer, shop: Store, entry: Level, transaction: str
) -> None:
    """BUY-6."""
    campaign = CampaignFactory(shop, RewardType.PERCENTAGE_DISCOUNT_CODE, level=entry)
    path = f"SHOP/admin/customer/{alice.uuid}/campaign/{campaign.uuid}/buy"

    answer = sam.post(path, {"transactionId": transaction})

    assert answer.status_code == 400
    assert answer.data["error"] == (
        "Invalid transaction" if transaction else "Transaction required"
    )
    assert not Coupon.objects.exists()


def test_sells_once_for_one_key(app: ApiClient, alice: Customer, shop: Store, entry: Level) -> None:
    """The same `Idempotency-Key` gets the first answer again."""
    path = f"SHOP/customer/campaign/{CampaignFactory(shop, level=entry).uuid}/buy"

    first = app.post(path, HTTP_IDEMPOTENCY_KEY="order-7")
    again = app.post(path, HTTP_IDEMPOTENCY_KEY="order-7")

    assert first.data == again.data
    assert Coupon.objects.count() == 1
    assert points_of(alice) == 70


def test_knows_nobody_and_nothing_of_another_store(
    sam: ApiClient, mona: ApiClient, app: ApiClient, alice: Customer, shop: Store, entry: Level
) -> None:
    """GEN-3."""
    stranger, foreign = CustomerFactory(), CampaignFactory(StoreFactory())
    ours = CampaignFactory(shop, level=entry)

    for client, path in (
        (sam, f"SHOP/admin/customer/{stranger.uuid}/campaign/{ours.uuid}/buy"),
        (mona, f"SHOP/seller/customer/{stranger.uuid}/campaign/{ours.uuid}/buy"),
        (sam, f"SHOP/admin/customer/{alice.uuid}/campaign/{foreign.uuid}/buy"),
        (app, f"SHOP/customer/campaign/{foreign.uuid}/buy"),
    ):
        assert client.post(path).status_code == 404
    assert sam.get(f"SHOP/admin/customer/{stranger.uuid}/campaign/available").status_code == 404
    assert not Coupon.objects.exists()


def basket(*campaigns: RewardCampaign, **more: Any) -> dict[str, Any]:
    entries = [{"rewardCampaignId": str(campaign.uuid)} for campaign in campaigns]
    return {"campaigns": {"campaigns": entries} | more}


@pytest.mark.parametrize("caller", ["sam", "app"], indirect=True)
def test_validates_a_basket(
    caller: tuple[str, ApiClient], alice: Customer, shop: Store, entry: Level
) -> None:
    """VAL-1, VAL-2, VAL-3: one use left, taken twice; nothing is bought."""
    name, client = caller
    once = CampaignFactory(shop, level=entry, coupons=("one",), cost_in_points=Decimal(40))
    often = CampaignFactory(shop, level=entry, cost_in_points=Decimal(20))
    path = paths(alice, "validate")[name]

    answer = client.post(path, basket(once, once, often, additionalPoints=20))
    short = client.post(path, basket(once, once, often))

    assert answer.status_code == 200, answer.data
    assert answer.data == {
        "campaigns": [
            {"rewardCampaignId": str(once.uuid), "usageLimitAvailable": True},
            {"rewardCampaignId": str(once.uuid), "usageLimitAvailable": False},
            {"rewardCampaignId": str(often.uuid), "usageLimitAvailable": True},
        ],
        "additionalPoints": 20,
        "finalUsageLimitAvailable": False,
        "balancePointsAvailable": True,
    }
    assert short.data["balancePointsAvailable"] is False
    assert not Coupon.objects.exists()


def test_validates_no_basket_of_what_there_is_not(app: ApiClient, shop: Store) -> None:
    """VAL-1, GEN-3."""
    foreign = CampaignFactory(StoreFactory())

    assert app.post("SHOP/customer/campaign/validate", basket(foreign)).status_code == 404
    assert app.post("SHOP/customer/campaign/validate", {}).status_code == 400
