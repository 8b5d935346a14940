"""
Who sends what next: lanes are taken for a while, worked off in order, and given back.

Workers take lanes under a lease and skip those that others are taking, so many may work at once
and no lock is held while anybody waits for the network. A worker that is killed gives nothing
back: its leases end, and others take its lanes where their state stood. What it had sent without
writing it down is sent again, under the same `webhook-id`.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from loyalty.core import sql
from loyalty.core.models import DeliveryState, uuid7

# After each failed attempt so much time passes before the next; after the last none follows.
BACK_OFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
ATTEMPTS_MAX = len(BACK_OFF) + 1
LEASE = timedelta(seconds=60)
# Of one lane at a time: a busy customer must not use up the lease.
PER_LANE_MAX = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is to be sent."""

    id: int
    uuid: UUID
    body: str
    attempt_count: int


@dataclass(slots=True)
class Lane:
    """A lane that we hold: its next deliveries, in order."""

    id: int
    store_id: int
    lease: UUID
    deliveries: list[Waiting] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    What came of sending a delivery once. `status`: of the answer; None: there was none.

    `error`: why it failed; empty: it was delivered. `answer`: the beginning of what came back.
    `is_final`: no further attempt would help.
    """

    delivery: Waiting
    at: datetime
    status: int | None
    error: str
    answer: str
    milliseconds: int
    is_final: bool = False

    @property
    def state(self) -> DeliveryState:
        if not self.error:
            return DeliveryState.DELIVERED
        is_last = self.is_final or self.delivery.attempt_count + 1 >= ATTEMPTS_MAX
        return DeliveryState.FAILED if is_last else DeliveryState.WAITING

    @property
    def next_attempt_at(self) -> datetime | None:
        if self.state != DeliveryState.WAITING:
            return None
        return self.at + BACK_OFF[self.delivery.attempt_count]

    def as_entry(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "status": self.status,
            "error": self.error,
            "answer": self.answer,
            "ms": self.milliseconds,
        }


@dataclass(slots=True)
class Turn:
    """
    What was done of a lane while it was ours.

    `not_before`: when to go on, where its receiver is held back; None: when its turn comes.
    """

    lane: Lane
    attempts: list[Attempt] = field(default_factory=list)
    not_before: datetime | None = None

    @property
    def next_attempt_at(self) -> datetime | None:
        return (self.attempts[-1].next_attempt_at if self.attempts else None) or self.not_before


def claim(count: int, *, now: datetime) -> list[Lane]:
    """
    Take up to `count` lanes whose time has come, with their next deliveries, for `LEASE`.

    Two statements, each its own transaction: nothing is locked when it returns.
    """
    lease = uuid7()
    with transaction.atomic():
        taken = sql.write(CLAIM, {"count": count, "now": now, "until": now + LEASE, "lease": lease})
    lanes = {row[0]: Lane(id=row[0], store_id=row[1], lease=lease) for row in taken}
    if lanes:
        rows = sql.read(
            WAITING,
            {
                "lanes": list(lanes),
                "stores": [row[1] for row in taken],
                "keys": [row[2] for row in taken],
                "count": PER_LANE_MAX,
            },
        )
        for lane_id, *columns in rows:
            lanes[lane_id].deliveries.append(Waiting(*columns))
    return list(lanes.values())


def finish(turns: Sequence[Turn], *, now: datetime) -> None:
    """
    Write down what was tried, and give the lanes back, in one transaction of three statements.

    A lane whose lease ran out meanwhile is somebody else's: what was sent of it is not written.
    """
    with transaction.atomic():
        held = _lock([turn.lane for turn in turns])
        kept = [turn for turn in turns if turn.lane.id in held]
        _write_attempts([attempt for turn in kept for attempt in turn.attempts])
        _give_back(kept, now)


def _lock(lanes: Sequence[Lane]) -> set[int]:
    """Lock lanes that are still ours, in the order in which `queue` locks them."""
    by_lease: dict[UUID, list[int]] = defaultdict(list)
    for lane in lanes:
        by_lease[lane.lease].append(lane.id)
    ids = [lane.id for lane in lanes]
    rows = sql.write(
        "select id, lease from core_webhooklane where id = any(%s) order by key, store_id "
        "for update",
        [ids],
    )
    return {lane_id for lane_id, lease in rows if lane_id in by_lease.get(lease, ())}


def _write_attempts(attempts: Sequence[Attempt]) -> None:
    if not attempts:
        return
    sql.write(
        WRITE_ATTEMPTS,
        {
            "ids": [attempt.delivery.id for attempt in attempts],
            "states": [attempt.state.value for attempt in attempts],
            "nexts": [attempt.next_attempt_at for attempt in attempts],
            "statuses": [attempt.status for attempt in attempts],
            "ends": [
                None if attempt.state == DeliveryState.WAITING else attempt.at
                for attempt in attempts
            ],
            "entries": [json.dumps([attempt.as_entry()]) for attempt in attempts],
        },
    )


def _give_back(turns: Sequence[Turn], now: datetime) -> None:
    """Free the lanes: until their next attempt, at once where more waits, else until more comes."""
    sql.write(
        GIVE_BACK,
        {
            "ids": [turn.lane.id for turn in turns],
            "nexts": [turn.next_attempt_at for turn in turns],
            "now": now,
        },
    )


def next_due_at() -> datetime | None:
    """Return when the next lane may be taken; None: nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select min(next_attempt_at) from core_webhooklane where next_attempt_at is not null"
        )
        found: datetime | None = cursor.fetchone()[0]
        return found


