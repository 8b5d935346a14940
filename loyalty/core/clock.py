"""Days and instants: stored in UTC, counted in the store's time zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    return timezone.now()


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the last second (23:59:59) of a local day, as Open Loyalty counts it (PE-2)."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone).astimezone(UTC)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
