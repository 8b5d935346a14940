"""What a whole earning rule says, and which columns each type has. Source: ER 3.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.audience import Target
from earning import engine
from earning.models import InclusionType, RuleType


@dataclass(frozen=True)
class LabelMultiplier:
    """One row of `multiply_by_product_labels`. None: the caller sent no number."""

    key: str
    value: str
    multiplier: Decimal | None


@dataclass(frozen=True)
class Limit:
    """How often one customer may use a rule. `uses` None: the caller sent no number."""

    is_active: bool = False
    period: str = ""
    uses: int | None = None


NO_LIMIT = Limit()


@dataclass(frozen=True, kw_only=True)
class RuleData:
    """
    A whole rule but its type. What other types need is ignored.

    `levels`, `segments`, `pos`: uuids as the caller wrote them. `target`: empties the list that it
    does not name (ER-1). `is_active` None: as it is; a new rule is active.
    """

    name: str
    description: str
    is_active: bool | None = None
    is_all_time_active: bool = True
    start_at: datetime | None = None
    end_at: datetime | None = None
    target: Target | None = None
    levels: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    pos: tuple[str, ...] = ()
    is_last_executed: bool = False

    point_value: Decimal | None = None
    excluded_skus: tuple[str, ...] = ()
    inclusion_type: InclusionType = InclusionType.EXCLUDE
    included_labels: tuple[engine.Label, ...] = ()
    excluded_labels: tuple[engine.Label, ...] = ()
    excludes_delivery_cost: bool = True
    min_order_value: Decimal | None = None
    sku_ids: tuple[str, ...] = ()
    labels: tuple[engine.Label, ...] = ()
    multiplier: Decimal | None = None
    label_multipliers: tuple[LabelMultiplier, ...] = ()
    points_amount: Decimal | None = None
    event_name: str = ""
    reward_type: str = ""
    code: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    radius: Decimal | None = None
    limit: Limit = NO_LIMIT
    reward_campaign: str = ""

    @property
    def limit_is_active(self) -> bool:
        return self.limit.is_active

    @property
    def limit_period(self) -> str:
        return self.limit.period

    @property
    def limit_uses(self) -> int | None:
        return self.limit.uses


LIMIT = ("limit_is_active", "limit_period", "limit_uses")
# The columns that a type has of its own. Those of other types stay empty.
COLUMNS: Mapping[RuleType, tuple[str, ...]] = {
    RuleType.POINTS: (
        "point_value",
        "excluded_skus",
        "inclusion_type",
        "included_labels",
        "excluded_labels",
        "excludes_delivery_cost",
        "min_order_value",
    ),
    RuleType.MULTIPLY_FOR_PRODUCT: ("sku_ids", "labels", "multiplier"),
    RuleType.MULTIPLY_BY_PRODUCT_LABELS: ("label_multipliers",),
    RuleType.PRODUCT_PURCHASE: ("sku_ids", "points_amount"),
    RuleType.EVENT: ("event_name", "points_amount"),
    RuleType.CUSTOM_EVENT: ("event_name", "points_amount", *LIMIT),
    RuleType.QRCODE: ("code", "points_amount", *LIMIT),
    RuleType.GEOLOCATION: ("latitude", "longitude", "radius", "points_amount", *LIMIT),
    RuleType.REFERRAL: ("event_name", "reward_type", "points_amount"),
    RuleType.INSTANT_REWARD: ("reward_campaign",),
}
