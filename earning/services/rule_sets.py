"""
A store's active rules, compiled: read once per process, and again when one has changed.

`Store.rules_version` tells: the query that reads a request's store brings it along, so that a warm
process prices a purchase without asking the database for a rule.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from accounts.ledger.models import PointType
from earning import engine
from earning.models import LIMITED_TYPES, PURCHASE_TYPES, EarningRule, RuleType
from earning.services import rules
from loyalty.core.models import Store

# Stores whose rules one process keeps; the one that was asked for longest ago goes first.
STORES_MAX = 1024
# What the engine pays one customer for beside purchases.
OCCASION_TYPES = (RuleType.EVENT, *LIMITED_TYPES)


@dataclass(frozen=True, slots=True)
class StoreRules:
    """`decimals`: of the store's default point type, which the rules pay in."""

    rules: engine.RuleSet
    occasions: engine.OccasionSet
    referrals: engine.ReferralSet
    decimals: int


def get_rules(store: Store) -> StoreRules:
    """
    Return the store's active rules as of its `rules_version`.

    Two queries after a change, whatever the number of rules; none otherwise.
    """
    with _lock:
        cached = _cache.get(store.pk)
        if cached is not None and cached[0] == store.rules_version:
            _cache.move_to_end(store.pk)
            return cached[1]
    # Outside the lock: two threads may compile the same rules, none waits for the other's database.
    rules = _read(store)
    with _lock:
        _cache[store.pk] = (store.rules_version, rules)
        _cache.move_to_end(store.pk)
        while len(_cache) > STORES_MAX:
            _cache.popitem(last=False)
    return rules


_lock = threading.Lock()
_cache: OrderedDict[int, tuple[int, StoreRules]] = OrderedDict()


def _read(store: Store) -> StoreRules:
    rows = list(with_targets(EarningRule.objects.in_store(store).filter(is_active=True)))
    point_types = PointType.objects.in_store(store).filter(is_default=True)
    return StoreRules(
        rules=engine.compile_rules(to_engine(row) for row in rows if row.type in PURCHASE_TYPES),
        occasions=engine.compile_occasions(
            occasion_to_engine(row) for row in rows if row.type in OCCASION_TYPES
        ),
        referrals=engine.compile_referrals(
            referral_to_engine(row) for row in rows if row.type == RuleType.REFERRAL
        ),
        decimals=point_types.values_list("decimals", flat=True).get(),
    )


def with_targets(rules: "QuerySet[EarningRule]") -> "QuerySet[Any]":
    """Read rules together with the ids of their levels, segments and POS, in one query."""
    return rules.select_related("reward_campaign").annotate(
        level_ids=_ids(EarningRule.levels.through, "level_id"),
        segment_ids=_ids(EarningRule.segments.through, "segment_id"),
        pos_ids=_ids(EarningRule.pos.through, "pos_id"),
    )


def _ids(through: Any, column: str) -> ArraySubquery:
    return ArraySubquery(through.objects.filter(earningrule_id=OuterRef("pk")).values(column))


def to_engine(row: Any) -> engine.Rule:
    """Translate a row of `with_targets` that is about purchases for the engine."""
    return engine.Rule(
        effect=effect_of(row), is_last_executed=row.is_last_executed, **_scope_of(row)
    )


def occasion_to_engine(row: Any) -> engine.OccasionRule:
    """Translate a row of `with_targets` that is about anything else for the engine."""
    return engine.OccasionRule(grant=grant_of(row), limit=limit_of(row), **_scope_of(row))


def referral_to_engine(row: Any) -> engine.ReferralRule:
    """Translate a row of `with_targets` that is about invitations for the engine."""
    return engine.ReferralRule(
        points=row.points_amount,
        event=row.event_name,
        rewarded=engine.Rewarded(row.reward_type),
        **_scope_of(row),
    )


def _scope_of(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "uuid": str(row.uuid),
        "name": row.name,
        "type": row.type,
        "edited_at": row.edited_at,
        "level_ids": frozenset(row.level_ids),
        "segment_ids": frozenset(row.segment_ids),
        "is_for_everybody": rules.is_for_everybody(row.type, row.event_name),
        "pos_ids": frozenset(row.pos_ids),
        "is_active": row.is_active,
        "starts_at": None if row.is_all_time_active else row.start_at,
        "ends_at": None if row.is_all_time_active else row.end_at,
    }


def grant_of(rule: EarningRule) -> engine.Grant:
    """Return what a rule pays beside purchases, and for what."""
    points = rule.points_amount
    assert points is not None
    match RuleType(rule.type):
        case RuleType.QRCODE:
            return engine.EarnByCode(points=points, code=rule.code)
        case RuleType.GEOLOCATION:
            assert rule.latitude is not None
            assert rule.longitude is not None
            assert rule.radius is not None
            return engine.EarnNearby(
                points=points,
                latitude=rule.latitude,
                longitude=rule.longitude,
                radius=rule.radius,
            )
        case type:
            assert type in {RuleType.EVENT, RuleType.CUSTOM_EVENT}, f"{type=}"
            is_custom = type is RuleType.CUSTOM_EVENT
            return engine.EarnOnEvent(points=points, event=rule.event_name, is_custom=is_custom)


def limit_of(rule: EarningRule) -> engine.Limit | None:
    if not rule.limit_is_active or rule.type not in LIMITED_TYPES:
        return None
    assert rule.limit_uses is not None
    return engine.Limit(period=engine.Period(rule.limit_period), uses=rule.limit_uses)


def effect_of(rule: EarningRule) -> engine.Effect:
    """Return what a rule does to the lines of a purchase."""
    match RuleType(rule.type):
        case RuleType.POINTS:
            return _by_value(rule)
        case RuleType.MULTIPLY_FOR_PRODUCT:
            assert rule.multiplier is not None
            return engine.Multiply(
                factor=rule.multiplier, skus=frozenset(rule.sku_ids), labels=_labels(rule.labels)
            )
        case RuleType.MULTIPLY_BY_PRODUCT_LABELS:
            return engine.MultiplyByLabels(
                factors=tuple(
                    ((entry["key"], entry["value"]), Decimal(entry["multiplier"]))
                    for entry in rule.label_multipliers
                )
            )
        case RuleType.PRODUCT_PURCHASE:
            assert rule.points_amount is not None
            return engine.EarnPerLine(points=rule.points_amount, skus=frozenset(rule.sku_ids))
        case RuleType.INSTANT_REWARD:
            campaign = rule.reward_campaign
            assert campaign is not None
            return engine.HandOut(campaign_uuid=str(campaign.uuid))
        case type:
            raise AssertionError(f"{type=} is not about purchases")


def _by_value(rule: EarningRule) -> engine.EarnByValue:
    assert rule.point_value is not None
    return engine.EarnByValue(
        rate=rule.point_value,
        excluded_skus=frozenset(rule.excluded_skus),
        label_mode=engine.LabelMode(rule.inclusion_type),
        included_labels=_labels(rule.included_labels),
        excluded_labels=_labels(rule.excluded_labels),
        excludes_delivery=rule.excludes_delivery_cost,
        order_value_min=rule.min_order_value or Decimal(0),
    )


def _labels(entries: list[Mapping[str, str]]) -> frozenset[engine.Label]:
    return frozenset((entry["key"], entry["value"]) for entry in entries)
