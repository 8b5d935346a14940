"""Pools of codes are replaced and filled; what customers have stays."""

import pytest

from campaigns.models import CouponCode
from campaigns.selectors import usage
from campaigns.services import campaigns, pools
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from tests.factories.accounts import LevelFactory
from tests.factories.campaigns import CampaignFactory, campaign_data


@pytest.fixture
def campaign(store):
    return CampaignFactory(store, coupons=("A", "B", "C"))


def codes_of(campaign):
    return list(campaign.codes.order_by("position").values_list("code", flat=True))


def issue(campaign, code):
    campaign.codes.filter(code=code).update(is_issued=True)


def test_codes_are_trimmed_and_stand_once(campaign):
    """POOL-1."""
    pools.set_codes(campaign=campaign, codes=[" D ", "D", "", "A"], is_appended=True, actor=SYSTEM)

    assert codes_of(campaign) == ["A", "B", "C", "D"]
    assert usage.get_tally(campaign).codes == 4


def test_codes_are_text_of_any_kind(campaign):
    """POOL-1."""
    codes = ["a\\b", "\\.", "x\ty", "ü;é", "NULL", "\\N"]
    pools.set_codes(campaign=campaign, codes=codes, is_appended=False, actor=SYSTEM)

    assert codes_of(campaign) == codes


def test_replacing_keeps_the_order_of_the_list(campaign):
    """POOL-3."""
    pools.set_codes(campaign=campaign, codes=["X", "C", "A"], is_appended=False, actor=SYSTEM)

    assert codes_of(campaign) == ["X", "C", "A"]
    assert usage.get_tally(campaign).codes == 3


def test_issued_codes_cannot_be_replaced(campaign):
    """POOL-4."""
    issue(campaign, "B")

    with pytest.raises(InvalidFields) as refusal:
        pools.set_codes(campaign=campaign, codes=["X"], is_appended=False, actor=SYSTEM)

    assert refusal.value.errors == {
        "coupons": ["Customers have these coupons, so they cannot be removed: B."]
    }
    assert codes_of(campaign) == ["A", "B", "C"]


def test_an_update_cannot_take_issued_codes_away(campaign, store):
    """POOL-2."""
    issue(campaign, "B")
    level = LevelFactory(store)

    data = campaign_data(level=level, coupons=("A",))
    with pytest.raises(InvalidFields) as refusal:
        campaigns.update(campaign=campaign, data=data, actor=SYSTEM)
    assert set(refusal.value.errors) == {"coupons"}

    data = campaign_data(level=level, coupons=("B", "D"))
    campaigns.update(campaign=campaign, data=data, actor=SYSTEM)
    assert codes_of(campaign) == ["B", "D"]


def test_a_code_that_is_too_long_refuses_them_all(campaign):
    """POOL-3."""
    codes = ["D", "", "x" * 256]
    with pytest.raises(InvalidFields) as refusal:
        pools.set_codes(campaign=campaign, codes=codes, is_appended=True, actor=SYSTEM)

    told = "Code 3: This value is longer than 255 characters."
    assert refusal.value.errors == {"coupons": [told]}
    assert codes_of(campaign) == ["A", "B", "C"]


def test_a_reward_without_a_pool_takes_no_codes(store):
    cashback = CampaignFactory(store, "cashback")

    with pytest.raises(pools.NoPool):
        pools.set_codes(campaign=cashback, codes=["A"], is_appended=True, actor=SYSTEM)

    assert not CouponCode.objects.exists()