def wake(store_id: int, lane_keys: Collection[UUID], *, now: datetime) -> None:
    """Let lanes that nobody works on be taken at once, also while they wait to try again."""
    with transaction.atomic():
        sql.write(WAKE, {"store": store_id, "keys": list(lane_keys), "now": now})


CLAIM = """
with due as (
    select id from core_webhooklane
    where next_attempt_at <= %(now)s::timestamptz
    order by next_attempt_at
    limit %(count)s::integer
    for update skip locked
)
update core_webhooklane lane
set lease = %(lease)s::uuid, next_attempt_at = %(until)s::timestamptz
from due where lane.id = due.id
returning lane.id, lane.store_id, lane.key
"""

WAITING = """
select lane.id, d.id, d.uuid, d.body, d.attempt_count
from unnest(%(lanes)s::bigint[], %(stores)s::bigint[], %(keys)s::uuid[])
    as lane (id, store_id, key)
cross join lateral (
    select * from core_webhookdelivery d
    where d.lane_key = lane.key and d.store_id = lane.store_id and d.state = 'waiting'
    order by d.id limit %(count)s::integer
) d
order by lane.id, d.id
"""

WRITE_ATTEMPTS = """
update core_webhookdelivery d
set state = a.state, attempt_count = d.attempt_count + 1, next_attempt_at = a.next_attempt_at,
    last_status = a.status, ended_at = a.ended_at, attempts = d.attempts || a.entry
from unnest(
    %(ids)s::bigint[], %(states)s::text[], %(nexts)s::timestamptz[], %(statuses)s::integer[],
    %(ends)s::timestamptz[], %(entries)s::jsonb[]
) as a (id, state, next_attempt_at, status, ended_at, entry)
where d.id = a.id
returning d.id
"""

# A new statement after the lock: it sees whatever was added to a lane before.
GIVE_BACK = """
update core_webhooklane lane
set lease = null, next_attempt_at = coalesce(g.next_attempt_at, case when exists (
    select from core_webhookdelivery d
    where d.lane_key = lane.key and d.store_id = lane.store_id and d.state = 'waiting'
) then %(now)s::timestamptz end)
from unnest(%(ids)s::bigint[], %(nexts)s::timestamptz[]) as g (id, next_attempt_at)
where lane.id = g.id
returning lane.id
"""

WAKE = """
insert into core_webhooklane as lane (store_id, key, next_attempt_at)
select %(store)s::bigint, key, %(now)s::timestamptz
from unnest(%(keys)s::uuid[]) as key order by key
on conflict (key, store_id) do update set next_attempt_at = excluded.next_attempt_at
    where lane.lease is null
returning id
"""
