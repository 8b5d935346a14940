"""
The *later* column of the switchboard: consumers that read the event store after commit.

Each consumer has its own cursor, sees its facts in order and at least once, and skips none however
late an earlier transaction commits. A sequence number alone would skip: of two transactions the
one that took the lower number may commit last, when the reader is already past it. So facts carry
the number of the transaction that wrote them (`position`), and a consumer reads only below the
oldest transaction still running: whatever stands there is all there will ever be.

These numbers are the server's. Where a dump of the database was restored on another one, the facts
in it have numbers that the new server will give again, and a cursor may stand at one that it has
not given yet. So each consumer then deals with the facts of the dump that it had not seen, and
goes on with those behind them alone, from the new server's first number on.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from loyalty.core import locks, sql
from loyalty.core.models import ConsumerCursor, Event

logger = logging.getLogger(__name__)

CHUNK = 500
END_OF_POSITION = 2**63 - 1
PAUSE_SECONDS = 30


class TryLater(Exception):
    """
    What a consumer needs is not there at the moment, such as the mail server.

    The message goes to the log, so it has no personal data.
    """


@dataclass(frozen=True)
class Consumer:
    """
    Somebody who hears of facts after commit.

    `handle`: called once per fact, outside of any transaction; at least once, so it must bear a
    repetition. `handle_many`: instead of it, called with some hundred facts at once, in order; the
    cursor moves when it has dealt with all of them. `facts`: the types it hears of; None: all.
    `name` names its cursor and is for ever.
    """

    name: str
    handle: Callable[[Event], None] | None = None
    facts: frozenset[str] | None = None
    handle_many: Callable[[Sequence[Event]], None] | None = None

    def __post_init__(self) -> None:
        assert (self.handle is None) != (self.handle_many is None), "One of them hears."


_consumers: tuple[Consumer, ...] = ()
# When this process may ask a consumer again that asked for patience; of time.monotonic().
_paused_until: dict[str, float] = {}


def install(consumers: Iterable[Consumer]) -> None:
    """Take the switchboard's *later* column. Called once, when the platform starts."""
    global _consumers
    _consumers = tuple(consumers)
    names = [consumer.name for consumer in _consumers]
    assert len(set(names)) == len(names), "Two consumers would share one cursor."


def relay_all() -> int:
    """Bring every consumer up to date; return how many facts they handled. May be stopped."""
    handled = 0
    for consumer in _consumers:
        if time.monotonic() < _paused_until.get(consumer.name, 0):
            continue
        try:
            handled += relay(consumer)
        except TryLater as reason:
            _paused_until[consumer.name] = time.monotonic() + PAUSE_SECONDS
            logger.warning("Consumer %s waits %s s: %s", consumer.name, PAUSE_SECONDS, reason)
        except Exception:
            # One consumer that fails must not hold up the others; it goes on where it stopped.
            logger.exception("Consumer %s stopped", consumer.name)
    return handled


def relay(consumer: Consumer, *, chunk: int = CHUNK) -> int:
    """
    Hand a consumer all settled facts that it has not seen; return how many.

    0 also where another process is at it: a consumer never runs twice at once. What `handle`
    raises ends the relay, after the cursor was moved behind the last fact that went well.
    """
    assert not connection.in_atomic_block, "A consumer sees what is committed, and commits itself."
    with locks.alone(f"consumer:{consumer.name}") as is_alone:
        if not is_alone:
            return 0
        cursor, _ = ConsumerCursor.objects.get_or_create(name=consumer.name)
        handled = _finish_restored(consumer, cursor, chunk)
        while True:
            horizon = _horizon()
            facts = _settled(consumer, cursor, horizon, chunk)
            handled += _hand_over(consumer, cursor, facts)
            if len(facts) < chunk:
                # Nothing of interest is left below the horizon: never look there again.
                _move(cursor, horizon - 1, END_OF_POSITION)
                return handled


def pass_over(name: str) -> None:
    """
    Let a consumer never hear of what this transaction has written so far.

    For history that is made up in a transaction, in an installation where nothing else happens.
    """
    assert connection.in_atomic_block
    cursor, _ = ConsumerCursor.objects.get_or_create(name=name)
    [(position,)] = sql.read("select pg_current_xact_id()::text::bigint", [])
    _move(cursor, position, END_OF_POSITION)


def _finish_restored(consumer: Consumer, cursor: ConsumerCursor, chunk: int) -> int:
    """Hand over what a consumer had not seen when its database was restored; usually nothing."""
    with transaction.atomic():
        noted = sql.write(NOTE_RESTORED, ())
    if noted:
        cursor.refresh_from_db()
    if cursor.until_event_id is None:
        return 0
    handled = 0
    while True:
        facts = _settled(consumer, cursor, END_OF_POSITION, chunk)
        handled += _hand_over(consumer, cursor, facts)
        if len(facts) < chunk:
            cursor.after_event_id, cursor.until_event_id = cursor.until_event_id, None
            cursor.position = cursor.event_id = 0
            cursor.save(
                update_fields=[
                    "after_event_id",
                    "until_event_id",
                    "position",
                    "event_id",
                    "updated_at",
                ]
            )
            return handled


def _hand_over(consumer: Consumer, cursor: ConsumerCursor, facts: list[Event]) -> int:
    last: Event | None = None
    try:
        if consumer.handle_many is not None:
            if facts:
                consumer.handle_many(facts)
                last = facts[-1]
            return len(facts)
        assert consumer.handle is not None
        for fact in facts:
            consumer.handle(fact)
            last = fact
    finally:
        if last is not None:
            assert last.position is not None
            _move(cursor, last.position, last.pk)
    return len(facts)


def _horizon() -> int:
    """Return the oldest transaction number that may still be running; all below have ended."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


def _settled(consumer: Consumer, cursor: ConsumerCursor, horizon: int, limit: int) -> list[Event]:
    """Return the next facts below the horizon, in order of (position, id)."""
    parameters: list[object] = [str(cursor.position), cursor.event_id, str(horizon)]
    parameters += [cursor.after_event_id, cursor.until_event_id or END_OF_POSITION]
    of_interest = "" if consumer.facts is None else "and type = any(%s)"
    if consumer.facts is not None:
        parameters.append(sorted(consumer.facts))
    facts = Event.objects.raw(
        f"""
        select * from core_event
        where (position, id) > (%s::text::xid8, %s) and position < %s::text::xid8
            and id > %s and id <= %s {of_interest}
        order by position, id limit %s
        """,  # noqa: S608  # the one thing put in is ours
        [*parameters, limit],
    )
    return list(facts.prefetch_related("store"))


def _move(cursor: ConsumerCursor, position: int, event_id: int) -> None:
    if (position, event_id) > (cursor.position, cursor.event_id):
        cursor.position, cursor.event_id = position, event_id
        cursor.save(update_fields=["position", "event_id", "updated_at"])


# A cursor cannot be ahead of its server. The facts of a dump were all written by the transactions
# that restored it; those of this server by the ones that they name. For all cursors at once, before
# any consumer changes a fact (as who forgets people does).
NOTE_RESTORED = """
update core_consumercursor set until_event_id = coalesce(
    (select fact.id from core_event fact where fact.xmin <> fact.position::xid
     order by fact.id desc limit 1), 0)
where until_event_id is null
    and position >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
returning name
"""
