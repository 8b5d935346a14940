"""Purchases that bring a reward besides points (ER-14, INS-1…4)."""

from decimal import Decimal

import pytest

from campaigns.models import Coupon
from earning import engine
from earning.models import Evaluation, RuleType
from earning.selectors import explanations
from earning.services import rules
from loyalty.core.actors import SYSTEM
from tests.campaigns.conftest import points_of
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.transactions import SaleFactory


@pytest.fixture
def customer(store):
    customer = CustomerFactory(store)
    give_points(customer, 50)
    return customer


def instant_rule(campaign, customer):
    data = rules.RuleData(
        name="Surprise",
        description="A reward for buying",
        levels=(str(customer.level.uuid),),
        reward_campaign=str(campaign.uuid),
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


def test_limits_and_status_count(customer):
    """INS-2: as recommended, also silently."""
    limit = {"is_unlimited": False, "limit": 1, "limit_per_user": 1}
    instant_rule(CampaignFactory(customer.store, **limit), customer)
    SaleFactory(customer, 10)

    again = SaleFactory(customer, 10)

    assert Coupon.objects.count() == 1
    assert reward_of(again).refusal == "limit_exceeded"
