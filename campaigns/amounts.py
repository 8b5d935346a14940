"""What rewards are worth: the arithmetic of percentages, cashback and dates. Pure functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
WHOLE = Decimal(1)
HUNDRED = Decimal(100)


def percentage_of(gross_value: Decimal, percent: int) -> int:
    """Return what a percentage of a sale is worth: whole units, halves up (PCT-1)."""
    return int((gross_value * percent / HUNDRED).quantize(WHOLE, rounding=ROUND_HALF_UP))


def cashback_of(points: Decimal, point_value: Decimal) -> Decimal:
    """Return the money for points, rounded half up to two decimals (CSH-3)."""
    return (points * point_value).quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Life:
    """From when a coupon can be used, and until when; None: at once, and for ever."""

    active_since: datetime | None
    active_to: datetime | None


def life_of(*, days_inactive: int, days_valid: int, now: datetime) -> Life:
    """Return a new coupon's dates: validity starts after the waiting days (CPN-2, CPN-3)."""
    since = now + timedelta(days=days_inactive)
    return Life(
        active_since=since if days_inactive else None,
        active_to=since + timedelta(days=days_valid) if days_valid else None,
    )
