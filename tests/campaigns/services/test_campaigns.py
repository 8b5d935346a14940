"""Rewards are made and changed by the matrix of their types (§1.2)."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.audience import Target
from campaigns.models import CODE_TYPES, CampaignCategory, CouponCode, RewardCampaign, RewardType
from campaigns.selectors import usage
from campaigns.services import campaigns
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event
from tests.factories.accounts import LevelFactory
from tests.factories.campaigns import CampaignFactory, campaign_data, whole_points

MARCH = datetime(2026, 3, 1, 10, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, 10, tzinfo=UTC)
TEXT = campaigns.CampaignText(
    name="Coffee",
    short_description="**Hot**",
    conditions_description="One each",
    usage_instruction="Show it",
    brand_name="Bean",
    brand_description="Roasted",
)
EVERYTHING = {
    "translations": {"en": TEXT},
    "is_active": True,
    "cost_in_points": Decimal(10),
    "point_value": Decimal(2),
    "cashback_provider": "paytm",
    "transaction_percentage_value": 10,
    "limit": 10,
    "limit_per_user": 2,
    "is_unlimited": False,
    "is_single_coupon": True,
    "days_inactive": 3,
    "days_valid": 10,
    "is_all_time_visible": False,
    "visible_from": MARCH,
    "visible_to": APRIL,
    "has_fulfillment_tracking": True,
    "connect_type": "none",
    "coupons": ("A", "B"),
}
CODE = {
    "cost_in_points",
    "limit",
    "limit_per_user",
    "is_single_coupon",
    "days_inactive",
    "days_valid",
    "visible_from",
    "visible_to",
}


@pytest.fixture
def level(store):
    return LevelFactory(store)


def refused(call, **arguments):
    with pytest.raises(InvalidFields) as refusal:
        call(**arguments, actor=SYSTEM)
    return set(refusal.value.errors)


@pytest.mark.parametrize(
    ("type", "kept"),
    [
        pytest.param(RewardType.DISCOUNT_CODE, CODE, id="discount_code"),
        pytest.param(RewardType.VALUE_CODE, CODE, id="value_code"),
        pytest.param(RewardType.FREE_DELIVERY_CODE, CODE, id="free_delivery_code"),
        pytest.param(RewardType.EVENT_CODE, CODE, id="event_code"),
        pytest.param(RewardType.GIFT_CODE, CODE | {"has_fulfillment_tracking"}, id="gift_code"),
        pytest.param(
            RewardType.PERCENTAGE_DISCOUNT_CODE,
            {"transaction_percentage_value", "days_inactive", "days_valid"},
            id="percentage_discount_code",
        ),
        pytest.param(RewardType.CASHBACK, {"point_value", "cashback_provider"}, id="cashback"),
        pytest.param(
            RewardType.CUSTOM_CAMPAIGN_CODE,
            {"days_inactive", "days_valid", "visible_from", "visible_to", "connect_type"},
            id="custom_campaign_code",
        ),
    ],
)
def test_each_type_keeps_its_own_fields_and_no_others(store, level, type, kept):
    """CAM-1, CUST-1."""
    data = campaign_data(type, level=level, **EVERYTHING)

    campaign = campaigns.create(store=store, data=data, actor=SYSTEM)

    campaign.refresh_from_db()
    own = {
        "cost_in_points", "point_value", "cashback_provider", "transaction_percentage_value",
        "limit", "limit_per_user", "is_single_coupon", "days_inactive", "days_valid",
        "visible_from", "visible_to", "has_fulfillment_tracking", "connect_type",
    }  # fmt: skip
    assert {name for name in own if getattr(campaign, name)} == kept
    assert [code.code for code in campaign.codes.order_by("position")] == (
        ["A", "B"] if type in CODE_TYPES else []
    )


@pytest.mark.parametrize(
    ("type", "texts"),
    [
        pytest.param("gift_code", ("One each", "Show it"), id="code"),
        pytest.param("custom_campaign_code", ("One each", ""), id="custom"),
        pytest.param("cashback", ("", ""), id="cashback"),
        pytest.param("percentage_discount_code", ("", ""), id="percentage"),
    ],
)
def test_each_type_keeps_its_own_texts(store, level, type, texts):
    """§1.2: conditions and usage instructions belong to some types only."""
    campaign = CampaignFactory(store, type, level=level, translations={"en": TEXT})

    text = campaign.translations.get()
    assert (text.conditions_description, text.usage_instruction) == texts
    assert text.short_description == "**Hot**"


@pytest.mark.parametrize(
    ("type", "changes", "fields"),
    [
        pytest.param("", {}, {"type"}, id="no-type"),
        pytest.param("instant_reward", {}, {"type"}, id="CAM-2-instant-reward-is-no-type"),
        pytest.param(
            "gift_code",
            {"translations": {"pl": TEXT}},
            {"translations.en.name"},
            id="no-name-in-the-default-language",
        ),
        pytest.param("gift_code", {"levels": ()}, {"levels", "segments"}, id="no-target"),
        pytest.param("gift_code", {"levels": ("x",)}, {"levels"}, id="no-such-level"),
        pytest.param("gift_code", {"cost_in_points": None}, {"cost_in_points"}, id="no-cost"),
        pytest.param(
            "gift_code", {"cost_in_points": Decimal(-1)}, {"cost_in_points"}, id="negative-cost"
        ),
        pytest.param(
            "gift_code", {"is_unlimited": False}, {"limit", "limit_per_user"}, id="no-limits"
        ),
        pytest.param(
            "gift_code",
            {"is_unlimited": False, "limit": 0, "limit_per_user": 1},
            {"limit"},
            id="limit-zero",
        ),
        pytest.param("gift_code", {"coupons": (" ",)}, {"coupons"}, id="no-codes"),
        pytest.param("gift_code", {"coupons": ("x" * 256,)}, {"coupons"}, id="long-code"),
        pytest.param("gift_code", {"days_valid": None}, {"days_valid"}, id="no-days"),
        pytest.param("gift_code", {"days_inactive": -1}, {"days_inactive"}, id="negative-days"),
        pytest.param(
            "gift_code",
            {"is_all_time_visible": False},
            {"visible_from", "visible_to"},
            id="no-visible-window",
        ),
        pytest.param(
            "gift_code",
            {"is_all_time_visible": False, "visible_from": APRIL, "visible_to": MARCH},
            {"visible_to"},
            id="CAM-14-visible-window-upside-down",
        ),
        pytest.param(
            "cashback",
            {"is_all_time_active": False, "active_from": APRIL, "active_to": MARCH},
            {"active_to"},
            id="CAM-14-active-window-upside-down",
        ),
        pytest.param("cashback", {"point_value": None}, {"point_value"}, id="no-point-value"),
        pytest.param(
            "cashback", {"cashback_provider": "unheard-of"}, {"cashback_provider"}, id="provider"
        ),
        pytest.param(
            "percentage_discount_code",
            {"transaction_percentage_value": 100},
            {"transaction_percentage_value"},
            id="all-of-it",
        ),
        pytest.param("custom_campaign_code", {"connect_type": ""}, {"connect_type"}, id="loose"),
        pytest.param(
            "custom_campaign_code", {"connect_type": "qrcode"}, {"earning_rule"}, id="no-rule"
        ),
        pytest.param(
            "gift_code",
            {"more_information_link": "javascript:alert(1)"},
            {"more_information_link"},
            id="link",
        ),
        pytest.param("gift_code", {"labels": (("a:b", "c"),)}, {"labels"}, id="CAM-18-sign"),
        pytest.param("gift_code", {"tax": 99}, {"tax"}, id="tax"),
        pytest.param("gift_code", {"reward_value": Decimal(0)}, {"reward_value"}, id="worthless"),
    ],
)
def test_refuses_what_does_not_fit_its_type(store, level, type, changes, fields):
    """§1.2."""
    data = campaign_data(type, level=level, **changes)

    assert refused(campaigns.create, store=store, data=data) == fields
    assert not RewardCampaign.objects.exists()
    assert not CouponCode.objects.exists()
    assert not AuditEntry.objects.filter(entity_type="Campaign").exists()


def test_labels_may_share_a_key(store, level):
    """CAM-18."""
    labels = (("type", "promotion"), ("type", "cashback"))

    campaign = CampaignFactory(store, level=level, labels=labels)

    assert [(label["key"], label["value"]) for label in campaign.labels] == [*labels]


def test_unlimited_and_all_time_empty_what_they_outrank(store, level):
    """CAM-12, CAM-13."""
    campaign = CampaignFactory(
        store,
        level=level,
        limit=5,
        limit_per_user=1,
        visible_from=MARCH,
        visible_to=APRIL,
        active_from=MARCH,
        active_to=APRIL,
    )

    campaign.refresh_from_db()
    assert (campaign.limit, campaign.limit_per_user) == (None, None)
    assert (campaign.visible_from, campaign.visible_to) == (None, None)
    assert (campaign.active_from, campaign.active_to) == (None, None)


def test_amounts_are_rounded_to_two_decimals(store, level):
    """CAM-15."""
    code = CampaignFactory(store, level=level, cost_in_points=Decimal("1.005"))
    cashback = CampaignFactory(store, "cashback", level=level, point_value=Decimal("0.014"))

    assert code.cost_in_points == Decimal("1.01")
    assert cashback.point_value == Decimal("0.01")


def test_an_update_replaces_everything(store, level):
    """CAM-11."""
    category = CampaignCategory.objects.create(store=store)
    campaign = CampaignFactory(
        store,
        "gift_code",
        level=level,
        labels=(("a", "b"),),
        is_featured=True,
        categories=(str(category.uuid),),
        translations={"en": TEXT, "pl": TEXT},
    )
    assert campaign.category_ids == [category.pk]

    campaigns.update(campaign=campaign, data=campaign_data(level=level, name="New"), actor=SYSTEM)

    campaign.refresh_from_db()
    assert (campaign.type, campaign.name, campaign.labels) == ("discount_code", "New", [])
    assert (campaign.is_featured, campaign.category_ids) == (False, [])
    assert [text.locale for text in campaign.translations.all()] == ["en"]
    types = ["campaign.created", "campaign.updated"]
    facts = Event.objects.filter(subject=campaign.uuid).order_by("pk")
    assert list(facts.values_list("type", flat=True)) == types


def test_target_empties_the_other_list(store, level):
    """§1.2: `target` is not stored."""
    data = campaign_data(level=level, target=Target.SEGMENT, segments=())

    assert refused(campaigns.create, store=store, data=data) == {"levels", "segments"}


def test_switching_changes_only_the_flag(store, level):
    """CAM-16."""
    campaign = CampaignFactory(store, level=level)

    campaigns.set_active(campaign=campaign, is_active=False, actor=SYSTEM)

    campaign.refresh_from_db()
    assert (campaign.is_active, campaign.is_all_time_active) == (False, True)


def test_another_store_s_level_is_no_target(store, level):
    data = campaign_data(level=LevelFactory())

    assert refused(campaigns.create, store=store, data=data) == {"levels"}


def test_without_coupons_the_pool_stays(store, level):
    data = campaign_data(level=level, coupons=("A", "B"))
    campaign = campaigns.create(store=store, data=data, actor=SYSTEM)

    campaigns.update(campaign=campaign, data=replace(data, coupons=None), actor=SYSTEM)

    assert campaign.codes.count() == 2
    assert usage.get_tally(campaign).codes == 2


def test_a_missing_text_is_read_in_the_default_language(store, level):
    """GEN-7."""
    polish = campaigns.CampaignText(name="Kawa")
    campaign = CampaignFactory(store, level=level, translations={"en": TEXT, "pl": polish})

    text = campaign.translated("pl")

    assert (text.name, text.brand_name) == ("Kawa", "Bean")
    assert campaign.translated("de").name == "Coffee"


def test_a_price_is_rounded_to_what_points_can_be(store):
    """CAM-15, PA-22."""
    whole_points(store)

    campaign = CampaignFactory(store, cost_in_points=Decimal("1.50"))

    assert campaign.cost_in_points == 2
