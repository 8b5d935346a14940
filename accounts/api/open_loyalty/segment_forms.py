"""What the calls about segments take. Source: SG-1, SG-3."""

import re
from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from accounts.api.open_loyalty.fields import Labels
from accounts.segments.criteria import CriterionData
from accounts.services.segments import SegmentData
from loyalty.core.api.forms import Amount, DateTime, Form

# Wire name → the criterion's own.
NAMES = {
    "days": "days",
    "anniversaryType": "anniversary_type",
    "fromAmount": "from_amount",
    "toAmount": "to_amount",
    "posIds": "pos_ids",
    "posId": "pos_id",
    "percent": "percent",
    "makers": "makers",
    "skuIds": "sku_ids",
    "labels": "labels",
    "fromDate": "from_date",
    "toDate": "to_date",
    "min": "min",
    "max": "max",
    "customers": "customers",
}
_DAY = re.compile(r"\s*\d{4}-\d{2}-\d{2}\s*", re.ASCII)


class LastMoment(DateTime):
    """The inclusive end of a period; a day without a time is meant whole."""

    def to_internal_value(self, data: Any) -> datetime:
        moment = super().to_internal_value(data)
        if _DAY.fullmatch(str(data)):
            return moment + timedelta(days=1) - timedelta(microseconds=1)
        return moment


class Texts(serializers.ListField):
    child = serializers.CharField()


class CriterionForm(Form):
    """One criterion: its type, and the inputs of that type."""

    type = serializers.CharField()
    days = serializers.IntegerField(required=False)
    anniversaryType = serializers.CharField(required=False, source="anniversary_type")
    fromAmount = Amount(decimal_places=4, required=False, source="from_amount")
    toAmount = Amount(decimal_places=4, required=False, source="to_amount")
    posIds = Texts(required=False, source="pos_ids")
    posId = serializers.CharField(required=False, source="pos_id")
    percent = Amount(decimal_places=4, required=False)
    makers = Texts(required=False)
    skuIds = Texts(required=False, source="sku_ids")
    labels = Labels(required=False)
    fromDate = DateTime(required=False, source="from_date")
    toDate = LastMoment(required=False, source="to_date")
    min = serializers.IntegerField(required=False)
    max = serializers.IntegerField(required=False)
    customers = Texts(required=False)


class PartForm(Form):
    criteria = CriterionForm(many=True)


class SegmentForm(Form):
    """A whole segment, as it is created and replaced."""

    name = serializers.CharField()
    active = serializers.BooleanField(required=False, source="is_active")
    description = serializers.CharField(required=False, allow_blank=True)
    parts = PartForm(many=True)


def segment_data(values: dict[str, Any]) -> SegmentData:
    """Turn a checked `SegmentForm` into the command's argument. Without `active` it is off."""
    return SegmentData(
        name=values["name"],
        description=values.get("description", ""),
        is_active=values.get("is_active", False),
        parts=[
            [_criterion_data(criterion) for criterion in part["criteria"]]
            for part in values["parts"]
        ],
    )


def _criterion_data(values: dict[str, Any]) -> CriterionData:
    given = {name: value for name, value in values.items() if name != "type"}
    return CriterionData(values["type"], given)
