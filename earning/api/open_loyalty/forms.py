"""What the chapter Earning rule takes. Source: ER-1, ER-2."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts.api.open_loyalty.fields import Labels
from accounts.audience import Target
from earning.models import InclusionType, LimitPeriod, RuleType
from earning.services.rule_data import LabelMultiplier, Limit, RuleData
from earning.services.rule_validation import LATITUDE_MAX, LONGITUDE_MAX, TEXT_MAX
from loyalty.core.api.forms import Amount, DateTime, Form

# How the reference's own example misspells a value.
SLIPS = {"exlude_labels": InclusionType.EXCLUDE.value}
# How release 3.x writes the periods of limits.
PERIODS = {
    "3 months": LimitPeriod.QUARTER.value,
    "6 months": LimitPeriod.HALF_YEAR.value,
    "1 year": LimitPeriod.YEAR.value,
}
# What clients send for an empty list; the reference prints `segments=[+]`.
EMPTY_LISTS = {"[ ]", "[+]", "[]"}


class Texts(serializers.ListField):
    """A list of texts; also written as one text, parted by semicolons."""

    child = serializers.CharField(trim_whitespace=True)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, str):
            text = data.strip()
            data = [] if text in EMPTY_LISTS else [part for part in text.split(";") if part.strip()]
        return super().to_internal_value(data)


class Inclusion(serializers.ChoiceField):
    """Which of the two label lists counts."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(SLIPS.get(data, data) if isinstance(data, str) else data)


class Switch(serializers.BooleanField):
    """A flag that is also written `active` or `inactive`."""

    TRUE_VALUES = serializers.BooleanField.TRUE_VALUES | {"active"}
    FALSE_VALUES = serializers.BooleanField.FALSE_VALUES | {"inactive"}


class Degrees(serializers.DecimalField):
    """A latitude or longitude; how far and how exact is the command's to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=None, decimal_places=None, **options)


class LimitPeriodField(serializers.CharField):
    """A calendar period, in the words of release 4.x or 3.x."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return PERIODS.get(text, text)


class LimitForm(Form):
    active = serializers.BooleanField(required=False, default=False, source="is_active")
    period = LimitPeriodField(required=False, default="")
    limit = serializers.IntegerField(required=False, default=None, source="uses")


class LabelMultiplierForm(Form):
    key = serializers.CharField(required=False, default="")
    value = serializers.CharField(required=False, default="")
    multiplier = Amount(required=False, default=None, allow_null=True)


def _type(*, required: bool) -> serializers.ChoiceField:
    known = ", ".join(RuleType.values)
    return serializers.ChoiceField(
        RuleType.choices,
        required=required,
        error_messages={"invalid_choice": f"There are no rules of this type, only: {known}."},
    )


class EditForm(Form):
    """A whole rule. What other types need may come along, and is ignored."""

    type = _type(required=False)
    name = serializers.CharField(required=False, default="")
    description = serializers.CharField(required=False, default="")
    active = serializers.BooleanField(required=False, source="is_active")
    allTimeActive = serializers.BooleanField(required=False, source="is_all_time_active")
    startAt = DateTime(required=False, source="start_at")
    endAt = DateTime(required=False, source="end_at")
    target = serializers.ChoiceField([target.value for target in Target], required=False)
    levels = Texts(required=False)
    segments = Texts(required=False)
    pos = Texts(required=False)
    lastExecutedRule = serializers.BooleanField(required=False, source="is_last_executed")
    pointValue = Amount(required=False, source="point_value")
    excludedSKUs = Texts(required=False, source="excluded_skus")
    inclusionType = Inclusion(InclusionType.choices, required=False, source="inclusion_type")
    # The same under its name of release 3.x.
    labelsInclusionType = Inclusion(InclusionType.choices, required=False)
    includedLabels = Labels(required=False, source="included_labels")
    excludedLabels = Labels(required=False, source="excluded_labels")
    excludeDeliveryCost = serializers.BooleanField(required=False, source="excludes_delivery_cost")
    minOrderValue = Amount(required=False, source="min_order_value")
    skuIds = Texts(required=False, source="sku_ids")
    labels = Labels(required=False)
    multiplier = Amount(required=False)
    labelMultipliers = LabelMultiplierForm(many=True, required=False, source="label_multipliers")
    pointsAmount = Amount(required=False, source="points_amount")
    eventName = serializers.CharField(required=False, source="event_name")
    rewardType = serializers.CharField(required=False, source="reward_type")
    rewardCampaignId = serializers.CharField(required=False, source="reward_campaign")
    code = serializers.CharField(required=False)
    latitude = Degrees(required=False)
    longitude = Degrees(required=False)
    radius = Amount(required=False)
    limit = LimitForm(required=False)


class CreateForm(EditForm):
    type = _type(required=True)


class ScanForm(Form):
    code = serializers.CharField(max_length=TEXT_MAX)
    earningRuleId = serializers.UUIDField(required=False, source="rule_uuid")


class VisitForm(Form):
    latitude = Degrees(min_value=-LATITUDE_MAX, max_value=LATITUDE_MAX)
    longitude = Degrees(min_value=-LONGITUDE_MAX, max_value=LONGITUDE_MAX)
    earningRuleId = serializers.UUIDField(required=False, source="rule_uuid")


class ActiveForm(Form):
    active = Switch(source="is_active")


class PhotoForm(Form):
    file = serializers.FileField()


def data_of(values: Mapping[str, Any]) -> RuleData:
    """Translate a checked form for the command; what was left out has the command's default."""
    given = dict(values)
    given.pop("type", None)
    if "labelsInclusionType" in given:
        given.setdefault("inclusion_type", given.pop("labelsInclusionType"))
        given.pop("labelsInclusionType", None)
    if "inclusion_type" in given:
        given["inclusion_type"] = InclusionType(given["inclusion_type"])
    if "target" in given:
        given["target"] = Target(given["target"])
    # Left out, a rule with dates is meant to keep to them.
    given.setdefault("is_all_time_active", "start_at" not in given and "end_at" not in given)
    for name in ("levels", "segments", "pos", "excluded_skus", "sku_ids"):
        if name in given:
            given[name] = tuple(given[name])
    for name in ("labels", "included_labels", "excluded_labels"):
        if name in given:
            given[name] = tuple((label["key"], label["value"]) for label in given[name])
    if "limit" in given:
        given["limit"] = Limit(**given["limit"])
    if "label_multipliers" in given:
        given["label_multipliers"] = tuple(
            LabelMultiplier(**row) for row in given["label_multipliers"]
        )
    return RuleData(**given)
