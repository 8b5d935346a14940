"""What the engine is told: a purchase and the customer who made it, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

Label = tuple[str, str]  # key and value


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a purchase. `gross_value` is the line's total: quantity is in it (ER-10)."""

    sku: str
    gross_value: Decimal
    category: str = ""
    maker: str = ""
    labels: frozenset[Label] = frozenset()

    def __post_init__(self) -> None:
        assert self.gross_value.is_finite(), f"{self.gross_value=}"


@dataclass(frozen=True, slots=True)
class Purchase:
    """
    A sale, in money of the store.

    `delivery_skus`: SKUs that are delivery costs, as copied onto the document when it was
    registered (TX-3). None: those of the store's setting now.
    """

    lines: tuple[Line, ...]
    purchased_at: datetime
    pos_id: int | None = None
    delivery_skus: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """The customer as before this purchase was counted (ER-7). Ids are primary keys."""

    level_id: int | None
    segment_ids: frozenset[int] = frozenset()
    status: str = "active"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event. `is_custom`: the store reports it, and its name is a custom rule's."""

    name: str
    is_custom: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """Somebody scanned a code."""

    code: str


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody is at a place, in degrees."""

    latitude: Decimal
    longitude: Decimal


# What customers can earn points by, beside purchases.
Occasion = Happening | Scan | Presence


@dataclass(frozen=True, slots=True)
class OccasionContext:
    """
    One question to the engine that is not about a purchase.

    `pos_id`: of the customer's own POS (ER-5). `uses`: how often this customer has used each
    limited rule in its present period, by rule id. `only_rule`: ask this one alone (its uuid).
    `asks_status` False: customers of every status earn (a new account is not active yet, ER-6).
    """

    occasion: Occasion
    happened_at: datetime
    customer: CustomerFacts
    pos_id: int | None = None
    uses: Mapping[int, int] = field(default_factory=dict)
    only_rule: str | None = None
    decimals: int = 2
    earning_statuses: frozenset[str] = frozenset({"active"})
    asks_status: bool = True


@dataclass(frozen=True, slots=True)
class Context:
    """
    One question to the engine.

    `decimals`: of the point type, 0 to 4; the sum is rounded to it once.
    `earning_statuses`: the customer statuses that earn points (ER-6).
    `refused_rewards`: rules, by id, whose reward cannot be had, with the code of why: they do not
    count as executed (ER-15).
    """

    purchase: Purchase
    customer: CustomerFacts
    decimals: int = 2
    earning_statuses: frozenset[str] = frozenset({"active"})
    refused_rewards: Mapping[int, str] = field(default_factory=dict)
