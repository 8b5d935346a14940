"""
What documents count for: pure arithmetic on amounts of money and points.

A customer's totals are sums of one figure per sale, so that the order in which documents come does
not matter, and adding the change of one figure gives exactly what counting everything anew gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from transactions.models import Transaction

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """The three sums of one document, in the store's currency. None is negative."""

    gross: Decimal = ZERO
    without_delivery: Decimal = ZERO
    excluded_for_level: Decimal = ZERO

    @classmethod
    def of(cls, document: Transaction) -> Self:
        return cls(
            gross=abs(document.gross_value),
            without_delivery=abs(document.gross_value_without_delivery),
            excluded_for_level=abs(document.amount_excluded_for_level),
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """What documents count for in a customer's totals (TX-14…16), or the change of that."""

    count: int = 0
    amount: Decimal = ZERO
    without_delivery: Decimal = ZERO
    excluded_for_level: Decimal = ZERO

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.count + other.count,
            self.amount + other.amount,
            self.without_delivery + other.without_delivery,
            self.excluded_for_level + other.excluded_for_level,
        )

    def __sub__(self, other: "Totals") -> "Totals":
        return Totals(
            self.count - other.count,
            self.amount - other.amount,
            self.without_delivery - other.without_delivery,
            self.excluded_for_level - other.excluded_for_level,
        )


NOTHING = Totals()


def count_sale(sale: Amounts, returns: Iterable[Amounts] = ()) -> Totals:
    """
    Return what a sale counts for after its returns.

    A return never takes more than its own sale brought (the floor of TX-14), and a sale that was
    returned in full is not counted (TX-16). What is left of the lines that do not count for the
    level is at most what is left at all.
    """
    returned = list(returns)
    amount = max(ZERO, sale.gross - sum((r.gross for r in returned), ZERO))
    without_delivery = sale.without_delivery - sum((r.without_delivery for r in returned), ZERO)
    excluded = sale.excluded_for_level - sum((r.excluded_for_level for r in returned), ZERO)
    is_returned_in_full = bool(returned) and amount == 0
    return Totals(
        count=0 if is_returned_in_full else 1,
        amount=amount,
        without_delivery=min(amount, max(ZERO, without_delivery)),
        excluded_for_level=min(amount, max(ZERO, excluded)),
    )


def points_to_take_back(
    *,
    earned: Decimal,
    taken_back: Decimal,
    sale_gross: Decimal,
    return_gross: Decimal,
    decimals: int,
) -> Decimal:
    """
    Return how many points a return costs: in proportion to its value (TX-19, TX-20).

    `earned`: P, what the sale's lots that are active or pending brought. `taken_back`: by earlier
    returns of the sale; never more than P in all. A sale of nothing is returned whole at once.
    `decimals`: of the point type; rounded half up.
    """
    if earned <= taken_back:
        return ZERO
    share = earned * return_gross / sale_gross if sale_gross else earned
    rounded = share.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return min(rounded, earned - taken_back)
