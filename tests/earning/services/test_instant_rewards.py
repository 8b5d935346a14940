"""Purchases that bring a reward besides points (ER-14, INS-1…4)."""

from decimal import Decimal

import pytest

from campaigns.models import Coupon
from campaigns.services import rewards
from earning import engine
from earning.models import Evaluation, RuleType
from earning.selectors import explanations
from earning.services import awards, rules
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Event
from tests.campaigns.conftest import STAFF, points_of
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points, whole_points
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import SaleFactory, document, register


@pytest.fixture
def customer(store):
    customer = CustomerFactory(store)
    give_points(customer, 50)
    return customer


def instant_rule(campaign, customer, **fields):
    data = rules.RuleData(
        name="Surprise",
        description="A reward for buying",
        levels=(str(customer.level.uuid),),
        reward_campaign=str(campaign.uuid),
        **fields,
    )
    rules.create(store=campaign.store, type=RuleType.INSTANT_REWARD, data=data, actor=SYSTEM)
    # A sale asks the rules of the store as it was read for it.
    customer.store.refresh_from_db()


def reward_of(sale):
    evaluation = Evaluation.objects.get(transaction_uuid=sale.uuid)
    [outcome] = engine.from_json(evaluation.explanation).outcomes
    return outcome.reward


def test_a_purchase_hands_the_reward_out_at_its_cost(customer):
    """ER-14, INS-1, INS-2, INS-4: visibility is not needed."""
    hidden = {"is_all_time_visible": False, "visible_from": None, "visible_to": None}
    campaign = CampaignFactory(customer.store, cost_in_points=Decimal(20))
    type(campaign).objects.filter(pk=campaign.pk).update(**hidden)
    instant_rule(campaign, customer)

    sale = SaleFactory(customer, 30)

    coupon = Coupon.objects.get()
    assert (coupon.origin, coupon.transaction_uuid) == ("instant_reward", sale.uuid)
    assert (coupon.cost_in_points, points_of(customer)) == (20, 30)
    assert reward_of(sale).coupon_uuid == str(coupon.uuid)
    [told] = explanations.explain(Evaluation.objects.get()).rules
    assert told.sentence == "The reward was handed out."


def test_a_percentage_is_of_the_sale(customer):
    """ER-14, INS-3, PCT-1."""
    campaign = CampaignFactory(customer.store, "percentage_discount_code")
    instant_rule(campaign, customer)

    SaleFactory(customer, 47)

    assert Coupon.objects.get().code == "5"


@pytest.mark.parametrize(
    ("type", "fields", "refusal"),
    [
        pytest.param(
            "gift_code", {"cost_in_points": Decimal(51)}, "not_enough_points", id="points"
        ),
        pytest.param("gift_code", {"coupons": None}, "no_coupons_left", id="no-codes"),
        pytest.param("gift_code", {"is_active": False}, "not_obtainable", id="inactive"),
        pytest.param("gift_code", {"levels": None}, "not_obtainable", id="for-others"),
        pytest.param("percentage_discount_code", {}, "coupon_value_too_low", id="PCT-2"),
    ],
)
def test_what_cannot_be_had_is_passed_over(customer, type, fields, refusal):
    """ER-14, INS-2: the sale never fails, and the explanation says why."""
    if "levels" in fields:
        fields = {"levels": (str(LevelFactory(customer.store, condition_value=9).uuid),)}
    campaign = CampaignFactory(customer.store, type, **fields)
    instant_rule(campaign, customer)

    sale = SaleFactory(customer, 4)

    assert sale.customer_id == customer.pk
    assert not Coupon.objects.exists()
    assert points_of(customer) == 50
    assert reward_of(sale).refusal == refusal
    assert not campaign.codes.filter(is_issued=True).exists()


