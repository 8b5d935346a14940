"""What the calls about reward campaigns take. Source: §1.2 of the campaigns' specification."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts.api.open_loyalty.fields import Labels
from accounts.audience import Target
from campaigns.api.open_loyalty.long_lists import CodesField
from campaigns.api.open_loyalty.translations import NameField, TranslatedForm, TranslationsForm
from campaigns.models import DEFAULT_LOCALE, RewardCampaign, RewardType
from campaigns.services.campaign_data import CampaignData, CampaignText
from loyalty.core.api.forms import Amount, DateTime, Form


class Texts(serializers.ListField):
    child = serializers.CharField()


class Money(Amount):
    """An amount that is rounded on save, or refused there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(decimal_places=6, required=False, allow_null=True, **options)


class Whole(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)


class Flag(serializers.BooleanField):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)


class CampaignTextForm(Form):
    name = NameField()
    shortDescription = NameField(source="short_description")
    conditionsDescription = NameField(source="conditions_description")
    usageInstruction = NameField(source="usage_instruction")
    brandName = NameField(source="brand_name")
    brandDescription = NameField(source="brand_description")


class CampaignTextsForm(TranslationsForm):
    child_form = CampaignTextForm


class VisibilityForm(Form):
    allTimeVisible = Flag(source="is_all_time_visible")
    visibleFrom = DateTime(required=False, allow_null=True, source="visible_from")
    visibleTo = DateTime(required=False, allow_null=True, source="visible_to")


class ActivityForm(Form):
    allTimeActive = Flag(source="is_all_time_active")
    activeFrom = DateTime(required=False, allow_null=True, source="active_from")
    activeTo = DateTime(required=False, allow_null=True, source="active_to")


class CampaignForm(TranslatedForm):
    """
    A whole reward campaign, as it is created and replaced.

    Which fields a kind of reward needs is told by the answer to what lacks them. Without `coupons`
    a pool stays as it is.
    """

    reward = serializers.ChoiceField(choices=RewardType.choices, source="type")
    translations = CampaignTextsForm()
    active = serializers.BooleanField(source="is_active")
    categories = Texts(required=False)
    pushNotificationText = NameField(source="push_notification_text")
    moreInformationLink = NameField(source="more_information_link")
    labels = Labels(required=False)
    featured = Flag(source="is_featured")
    public = Flag(source="is_public")
    rewardValue = Money(source="reward_value")
    tax = Whole()
    taxPriceValue = Money(source="tax_price_value")
    costInPoints = Money(source="cost_in_points")
    pointValue = Money(source="point_value")
    cashbackProvider = NameField(source="cashback_provider")
    transactionPercentageValue = Whole(source="transaction_percentage_value")
    target = serializers.ChoiceField(choices=[each.value for each in Target], required=False)
    levels = Texts(required=False)
    segments = Texts(required=False)
    unlimited = Flag(source="is_unlimited")
    singleCoupon = Flag(source="is_single_coupon")
    limit = Whole()
    limitPerUser = Whole(source="limit_per_user")
    coupons = Texts(required=False)
    daysInactive = Whole(source="days_inactive")
    daysValid = Whole(source="days_valid")
    campaignVisibility = VisibilityForm(required=False, source="*")
    campaignActivity = ActivityForm(required=False, source="*")
    fulfillmentTracking = Flag(source="has_fulfillment_tracking")
    connectType = NameField(source="connect_type")
    earningRuleId = NameField(source="earning_rule")
    # Our own: tell staff when fewer free codes than that are left.
    lowStockThreshold = serializers.IntegerField(required=False, source="low_stock_threshold")

    def to_internal_value(self, data: Any) -> Any:
        """As ever; the kind may also stand where the reference's example prints it."""
        if isinstance(data, Mapping) and not data.get("reward"):
            texts = data.get("translations")
            text = texts.get(DEFAULT_LOCALE) if isinstance(texts, Mapping) else None
            if isinstance(text, Mapping) and text.get("reward"):
                data = {**data, "reward": text["reward"]}
        return super().to_internal_value(data)


def campaign_data(values: dict[str, Any], *, besides: RewardCampaign | None = None) -> CampaignData:
    """
    Turn a checked `CampaignForm` into the command's argument; what is left out is empty (CAM-11).

    `besides`: the campaign that is replaced; what the reference does not know stays as it has it.
    """
    known = dict(values)
    known["translations"] = {
        locale: CampaignText(**{name: text.strip() for name, text in texts.items()})
        for locale, texts in values["translations"].items()
    }
    known["labels"] = tuple((each["key"], each["value"]) for each in values.get("labels", ()))
    known["target"] = Target(values["target"]) if values.get("target") else None
    for name in ("categories", "levels", "segments"):
        known[name] = tuple(values.get(name, ()))
    if (codes := values.get("coupons")) is not None:
        known["coupons"] = tuple(codes)
    if besides is not None:
        known.setdefault("low_stock_threshold", besides.low_stock_threshold)
    return CampaignData(**known)


class PhotoForm(Form):
    file = serializers.FileField()


class CodesForm(Form):
    """`coupons`: codes; `append`: add them to the pool, instead of putting them in its place."""

    coupons = CodesField()
    append = Flag(source="is_appended")
