"""
Whose points or level end soon, as the notices about it tell (PE-10, LV-17).

Set queries over index ranges, handed out in batches: what is sent, and how, is not decided here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.selectors import qualifying
from accounts.selectors.ladder import Step, get_ladder, is_worse
from accounts.selectors.standing import downgrade_days
from loyalty.core import clock
from loyalty.core.models import Store
from loyalty.core.store_settings import DowngradeMode

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class ExpiringPoints:
    """`points`: the sum of what expires on one day (C7); `expires_at`: the last instant of it."""

    customer_id: int
    customer_uuid: UUID
    points: Decimal
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ExpiringLevel:
    """`future`: the level that the job would give today. `ends_at`: when it assesses."""

    customer_id: int
    customer_uuid: UUID
    level: Step
    future: Step
    ends_at: datetime


def iterate_expiring_points(
    store: Store, now: datetime, *, batch: int = BATCH
) -> Iterator[list[ExpiringPoints]]:
    """
    Yield what of each customer's points expires on the day to warn of: exactly that one.

    The day is today and `expirePointsNotificationDays` more, in the store's zone. One entry for a
    customer, with the sum of what is left and free (decision C7).
    """
    today = now.astimezone(store.zone).date()
    day = today + timedelta(days=store.settings.expire_points_notification_days)
    arguments = {
        "store": store.pk,
        "now": now,
        "start": clock.start_of_day(day, store.zone),
        "end": clock.start_of_day(day + timedelta(days=1), store.zone),
    }
    for rows in _batches(EXPIRING_POINTS, arguments, batch):
        yield [ExpiringPoints(*row) for row in rows]


def iterate_expiring_levels(
    store: Store, now: datetime, *, batch: int = BATCH
) -> Iterator[list[ExpiringLevel]]:
    """
    Yield who loses their level in `expireLevelsNotificationDays` days unless they earn more.

    Only where levels end after some days; neither members by hand nor whoever would stay or rise.
    The future level is the one that the job would give today (LV-1).
    """
    settings = store.settings
    if (
        not qualifying.follows_points(store)
        or settings.level_downgrade_mode != DowngradeMode.AFTER_X_DAYS
    ):
        return
    ahead = settings.expire_levels_notification_days
    # Begun days count, so the period ends more than `ahead` - 1 and at most `ahead` days from now.
    last = now - timedelta(days=downgrade_days(settings.level_downgrade_days) - ahead)
    arguments = {"store": store.pk, "now": now, "after": last - timedelta(days=1), "last": last}
    ladder = get_ladder(store)
    period = timedelta(days=downgrade_days(settings.level_downgrade_days))
    for rows in _batches(EXPIRING_LEVELS[qualifying.base_of(settings)], arguments, batch):
        found: list[ExpiringLevel] = []
        for customer_id, uuid, since, level_id, amount in rows:
            current, future = ladder.by_id.get(level_id), ladder.target(amount)
            if current is not None and future is not None and is_worse(future, current):
                found.append(ExpiringLevel(customer_id, uuid, current, future, since + period))
        if found:
            yield found


def _batches(
    statement: str, arguments: dict[str, Any], batch: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Run a statement once, and read what it found from the server by batches."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, arguments)
        while rows := cursor.fetchmany(batch):
            yield rows


# Each side of the `or` has its partial index. What is unlocked by now but not written down counts.
EXPIRING_POINTS = """
select c.id, c.uuid, s.points, s.until
from (
    select l.wallet_id, sum(l.remaining - l.reserved) as points, max(l.expires_at) as until
    from ledger_lot l
    where l.store_id = %(store)s
        and l.expires_at >= %(start)s::timestamptz and l.expires_at < %(end)s::timestamptz
        and (
            l.is_open and not l.is_locked and l.expires_at is not null
            or l.is_open and l.is_locked and l.active_from <= %(now)s::timestamptz
        )
        and l.point_type_id = (
            select id from ledger_pointtype where store_id = %(store)s and is_default
        )
    group by l.wallet_id
    having sum(l.remaining - l.reserved) > 0
) s
join accounts_customer c on c.wallet_id = s.wallet_id
where c.status <> 'deleted' and s.until > %(now)s
order by c.id
"""

EXPIRING_LEVELS = {
    base: f"""
    select c.id, c.uuid, coalesce(c.last_level_recalculation_at, c.created_at), c.level_id, {amount}
    from accounts_customer c
    where c.store_id = %(store)s and c.status <> 'deleted'
        and coalesce(c.last_level_recalculation_at, c.created_at) > %(after)s::timestamptz
        and coalesce(c.last_level_recalculation_at, c.created_at) <= %(last)s::timestamptz
        and c.manually_assigned_level_id is null and c.level_id is not null
    order by c.id
    """  # noqa: S608  # the columns are ours
    for base, amount in qualifying.AMOUNTS.items()
}
