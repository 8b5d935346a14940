"""What an amount of points may be, and how it is written."""

from decimal import ROUND_HALF_UP, Decimal

from accounts.ledger.errors import InvalidAmount

# NUMERIC(20, 4) holds 16 digits before the point; sums stay far below it, too.
LARGEST = Decimal(10) ** 12
# What the database keeps.
DECIMALS_MAX = 4
# What the lifetime figures of one wallet may grow to.
LARGEST_TOTAL = Decimal(10) ** 16 - 1


def check(amount: Decimal, *, decimals: int) -> None:
    """
    Refuse an amount that no caller may send. `decimals`: those of the point type.

    :raises InvalidAmount: not a number, not above zero, too large, or too finely divided (PA-22).
    """
    if not amount.is_finite():
        raise InvalidAmount
    if amount <= 0:
        raise InvalidAmount("This value should be greater than 0.")
    if amount > LARGEST:
        raise InvalidAmount("This value is too large.")
    # Trailing zeros do not count: 5.00 is whole.
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > decimals:
        raise InvalidAmount(f"This value may have at most {decimals} decimals.")


def rounded(amount: Decimal, *, decimals: int) -> Decimal:
    """Round a computed amount half up to the point type's decimals, once (PA-22)."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def text(amount: Decimal) -> str:
    """Write an amount for a fact: plain digits, no trailing zeros."""
    return f"{amount.normalize():f}"
