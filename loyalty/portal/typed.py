"""Numbers as people type them."""

from decimal import Decimal, InvalidOperation

LENGTH_MAX = 20


def number(text: str) -> Decimal | None:
    """Return `1 234,50` and `1234.5` as a number; None: it is none, or not above zero."""
    try:
        found = Decimal("".join(text[:LENGTH_MAX].split()).replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None