def test_a_price_that_is_no_amount_of_points_is_passed_over(customer):
    """INS-2, PA-22: the reward is older than the decimals."""
    instant_rule(CampaignFactory(customer.store, cost_in_points=Decimal("1.50")), customer)
    whole_points(customer.store)

    sale = SaleFactory(customer, 30)

    assert reward_of(sale).refusal == "invalid_cost"
    assert not Coupon.objects.exists()
    assert points_of(customer) == 50
    told = explanations.explain(Evaluation.objects.get()).rules[0]
    assert told.sentence == "The reward was not handed out: its price is no amount of points."


def test_limits_and_status_count(customer):
    """INS-2: as recommended, also silently."""
    limit = {"is_unlimited": False, "limit": 1, "limit_per_user": 1}
    instant_rule(CampaignFactory(customer.store, **limit), customer)
    SaleFactory(customer, 10)

    again = SaleFactory(customer, 10)

    assert Coupon.objects.count() == 1
    assert reward_of(again).refusal == "limit_exceeded"


OUT_OF_REACH = [
    pytest.param({"coupons": None}, "no_coupons_left", id="no-codes"),
    pytest.param({"cost_in_points": Decimal(500)}, "not_enough_points", id="points"),
    pytest.param({"is_active": False}, "not_obtainable", id="inactive"),
    pytest.param({"coupons": ("one",)}, "limit_exceeded", id="limit"),
]


def out_of_reach(customer, fields, refusal):
    """Make a reward that the customer cannot have, and a last rule that hands it out."""
    EarningRuleFactory(store=customer.store, name="Ten each", point_value=Decimal(10))
    if refusal == "limit_exceeded":
        fields = fields | {"is_unlimited": False, "limit": 1, "limit_per_user": 1}
    campaign = CampaignFactory(customer.store, **fields)
    if refusal == "limit_exceeded":
        [_] = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, without_points=True)
    # By their priorities, one rule comes before the last one and one would come behind it.
    instant_rule(campaign, customer, is_last_executed=True)
    EarningRuleFactory(
        type=RuleType.PRODUCT_PURCHASE,
        store=customer.store,
        name="Behind",
        sku_ids=["SKU1"],
        points_amount=Decimal(7),
    )
    customer.store.refresh_from_db()


@pytest.mark.parametrize(("fields", "refusal"), OUT_OF_REACH)
def test_a_last_rule_whose_reward_cannot_be_had_stops_nothing(customer, fields, refusal):
    """ER-15: it does not count as executed."""
    out_of_reach(customer, fields, refusal)
    before, had = points_of(customer), Coupon.objects.count()
    bought = document(customer, 3)
    told = simulated(customer, bought)

    sale = register(customer.store, bought)

    stored = engine.from_json(Evaluation.objects.get(transaction_uuid=sale.uuid).explanation)
    assert (stored.points, told.points) == (37, 37)
    assert points_of(customer) == before + 37
    assert Coupon.objects.count() == had
    [outcome] = [each for each in stored.outcomes if each.reward]
    [foretold] = [each for each in told.outcomes if each.reward]
    assert (outcome.reward.refusal, foretold.reward.refusal) == (refusal, refusal)
    evaluation = Evaluation.objects.get(transaction_uuid=sale.uuid)
    [line] = [r for r in explanations.explain(evaluation).rules if r.name == "Surprise"]
    assert line.sentence.startswith("The reward was not handed out:")


def test_a_last_rule_whose_reward_was_handed_out_is_the_last(customer):
    """ER-15."""
    out_of_reach(customer, {}, "")
    bought = document(customer, 3)
    told = simulated(customer, bought)

    sale = register(customer.store, bought)

    assert (told.points, Evaluation.objects.get(transaction_uuid=sale.uuid).points) == (30, 30)
    assert Coupon.objects.get().transaction_uuid == sale.uuid


def simulated(customer, bought):
    before = Coupon.objects.count(), Event.objects.count(), points_of(customer)
    lines = tuple(engine.Line(sku=line.sku, gross_value=line.gross_value) for line in bought.lines)
    purchase = engine.Purchase(lines=lines, purchased_at=bought.purchased_at)
    told = awards.simulate(store=customer.store, customer=customer, purchase=purchase)
    assert before == (Coupon.objects.count(), Event.objects.count(), points_of(customer))
    return told
