"""The calendar periods that limits count in. Source: ER-25."""

from datetime import UTC, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "3months"
    HALF_YEAR = "6months"
    YEAR = "year"
    FOREVER = "forever"


# Before every use.
EVER = datetime(1, 1, 1, tzinfo=UTC)


def start_of(period: Period, now: datetime, zone: ZoneInfo) -> datetime:
    """
    Return when the calendar period began that `now` is in, by the clocks of `zone`.

    Not a rolling window: a use at 23:59 on Sunday does not count towards Monday's week.
    """
    today = now.astimezone(zone).date()
    match period:
        case Period.DAY:
            first = today
        case Period.WEEK:
            first = today.fromordinal(today.toordinal() - today.weekday())
        case Period.MONTH:
            first = today.replace(day=1)
        case Period.QUARTER:
            first = today.replace(month=_first_month(today.month, 3), day=1)
        case Period.HALF_YEAR:
            first = today.replace(month=_first_month(today.month, 6), day=1)
        case Period.YEAR:
            first = today.replace(month=1, day=1)
        case Period.FOREVER:
            return EVER
    return datetime.combine(first, time(), tzinfo=zone).astimezone(UTC)


def _first_month(month: int, length: int) -> int:
    return month - (month - 1) % length
