"""Earning rules as plain data: what the engine compiles."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from earning.engine.facts import Label
from earning.engine.windows import Period


class LabelMode(StrEnum):
    """Which of a rule's label lists decides about a line."""

    IGNORE = "none_labels"
    INCLUDE = "include_labels"
    EXCLUDE = "exclude_labels"


@dataclass(frozen=True, slots=True)
class EarnByValue:
    """`rate` points for each unit of money that a line costs (ER-9)."""

    priority: ClassVar[int] = 1

    rate: Decimal
    excluded_skus: frozenset[str] = frozenset()
    label_mode: LabelMode = LabelMode.EXCLUDE
    included_labels: frozenset[Label] = frozenset()
    excluded_labels: frozenset[Label] = frozenset()
    excludes_delivery: bool = True
    # Zero: any purchase.
    order_value_min: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Multiply:
    """`factor` times what a line with a listed SKU or label has collected (ER-11)."""

    priority: ClassVar[int] = 2

    factor: Decimal
    skus: frozenset[str] = frozenset()
    labels: frozenset[Label] = frozenset()


@dataclass(frozen=True, slots=True)
class MultiplyByLabels:
    """The factors of all of a line's labels times what it has collected (ER-12)."""

    priority: ClassVar[int] = 2

    factors: tuple[tuple[Label, Decimal], ...]


@dataclass(frozen=True, slots=True)
class EarnPerLine:
    """`points` for each line with a listed SKU, whatever its quantity (ER-13)."""

    priority: ClassVar[int] = 3

    points: Decimal
    skus: frozenset[str]


@dataclass(frozen=True, slots=True)
class HandOut:
    """A reward besides points, once for the purchase; whoever settles it tries to (ER-14)."""

    priority: ClassVar[int] = 2

    campaign_uuid: str


# What a rule does to the lines of a purchase, or besides.
Effect = EarnByValue | Multiply | MultiplyByLabels | EarnPerLine | HandOut


@dataclass(frozen=True, slots=True)
class EarnOnEvent:
    """`points` when an event happens. `is_custom`: one that the store reports, not the platform."""

    points: Decimal
    event: str
    is_custom: bool = False


@dataclass(frozen=True, slots=True)
class EarnByCode:
    """`points` for a scanned code of exactly this content (ER-21)."""

    points: Decimal
    code: str


@dataclass(frozen=True, slots=True)
class EarnNearby:
    """`points` for being at most `radius` kilometres from a point, in degrees (ER-22)."""

    points: Decimal
    latitude: Decimal
    longitude: Decimal
    radius: Decimal


# What a rule gives beside purchases.
Grant = EarnOnEvent | EarnByCode | EarnNearby


@dataclass(frozen=True, slots=True)
class Limit:
    """How often one customer may use a rule in a calendar period (ER-24)."""

    period: Period
    uses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    When, for whom and where a rule applies.

    `starts_at`, `ends_at`: both inclusive (ER-3); None: open.
    A customer on a listed level or in a listed segment is meant (ER-4).
    `is_for_everybody`: whatever the level and segments, also with none (ER-1's exception).
    `pos_ids` empty: everywhere (ER-5).
    """

    id: int
    uuid: str
    name: str
    type: str
    edited_at: datetime
    level_ids: frozenset[int] = frozenset()
    segment_ids: frozenset[int] = frozenset()
    is_for_everybody: bool = False
    pos_ids: frozenset[int] = frozenset()
    is_active: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Scope):
    """A rule about purchases."""

    effect: Effect
    is_last_executed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionRule(Scope):
    """A rule about something that is not a purchase. `limit` None: any number of uses."""

    grant: Grant
    limit: Limit | None = None


class Rewarded(StrEnum):
    """Who gets the points of a rule about invitations (RF-8)."""

    REFERRED = "referred"
    REFERRER = "referrer"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRule(Scope):
    """`points` for what an invited person does; `event` is one of registering and buying."""

    points: Decimal
    event: str
    rewarded: Rewarded
