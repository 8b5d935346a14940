"""Earning rules, as rows and as plain data for the engine."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Level
from earning import engine
from earning.models import EarningRule, RuleType
from loyalty.core.services import stores
from tests.factories.campaigns import CampaignFactory
from tests.factories.core import StoreFactory

_numbers = itertools.count(1)

BOUGHT_AT = datetime(2026, 3, 14, 12, tzinfo=UTC)
LEVEL_ID = 7

_OWN_FIELDS: dict[RuleType, dict[str, Any]] = {
    RuleType.POINTS: {"point_value": Decimal("1.00")},
    RuleType.MULTIPLY_FOR_PRODUCT: {"multiplier": Decimal("2.00"), "sku_ids": ["SKU123"]},
    RuleType.MULTIPLY_BY_PRODUCT_LABELS: {
        "label_multipliers": [{"key": "color", "value": "red", "multiplier": "2.00"}]
    },
    RuleType.PRODUCT_PURCHASE: {"points_amount": Decimal("10.00"), "sku_ids": ["SKU123"]},
    RuleType.EVENT: {
        "points_amount": Decimal("10.00"),
        "event_name": "oloy.customer.logged_in",
    },
    RuleType.CUSTOM_EVENT: {"points_amount": Decimal("10.00"), "event_name": "facebook_like"},
    RuleType.QRCODE: {"points_amount": Decimal("10.00"), "code": "abccode"},
    RuleType.GEOLOCATION: {
        "points_amount": Decimal("10.00"),
        "latitude": Decimal("52.23000"),
        "longitude": Decimal("21.01000"),
        "radius": Decimal("5.00"),
    },
    RuleType.REFERRAL: {
        "points_amount": Decimal("10.00"),
        "event_name": "register",
        "reward_type": "both",
    },
    RuleType.INSTANT_REWARD: {},
}


def EarningRuleFactory(
    *, levels: Any = None, segments: Any = (), pos: Any = (), **fields: Any
) -> EarningRule:
    """
    Store a rule that pays one point per unit of money to all the store's levels.

    A later rule was edited later.
    """
    number = next(_numbers)
    fields.setdefault("store", None)
    store = fields["store"] = fields["store"] or StoreFactory()
    own_fields = _OWN_FIELDS[fields.setdefault("type", RuleType.POINTS)]
    if fields["type"] == RuleType.INSTANT_REWARD:
        fields.setdefault("reward_campaign", CampaignFactory(store))
    defaults = {
        "name": f"Rule {number}",
        "description": "What it pays for.",
        "edited_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
        **own_fields,
    }
    rule = EarningRule.objects.create(**defaults | fields)
    if levels is None and not segments and rule.event_name != "oloy.account.created":
        levels = Level.objects.in_store(store)
    rule.levels.set(levels or ())
    rule.segments.set(segments)
    rule.pos.set(pos)
    stores.touch_rules(store.pk)
    store.refresh_from_db(fields=["rules_version"])
    return rule


def engine_rule(effect: engine.Effect, **fields: Any) -> engine.Rule:
    """Return a rule for everybody on level 7. A later rule was edited earlier, and runs later."""
    number = next(_numbers)
    defaults = {
        "id": number,
        "uuid": str(number),
        "name": f"Rule {number}",
        "type": type(effect).__name__,
        "edited_at": datetime(2026, 1, 1, tzinfo=UTC) - timedelta(minutes=number),
        "level_ids": frozenset({LEVEL_ID}),
    }
    return engine.Rule(effect=effect, **defaults | fields)


def occasion_rule(grant: engine.Grant, **fields: Any) -> engine.OccasionRule:
    """Return a rule for everybody on level 7. A later rule was edited earlier."""
    number = next(_numbers)
    defaults = {
        "id": number,
        "uuid": str(number),
        "name": f"Rule {number}",
        "type": type(grant).__name__,
        "edited_at": datetime(2026, 1, 1, tzinfo=UTC) - timedelta(minutes=number),
        "level_ids": frozenset({LEVEL_ID}),
    }
    return engine.OccasionRule(grant=grant, **defaults | fields)


def engine_line(sku: str, value: str, *labels: str) -> engine.Line:
    """Return a line; labels are written `key:value`."""
    pairs = frozenset(engine_label(label) for label in labels)
    return engine.Line(sku=sku, gross_value=Decimal(value), labels=pairs)


def engine_label(text: str) -> engine.Label:
    key, _, value = text.partition(":")
    return key, value


def engine_context(*lines: engine.Line, **fields: Any) -> engine.Context:
    """
    Return the question of an active customer on level 7, bought at no POS.

    `fields`: of the context, the customer or the purchase, as they come.
    """
    customer = {"level_id": LEVEL_ID} | _take(fields, "level_id", "segment_ids", "status")
    purchase = {"purchased_at": BOUGHT_AT} | _take(
        fields, "purchased_at", "pos_id", "delivery_skus"
    )
    return engine.Context(
        purchase=engine.Purchase(lines=lines, **purchase),
        customer=engine.CustomerFacts(**customer),
        **fields,
    )


def _take(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields.pop(name) for name in names if name in fields}


def referral_rule(
    rewarded: engine.Rewarded, points: Any, *, event: str = "register", **fields: Any
) -> engine.ReferralRule:
    """Return a rule for everybody on level 7. A later rule was edited earlier."""
    number = next(_numbers)
    defaults = {
        "id": number,
        "uuid": str(number),
        "name": f"Rule {number}",
        "type": "referral",
        "edited_at": datetime(2026, 1, 1, tzinfo=UTC) - timedelta(minutes=number),
        "level_ids": frozenset({LEVEL_ID}),
    }
    return engine.ReferralRule(
        rewarded=rewarded, points=Decimal(points), event=event, **defaults | fields
    )
