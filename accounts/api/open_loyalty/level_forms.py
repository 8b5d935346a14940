"""What the calls about levels take. Source: LV 4.1."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.services.levels import LevelData, LevelText, SpecialRewardData
from loyalty.core.api.forms import Amount, DateTime, Form

PERCENT_MAX = Decimal(99_900)


class Percent(Amount):
    """A percentage; 15 becomes the fraction 0.15."""

    def __init__(self, **options: Any) -> None:
        super().__init__(decimal_places=4, min_value=0, max_value=PERCENT_MAX, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        return super().to_internal_value(data) / 100


class TextForm(Form):
    name = serializers.CharField(required=False, allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)


class RewardForm(Form):
    name = serializers.CharField()
    value = Percent()
    code = serializers.CharField()


class SpecialRewardForm(Form):
    active = serializers.BooleanField(required=False)
    code = serializers.CharField()
    name = serializers.CharField()
    startAt = DateTime(required=False, allow_null=True)
    endAt = DateTime(required=False, allow_null=True)
    value = Percent()


class LevelForm(Form):
    """A whole level, as it is created and replaced."""

    translations = serializers.DictField(child=TextForm())
    active = serializers.BooleanField(required=False, source="is_active")
    conditionValue = Amount(decimal_places=4, min_value=0, source="condition_value")
    minOrder = Amount(
        decimal_places=4, min_value=0, required=False, allow_null=True, source="min_order"
    )
    reward = RewardForm()
    specialRewards = SpecialRewardForm(many=True, required=False, source="special_rewards")


class LevelActiveForm(Form):
    active = serializers.BooleanField(source="is_active")


class PhotoForm(Form):
    file = serializers.FileField()


def level_data(values: dict[str, Any]) -> LevelData:
    """Turn a checked `LevelForm` into the command's argument. Without `active` a level is off."""
    return LevelData(
        translations={
            locale: LevelText(
                name=text.get("name", "").strip(), description=text.get("description", "").strip()
            )
            for locale, text in values["translations"].items()
        },
        condition_value=values["condition_value"],
        is_active=values.get("is_active", False),
        min_order=values.get("min_order"),
        reward_name=values["reward"]["name"],
        reward_value=values["reward"]["value"],
        reward_code=values["reward"]["code"],
        special_rewards=tuple(
            SpecialRewardData(
                name=reward["name"],
                value=reward["value"],
                code=reward["code"],
                is_active=reward.get("active", False),
                start_at=reward.get("startAt"),
                end_at=reward.get("endAt"),
            )
            for reward in values.get("special_rewards", ())
        ),
    )
