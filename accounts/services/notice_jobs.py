"""
Warn of points and levels that end soon: one fact a customer and day (PE-10, LV-17).

What the facts lead to (mails, webhooks) hears of them from the event store.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from accounts import events
from accounts.ledger import amounts
from accounts.models import Notice, NoticeKind
from accounts.selectors import notices
from accounts.selectors.notices import ExpiringLevel, ExpiringPoints
from loyalty.core import clock, sql
from loyalty.core import events as core_events
from loyalty.core.jobs import Run
from loyalty.core.models import Event, Store

# A day that is over is warned of no more, so its notices have had their time.
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Warning:
    """One customer's notice, ready to be written."""

    customer_id: int
    subject: Any
    day: date
    payload: Mapping[str, Any]


def warn_of_expiring_points(now: datetime | None = None, *, run: Run | None = None) -> int:
    """
    Tell, for all stores, whose points expire on the day to warn of; return how many were told.

    By batches, each in a transaction of its own. May be stopped anywhere and run again on the same
    day: nobody is told twice.
    """
    return _warn_all(NoticeKind.POINTS, _expiring_points, now or clock.now(), run or Run())


def warn_of_expiring_levels(now: datetime | None = None, *, run: Run | None = None) -> int:
    """As `warn_of_expiring_points`, of who loses their level soon."""
    return _warn_all(NoticeKind.LEVEL, _expiring_levels, now or clock.now(), run or Run())


def _warn_all(
    kind: NoticeKind,
    find: Callable[[Store, datetime], Iterator[list[_Warning]]],
    now: datetime,
    run: Run,
) -> int:
    Notice.objects.filter(kind=kind, day__lt=(now - KEPT_FOR).date()).delete()
    for store in Store.objects.filter(is_active=True).order_by("pk"):
        for batch in find(store, now):
            with run.chunk() as done:
                done["told"] = _tell(store, kind, batch, now)
    return run.counts["told"]


def _tell(store: Store, kind: NoticeKind, batch: Sequence[_Warning], now: datetime) -> int:
    """Write the notices that are new, and their facts, in one transaction."""
    rows = sql.write(
        INSERT,
        {
            "kind": kind.value,
            "customers": [warning.customer_id for warning in batch],
            "days": [warning.day for warning in batch],
        },
    )
    new = {row[0] for row in rows}
    facts = Event.objects.bulk_create(
        Event(
            store=store,
            type=FACTS[kind],
            subject=warning.subject,
            customer_id=warning.customer_id,
            payload={"customerId": str(warning.subject), **warning.payload},
            recorded_at=now,
        )
        for warning in batch
        if warning.customer_id in new
    )
    for fact in facts:
        core_events.dispatch(fact)
    return len(facts)


def _expiring_points(store: Store, now: datetime) -> Iterator[list[_Warning]]:
    for batch in notices.iterate_expiring_points(store, now):
        yield [_of_points(found, store) for found in batch]


def _of_points(found: ExpiringPoints, store: Store) -> _Warning:
    until = found.expires_at.astimezone(store.zone)
    return _Warning(
        customer_id=found.customer_id,
        subject=found.customer_uuid,
        day=until.date(),
        payload={
            "points": amounts.text(found.points),
            "expiresAt": until.isoformat(timespec="seconds"),
            "expiryDate": until.date().isoformat(),
        },
    )


def _expiring_levels(store: Store, now: datetime) -> Iterator[list[_Warning]]:
    for batch in notices.iterate_expiring_levels(store, now):
        yield [_of_level(found, store) for found in batch]


def _of_level(found: ExpiringLevel, store: Store) -> _Warning:
    until = found.ends_at.astimezone(store.zone)
    return _Warning(
        customer_id=found.customer_id,
        subject=found.customer_uuid,
        day=until.date(),
        payload={
            "levelId": str(found.level.uuid),
            "futureLevelId": str(found.future.uuid),
            "endsAt": until.isoformat(timespec="seconds"),
        },
    )


FACTS = {
    NoticeKind.POINTS: events.POINTS_EXPIRING_SOON,
    NoticeKind.LEVEL: events.LEVEL_EXPIRING_SOON,
}

INSERT = """
insert into accounts_notice (customer_id, kind, day)
select customer_id, %(kind)s, day
from unnest(%(customers)s::bigint[], %(days)s::date[]) as warned(customer_id, day)
on conflict do nothing
returning customer_id
"""
