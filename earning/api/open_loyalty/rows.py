"""How the chapter Earning rule prints a rule."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from campaigns.models import RewardCampaign
from earning.models import LIMITED_TYPES, EarningRule, RuleType, RuleUse
from earning.services.rule_data import COLUMNS, LIMIT
from loyalty.core.api import formats
from loyalty.core.models import Store
from loyalty.core.models.store import DEFAULT_STORE_CODE

# The columns of the single types, by the key that they are printed under.
KEYS = {
    "point_value": "pointValue",
    "excluded_skus": "excludedSKUs",
    "inclusion_type": "inclusionType",
    "included_labels": "includedLabels",
    "excluded_labels": "excludedLabels",
    "excludes_delivery_cost": "excludeDeliveryCost",
    "min_order_value": "minOrderValue",
    "sku_ids": "skuIds",
    "labels": "labels",
    "multiplier": "multiplier",
    "label_multipliers": "labelMultipliers",
    "points_amount": "pointsAmount",
    "event_name": "eventName",
    "reward_type": "rewardType",
    "reward_campaign": "rewardCampaignId",
    "code": "code",
    "latitude": "latitude",
    "longitude": "longitude",
    "radius": "radius",
}


class Rows:
    """
    Prints the rules of one store; needs what `selectors.rules` prefetches.

    The reference prints event rules only. Its keys are all there for every type: a rule without an
    event has an empty `eventName`, one without a fixed amount 0 as `pointsAmount`.
    """

    def __init__(self, store: Store, locale: str, api_root: str) -> None:
        """`api_root`: where the API stands, as the caller sees it, with a slash at the end."""
        self.store = store
        self.api_root = api_root
        self.zone = store.zone
        self.locale = locale

    def __call__(self, rule: EarningRule) -> dict[str, Any]:
        levels, segments, pos = rule.levels.all(), rule.segments.all(), rule.pos.all()
        return {
            "levels": [str(level.uuid) for level in levels],
            "segments": [str(segment.uuid) for segment in segments],
            "earningRuleId": str(rule.uuid),
            "name": rule.name,
            "description": rule.description,
            "active": rule.is_active,
            "startAt": formats.date_time(rule.start_at, self.zone),
            "endAt": formats.date_time(rule.end_at, self.zone),
            "allTimeActive": rule.is_all_time_active,
            # Uses are each customer's own: only they see theirs.
            "usages": [],
            "eventName": "",
            "pointsAmount": 0,
            "limit": self._limit(rule),
            "type": rule.type,
            "hasPhoto": bool(rule.photo),
            "usageUrl": self._usage_url(rule),
            "segmentNames": _named((row.uuid, row.name) for row in segments),
            "levelNames": _named((row.uuid, row.translated(self.locale)[0]) for row in levels),
            "pos": [str(row.uuid) for row in pos],
            "posNames": _named((row.uuid, row.name) for row in pos),
            "lastExecutedRule": rule.is_last_executed,
            **self._own(rule),
        }

    def for_customer(self, rule: EarningRule, uses: Iterable[RuleUse] = ()) -> dict[str, Any]:
        """`uses`: the customer's own, that count towards the rule's limit."""
        row = self(rule)
        del row["hasPhoto"]
        row["usages"] = [
            {
                "date": formats.date_time(use.used_at, self.zone),
                "points": formats.number(use.points),
            }
            for use in uses
        ]
        return row

    def _limit(self, rule: EarningRule) -> dict[str, Any]:
        if rule.type not in LIMITED_TYPES:
            return {}
        if not rule.limit_is_active:
            return {"active": False}
        return {"active": True, "period": rule.limit_period, "limit": rule.limit_uses}

    def _usage_url(self, rule: EarningRule) -> str | None:
        """Return where a custom event is reported; the default store needs no code there."""
        if rule.type != RuleType.CUSTOM_EVENT:
            return None
        store = "" if self.store.code == DEFAULT_STORE_CODE else f"{self.store.code}/"
        event = quote(rule.event_name, safe="")
        return f"{self.api_root}{store}v1/earnRule/{event}/customer/:customerId"

    def _own(self, rule: EarningRule) -> dict[str, Any]:
        """Return what only this rule's type has."""
        columns = COLUMNS[RuleType(rule.type)]
        own = {
            KEYS[column]: _printed(column, getattr(rule, column))
            for column in columns
            if column not in LIMIT
        }
        if "inclusionType" in own:
            # Under its name of release 3.x, too.
            own["labelsInclusionType"] = own["inclusionType"]
        return own


def _named(names: Iterable[tuple[Any, str]]) -> dict[str, str] | list[str]:
    """Return a map of id to name; an empty one is printed as []."""
    return {str(uuid): name for uuid, name in names} or []


def _printed(column: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return formats.number(value)
    if isinstance(value, RewardCampaign):
        return str(value.uuid)
    if column == "label_multipliers":
        return [row | {"multiplier": formats.number(Decimal(row["multiplier"]))} for row in value]
    return value
