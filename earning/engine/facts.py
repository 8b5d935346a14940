"""What the engine is told: a purchase and the customer who made it, as plain data."""

from dataclasses import dataclass
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
class Context:
    """
    One question to the engine.

    `decimals`: of the point type, 0 to 4; the sum is rounded to it once.
    `earning_statuses`: the customer statuses that earn points (ER-6).
    """

    purchase: Purchase
    customer: CustomerFacts
    decimals: int = 2
    earning_statuses: frozenset[str] = frozenset({"active"})
