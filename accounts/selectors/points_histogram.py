"""How many points were earned, spent or expired, or will expire or unlock, over time (PA-27)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from accounts.ledger import sql
from loyalty.core import clock
from loyalty.core.models import Store

ZERO = Decimal(0)

# Longer spans are cut: the answer has a row for every step.
DAYS_MAX = 3_660


class Interval(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class PointsKind(StrEnum):
    EARNED = "earned"
    SPENT = "spent"
    EXPIRED = "expired"
    PENDING = "pending"


def get_histogram(
    store: Store,
    *,
    kind: PointsKind,
    interval: Interval = Interval.DAY,
    last_days: int = 30,
    future_days: int = 0,
    now: datetime,
) -> dict[date, Decimal]:
    """
    Return the sum per day, month or year, zero-filled, each under its first day.

    The span has the `last_days` up to and with today and the `future_days` after it, whole days in
    the store's time zone. By the day on which points were earned (cancelled ones left out), were
    spent or taken back, have expired or will expire, and will unlock.
    """
    zone = store.zone
    today = now.astimezone(zone).date()
    first = today - timedelta(days=min(max(last_days, 1), DAYS_MAX) - 1)
    last = today + timedelta(days=min(max(future_days, 0), DAYS_MAX))
    sums: dict[date, Decimal] = dict(
        sql.read(
            STATEMENTS[kind],
            {
                "store": store.pk,
                "from": clock.start_of_day(first, zone),
                "to": clock.start_of_day(last + timedelta(days=1), zone),
                "zone": zone.key,
                "interval": interval.value,
                "now": now,
            },
        )
    )
    return {step: sums.get(step, ZERO) for step in _steps(first, last, interval)}


def _steps(first: date, last: date, interval: Interval) -> Iterator[date]:
    step = _start(first, interval)
    while step <= last:
        yield step
        # 32 days reach the next month from the first of any, 366 the next year.
        ahead = {Interval.DAY: 1, Interval.MONTH: 32, Interval.YEAR: 366}[interval]
        step = _start(step + timedelta(days=ahead), interval)


def _start(day: date, interval: Interval) -> date:
    if interval == Interval.YEAR:
        return day.replace(month=1, day=1)
    return day.replace(day=1) if interval == Interval.MONTH else day


_GROUPED = """
select date_trunc(%(interval)s, moment at time zone %(zone)s)::date, sum(amount)
from ({rows}) counted
where moment >= %(from)s::timestamptz and moment < %(to)s::timestamptz
group by 1
"""

_DEFAULT_TYPE = """
store_id = %(store)s and point_type_id = (
    select id from ledger_pointtype where store_id = %(store)s and is_default
)
"""

_ROWS = {
    PointsKind.EARNED: """
        select created_at as moment, amount from ledger_lot
        where {default_type} and origin = 'earned' and cancelled_at is null
    """,
    PointsKind.SPENT: """
        select created_at as moment, captured_amount as amount from ledger_posting
        where {default_type} and kind in ('spend', 'take_back') and status = 'captured'
    """,
    PointsKind.EXPIRED: """
        select effective_at as moment, amount from ledger_posting
        where {default_type} and kind = 'expire'
        union all
        select expires_at, remaining - reserved from ledger_lot
        where {default_type} and is_open and expires_at is not null
    """,
    PointsKind.PENDING: """
        select active_from as moment, remaining as amount from ledger_lot
        where {default_type} and is_open and is_locked and active_from > %(now)s
    """,
}

STATEMENTS = {
    kind: _GROUPED.format(rows=rows.format(default_type=_DEFAULT_TYPE))
    for kind, rows in _ROWS.items()
}
