"""How the chapter Earning rule prints a rule."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from earning.models import EarningRule, RuleType
from earning.services.rules import COLUMNS
from loyalty.core.api import formats
from loyalty.core.models import Store

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
}


class Rows:
    """
    Prints the rules of one store; needs what `selectors.rules` prefetches.

    The reference prints event rules only. Its keys are all there for every type: a rule without an
    event has an empty `eventName`, one without a fixed amount 0 as `pointsAmount`.
    """

    def __init__(self, store: Store, locale: str) -> None:
        self.store = store
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
            # Uses are counted where a rule has a limit.
            "usages": [],
            "eventName": "",
            "pointsAmount": 0,
            "limit": {},
            "type": rule.type,
            "hasPhoto": bool(rule.photo),
            # Where a custom event is reported.
            "usageUrl": None,
            "segmentNames": _named((row.uuid, row.name) for row in segments),
            "levelNames": _named((row.uuid, row.translated(self.locale)[0]) for row in levels),
            "pos": [str(row.uuid) for row in pos],
            "posNames": _named((row.uuid, row.name) for row in pos),
            "lastExecutedRule": rule.is_last_executed,
            **self._own(rule),
        }

    def for_customer(self, rule: EarningRule) -> dict[str, Any]:
        row = self(rule)
        del row["hasPhoto"]
        return row

    def _own(self, rule: EarningRule) -> dict[str, Any]:
        """Return what only this rule's type has."""
        columns = COLUMNS[RuleType(rule.type)]
        own = {KEYS[column]: _printed(column, getattr(rule, column)) for column in columns}
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
    if column == "label_multipliers":
        return [row | {"multiplier": formats.number(Decimal(row["multiplier"]))} for row in value]
    return value
