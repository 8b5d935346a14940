"""How Open Loyalty writes dates, numbers and percentages, and reads dates. Source: GEN-6, GEN-9."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import overload
from zoneinfo import ZoneInfo

# Outside of these years a conversion between zones can leave Python's calendar.
YEAR_MIN, YEAR_MAX = 1000, 9998

# A form that was not encoded brings the plus of an offset as a blank.
_DATE_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(Z|[ +-]\d{2}:?\d{2})?)?",
    re.IGNORECASE | re.ASCII,
)


@overload
def date_time(instant: datetime, zone: ZoneInfo) -> str: ...
@overload
def date_time(instant: None, zone: ZoneInfo) -> None: ...
@overload
def date_time(instant: datetime | None, zone: ZoneInfo) -> str | None: ...
def date_time(instant: datetime | None, zone: ZoneInfo) -> str | None:
    """Write an instant as `2019-03-14T10:29:05+0100` in the store's zone; None stays None."""
    if instant is None:
        return None
    # `…+01:00`, and of long ago `…+01:24:11`. Lists write some hundred of these.
    text = instant.astimezone(zone).isoformat(timespec="seconds")
    return text[:22] + text[23:25]


def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


@overload
def number(value: Decimal | int) -> int | float: ...
@overload
def number(value: None) -> None: ...
@overload
def number(value: Decimal | int | None) -> int | float | None: ...
def number(value: Decimal | int | None) -> int | float | None:
    """Write an amount as a JSON number: 100, not 100.0000; 12.5 as it is."""
    if value is None or isinstance(value, int):
        return value
    whole = int(value)
    return whole if whole == value else float(value)


def percent(value: Decimal | None) -> int | None:
    """Write a percentage as a whole number, cut (GEN-9)."""
    return None if value is None else int(value)


def parse_date_time(text: str, zone: ZoneInfo) -> datetime:
    """
    Read `2017-10-05`, `2017-10-05 10:59`, or ISO 8601; what has no offset is in the store's zone.

    :returns: the instant, in UTC. :raises ValueError: no such date, or a year beyond 1000…9998.
    """
    match = _DATE_TIME.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no date")
    *figures, offset = match.groups()
    year, month, of_month, hour, minute, second = (int(figure or 0) for figure in figures)
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise ValueError(f"{year} is out of range")
    local = datetime(year, month, of_month, hour, minute, second, tzinfo=_zone_of(offset, zone))
    return local.astimezone(UTC)


def parse_day(text: str) -> date:
    """Read a day, also one that comes with a time. :raises ValueError: no such date."""
    match = _DATE_TIME.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no date")
    year, month, of_month = (int(figure) for figure in match.groups()[:3])
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise ValueError(f"{year} is out of range")
    return date(year, month, of_month)


def _zone_of(offset: str | None, zone: ZoneInfo) -> ZoneInfo | timezone:
    if offset is None:
        return zone
    if offset.upper() == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{offset} is no offset")
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(-distance if offset[0] == "-" else distance)


def number_of_text(text: str) -> int | float:
    """Write an amount that is kept as text. :raises ValueError: it is no number."""
    try:
        return number(Decimal(text))
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no number") from error
