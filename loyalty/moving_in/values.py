"""Read the values that the other server writes."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from loyalty.core.api import formats
from loyalty.core.models import Store


class Values:
    """Reads rows of one store: a time without an offset is in its zone."""

    def __init__(self, store: Store) -> None:
        self.zone = store.zone

    def moment(self, value: Any) -> datetime | None:
        return formats.parse_date_time(str(value), self.zone) if value else None

    def day(self, value: Any) -> date | None:
        return formats.parse_day(str(value)) if value else None


def amount(value: Any) -> Decimal | None:
    """Return a number, however it is written; None for none."""
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


def uuid(value: Any) -> UUID | None:
    """Return an id, also one that is wrapped as `{"transactionId": …}`."""
    if isinstance(value, dict):
        value = next(iter(value.values()), None)
    return UUID(str(value)) if value else None


def known_uuid(value: Any) -> UUID:
    """Return the id of a row itself, which is always there."""
    found = uuid(value)
    assert found is not None, "A row without an id."
    return found


def text(value: Any) -> str:
    return "" if value is None else str(value)


def block(value: Any) -> dict[str, Any]:
    """Return a compound without what is empty in it; PHP writes an empty one as []."""
    return {key: each for key, each in value.items() if each} if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """Return a list; PHP writes one with gaps as a map."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
