"""Write down what is to be sent: a message each, in order, once."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from loyalty.core import clock, sql
from loyalty.core.models import Event, Store, uuid7

INSERT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """
    What a fact means to a receiver: `data` in the words of a vendor's API (NT-1).

    `lane_key`: messages of one lane arrive in order; a customer's uuid, or that of what the message
    is about where it is nobody's. `fact` None: of none, such as a test.
    """

    type: str
    data: Any
    lane_key: UUID
    customer_id: int | None = None
    fact: Event | None = None


# Facts of one store in, their messages out, in any order: set-based, never fact by fact.
Builder = Callable[[Store, Sequence[Event]], Iterable[Message]]


def enqueue(store: Store, messages: Sequence[Message], *, now: datetime | None = None) -> int:
    """
    Add messages to their lanes, in order; return how many were new.

    Not new: what was added of the same fact before, and identical ones of one transaction (NT-1).
    Locks the lanes until commit.
    """
    added = 0
    with transaction.atomic():
        for begin in range(0, len(messages), INSERT_MAX):
            added += _insert(store, messages[begin : begin + INSERT_MAX], now or clock.now())
    return added


def _insert(store: Store, messages: Sequence[Message], now: datetime) -> int:
    assert connection.in_atomic_block
    bodies = [write(message.type, message.data) for message in messages]
    rows = sql.write(
        INSERT,
        {
            "store": store.pk,
            "now": now,
            "uuids": [uuid7() for _ in messages],
            "types": [message.type for message in messages],
            "customers": [message.customer_id for message in messages],
            "lanes": [message.lane_key for message in messages],
            "bodies": bodies,
            "events": [message.fact.pk if message.fact else None for message in messages],
            "positions": [message.fact.position if message.fact else None for message in messages],
            "digests": [digest(body) for body in bodies],
        },
    )
    return int(rows[0][0])


def write(type: str, data: Any) -> str:
    """Write a message's body, as it is signed and sent."""
    return json.dumps({"type": type, "data": data}, ensure_ascii=False, separators=(",", ":"))


def digest(body: str) -> bytes:
    return hashlib.sha256(body.encode()).digest()[:16]


# The lanes are locked in the order of their keys, as `deliveries.finish` does, and also where
# nothing changes: who leaves a lane empty must see what was added, or come before it.
INSERT = """
with fresh as (
    insert into core_webhookdelivery (
        uuid, store_id, type, customer_id, lane_key, body, event_id, position, digest, state,
        attempt_count, attempts, created_at
    )
    select uuid, %(store)s::bigint, type, customer_id, lane_key, body, event_id, position, digest,
        'waiting', 0, '[]', %(now)s::timestamptz
    from unnest(
        %(uuids)s::uuid[], %(types)s::text[], %(customers)s::bigint[], %(lanes)s::uuid[],
        %(bodies)s::text[], %(events)s::bigint[], %(positions)s::bigint[], %(digests)s::bytea[]
    ) with ordinality as m (
        uuid, type, customer_id, lane_key, body, event_id, position, digest, number
    )
    order by number
    on conflict do nothing
    returning lane_key
), lanes as (
    insert into core_webhooklane as lane (store_id, key, next_attempt_at)
    select distinct %(store)s::bigint, lane_key, %(now)s::timestamptz from fresh order by 2
    on conflict (key, store_id) do update set next_attempt_at = excluded.next_attempt_at
        where lane.next_attempt_at is null
)
select count(*) from fresh
"""
