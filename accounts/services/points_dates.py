"""When points become usable, and when they expire. Source: PE-1…6."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from loyalty.core import clock
from loyalty.core.store_settings import ExpiryMode, StoreSettings

# Where `after_x_days` comes without a number (PE-5).
DAYS_ACTIVE = 90


def get_active_from(settings: StoreSettings, *, granted_at: datetime) -> datetime | None:
    """Return when points granted at `granted_at` unlock; None: at once (PE-6)."""
    if settings.all_time_not_locked or not settings.points_days_locked:
        return None
    # Days of the store's calendar, at the same time of day, also over a change of the clocks.
    return _add_days(granted_at, settings.points_days_locked, ZoneInfo(settings.timezone))


def get_expires_at(settings: StoreSettings, *, starts_at: datetime) -> datetime | None:
    """
    Return when points expire whose validity starts at `starts_at`; None: never.

    `starts_at`: when their lock ends, or when they were granted (PE-5). The end is the last second
    of a local day (PE-2…4).
    """
    zone = ZoneInfo(settings.timezone)
    return _end_of_validity(
        settings.points_days_expiry_after,
        settings.points_days_active_count or DAYS_ACTIVE,
        starts_at.astimezone(zone).date(),
        zone,
    )


def get_end_of_days(settings: StoreSettings, days: int, *, granted_at: datetime) -> datetime:
    """Return when points expire that are valid for so many `days`, whatever the settings' mode."""
    zone = ZoneInfo(settings.timezone)
    starts_at = get_active_from(settings, granted_at=granted_at) or granted_at
    return clock.end_of_day(starts_at.astimezone(zone).date() + timedelta(days=days), zone)


@lru_cache(maxsize=1024)
def _end_of_validity(mode: str, days: int, day: date, zone: ZoneInfo) -> datetime | None:
    """Return the end of what is granted on a local `day`; the same for all of that day."""
    match ExpiryMode(mode):
        case ExpiryMode.ALL_TIME_ACTIVE:
            return None
        case ExpiryMode.AFTER_X_DAYS:
            last = day + timedelta(days=days)
        case ExpiryMode.END_OF_MONTH:
            last = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        case ExpiryMode.END_OF_YEAR:
            last = day.replace(month=12, day=31)
    return clock.end_of_day(last, zone)


def get_returned_until(settings: StoreSettings, *, now: datetime) -> datetime | None:
    """Return until when points stay valid that come back after their date; None: not at all."""
    days = settings.points_return_grace_days
    if not days:
        return None
    zone = ZoneInfo(settings.timezone)
    return clock.end_of_day(now.astimezone(zone).date() + timedelta(days=days), zone)


def _add_days(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    return (moment.astimezone(zone) + timedelta(days=days)).astimezone(moment.tzinfo)
