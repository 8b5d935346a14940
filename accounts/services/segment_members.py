"""
Who is in a segment: the whole set again, or one customer at once. Source: SG-5…7.

A purchase checks its customer again before it commits, so that rules and rewards see the membership
at once; the job sees to what time alone changes, such as birthdays. Only active segments change:
an inactive one keeps its members (decision C8).
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts import events
from accounts.models import Customer, Segment
from accounts.segments import criteria, definitions, queries
from accounts.segments.definitions import Definition
from loyalty.core import clock, jobs, locks, sql
from loyalty.core import events as core_events
from loyalty.core.jobs import Run
from loyalty.core.models import Event, Store

logger = logging.getLogger(__name__)

# Customers per transaction: a till never waits longer for one of them than a chunk takes.
CHUNK = 5_000


@dataclass(frozen=True)
class Changes:
    """How many customers came into a segment and left it."""

    added: int = 0
    removed: int = 0

    def __add__(self, other: "Changes") -> "Changes":
        return Changes(self.added + other.added, self.removed + other.removed)


# All customers


def recalculate_all(now: datetime | None = None, *, run: Run | None = None) -> Changes:
    """Bring every active segment of every open store up to date. May be stopped at any point."""
    changes, run = Changes(), run or Run()
    segments = Segment.objects.filter(is_active=True, store__is_active=True).order_by("pk")
    for segment_id in list(segments.values_list("pk", flat=True)):
        try:
            changes += recalculate(segment_id, now=now, run=run)
        except Exception as error:
            # One segment that fails must not keep the others from their turn.
            logger.exception("Cannot recalculate segment %s", segment_id)
            run.report(f"Segment {segment_id}: {jobs.describe(error)}")
    return changes


def recalculate(segment_id: int, *, now: datetime | None = None, run: Run | None = None) -> Changes:
    """
    Find who fits an active segment and write the difference, with its facts (SG-6).

    Nothing happens where the segment is inactive or gone, or another process is at it. The
    difference is found by one statement and waits on the server; it is written by chunks, each of
    which locks its customers. Whom somebody changed meanwhile is left out: that change has checked
    its customer itself.
    """
    now = now or clock.now()
    with locks.alone(f"segment:{segment_id}") as is_alone:
        if not is_alone:
            return Changes()
        segment = Segment.objects.select_related("store").filter(pk=segment_id).first()
        if segment is None or not segment.is_active:
            return Changes()
        return _recalculate(segment, now, run or Run())


def _recalculate(segment: Segment, now: datetime, run: Run) -> Changes:
    query = queries.Query(segment.store, now)
    wanted = queries.members(segment.parts, query, criteria.compilers())
    name = f"segment_difference_{segment.pk}"
    arguments = query.arguments | {"segment": segment.pk}
    with transaction.atomic():
        _execute(f"declare {name} no scroll cursor with hold for {_difference(wanted)}", arguments)
    changes = Changes()
    try:
        while True:
            with run.chunk() as done:
                chunk = sql.read(f"fetch forward {CHUNK} from {name}", ())
                if not chunk:
                    return changes
                written = _write(segment, chunk, now)
                if written is not None:
                    done.update(added=written.added, removed=written.removed)
            if written is None:  # switched off, deleted or rewritten meanwhile
                return changes
            changes += written
    finally:
        _execute(f"close {name}", {})


def _difference(wanted: str) -> str:
    """Return the SELECT of (customer, version, fits) of those whose membership is wrong."""
    return f"""
        with wanted as materialized ({wanted}),
        member as (
            select customer_id from accounts_segmentmembership
            where segment_id = %(segment)s::bigint
        )
        select w.id, w.version, true as fits from wanted w
        where not exists (select from member m where m.customer_id = w.id)
        union all
        select c.id, c.version, false from member m
        join accounts_customer c on c.id = m.customer_id
        where not exists (select from wanted w where w.id = m.customer_id)
        order by 1
    """  # noqa: S608  # what is put in is ours, its values are arguments


def _execute(statement: str, arguments: dict[str, Any]) -> None:
    """Run a statement that no server prepares: its values are written into its text."""
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments or None)


def _write(segment: Segment, chunk: Sequence[sql.Row], now: datetime) -> Changes | None:
    """Write one chunk of the difference; None where the segment is not what it was."""
    current = Segment.objects.filter(pk=segment.pk, is_active=True, parts=segment.parts)
    if not current.select_for_update(of=("self",), no_key=True).exists():
        return None
    ids, versions, fits = zip(*chunk, strict=True)
    rows = sql.write(
        WRITE,
        {
            "segment": segment.pk,
            "segment_uuid": segment.uuid,
            "store": segment.store_id,
            "ids": list(ids),
            "versions": list(versions),
            "fits": list(fits),
            "now": now,
            "added": events.ADDED_TO_SEGMENT,
            "removed": events.REMOVED_FROM_SEGMENT,
            "payload": PAYLOAD,
        },
    )
    _dispatch([event_id for event_id, _ in rows])
    added = sum(fact == events.ADDED_TO_SEGMENT for _, fact in rows)
    return Changes(added, len(rows) - added)


def remove_all(segment: Segment, now: datetime) -> int:
    """Take everybody out of a locked segment, with a fact each (SG-7); return how many left."""
    rows = sql.write(
        EMPTY,
        {
            "segment": segment.pk,
            "segment_uuid": segment.uuid,
            "store": segment.store_id,
            "now": now,
            "removed": events.REMOVED_FROM_SEGMENT,
            "payload": PAYLOAD,
        },
    )
    _dispatch([event_id for (event_id,) in rows])
    return len(rows)


def _dispatch(event_ids: Sequence[int]) -> None:
    """Run the *now* handlers of facts that a statement has written, if there are any."""
    names = (events.ADDED_TO_SEGMENT, events.REMOVED_FROM_SEGMENT)
    if any(core_events.has_now_handlers(name) for name in names):
        for event in Event.objects.filter(pk__in=event_ids).order_by("pk"):
            core_events.dispatch(event)


# What facts tell, for PostgreSQL's format().
PAYLOAD = '{"customerId": "%s", "segmentId": "%s"}'
# A UUIDv7 made by the server: a million of them should not travel.
UUID7 = """encode(set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid()) placing substring(int8send(
            (extract(epoch from clock_timestamp()) * 1000)::bigint
        ) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid"""
# The customers are locked in order, as purchases lock them.
WRITE = f"""
with changed as materialized (
    select c.id, c.uuid, d.fits
    from unnest(%(ids)s::bigint[], %(versions)s::int[], %(fits)s::boolean[]) d (id, version, fits)
    join accounts_customer c on c.id = d.id and c.version = d.version
    order by c.id
    for no key update of c
), added as (
    insert into accounts_segmentmembership (segment_id, customer_id, since)
    select %(segment)s::bigint, id, %(now)s::timestamptz from changed where fits order by id
    on conflict (customer_id, segment_id) do nothing
    returning customer_id
), removed as (
    delete from accounts_segmentmembership m using changed c
    where m.segment_id = %(segment)s and m.customer_id = c.id and not c.fits
    returning m.customer_id
), moved as (
    select customer_id, %(added)s::text as type from added
    union all
    select customer_id, %(removed)s::text from removed
)
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select
    {UUID7},
    %(store)s::bigint, moved.type, changed.uuid, changed.id,
    format(%(payload)s::text, changed.uuid, %(segment_uuid)s::uuid)::jsonb, %(now)s
from moved join changed on changed.id = moved.customer_id
order by changed.id
returning id, type
"""  # noqa: S608  # the one thing put in is ours
EMPTY = f"""
with removed as (
    delete from accounts_segmentmembership where segment_id = %(segment)s::bigint
    returning customer_id
)
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select
    {UUID7},
    %(store)s::bigint, %(removed)s::text, c.uuid, c.id,
    format(%(payload)s::text, c.uuid, %(segment_uuid)s::uuid)::jsonb, %(now)s::timestamptz
from removed join accounts_customer c on c.id = removed.customer_id
order by c.id
returning id
"""  # noqa: S608  # as above


# One customer


def recheck(
    *, customer: Customer, now: datetime, is_after_purchase: bool = False
) -> tuple[str, ...]:
    """
    Bring one locked customer's memberships up to date, in one statement; return the facts' types.

    `is_after_purchase`: look only at the segments that a purchase can change. No statement runs
    where the store has none, once the process knows its segments.
    """
    assert connection.in_atomic_block
    active = definitions.get_active(customer.store)
    checked = [d for d in active if d.follows_purchases] if is_after_purchase else list(active)
    if not checked:
        return ()
    return _recheck(customer, customer.store, checked, now)


def _recheck_of(event: Event) -> None:
    """Check the customer of a fact again: the switchboard's handler (SG-5)."""
    assert event.customer_id is not None
    assert event.store is not None
    if definitions.get_active(event.store):
        customer = Customer.objects.only("pk", "uuid").get(pk=event.customer_id)
        customer.store = event.store
        recheck(customer=customer, now=event.recorded_at)


recheck_of = core_events.OnlyIn(lambda store: bool(definitions.get_active(store)), _recheck_of)


def recheck_many(*, customers: Sequence[Customer], store: Store, now: datetime) -> None:
    """
    Do what `recheck` does after a purchase for many locked customers of a store, by one statement.

    No statement runs where no segment follows purchases.
    """
    assert connection.in_atomic_block
    checked = [each for each in definitions.get_active(store) if each.follows_purchases]
    if not checked or not customers:
        return
    query = queries.Query(store, now, is_for_many=True)
    statement = RECHECK_MANY.replace("-- tests", _tests(checked, query))
    changed: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for customer_id, segment_id, is_added in sql.write(
        statement,
        query.arguments
        | {"customers": [each.pk for each in customers], "checked": [each.id for each in checked]},
    ):
        changed[customer_id].append((segment_id, is_added))
    for customer in customers:
        _tell(customer, changed[customer.pk], checked, now)


def _recheck(
    customer: Customer, store: Store, checked: Sequence[Definition], now: datetime
) -> tuple[str, ...]:
    query = queries.Query(store, now, is_for_one=True)
    statement = RECHECK.replace("-- tests", _tests(checked, query))
    ids = [segment.id for segment in checked]
    rows = sql.write(statement, query.arguments | {"customer": customer.pk, "checked": ids})
    _tell(customer, rows, checked, now)
    return tuple(
        events.ADDED_TO_SEGMENT if is_added else events.REMOVED_FROM_SEGMENT for _, is_added in rows
    )


def _tests(checked: Sequence[Definition], query: queries.Query) -> str:
    """Return for each segment its number and whether a customer `c` fits, as rows of VALUES."""
    compilers = criteria.compilers()
    return ", ".join(
        f"({query.bind(segment.id, 'bigint')}, {queries.fits(segment.parts, query, compilers)})"
        for segment in checked
    )


def _tell(
    customer: Customer,
    changes: Sequence[sql.Row],
    checked: Sequence[Definition],
    now: datetime,
) -> None:
    """Append the facts of a customer's changes: pairs of a segment's number and is it added."""
    by_id = {segment.id: segment.uuid for segment in checked}
    for segment_id, is_added in changes:
        tell = (
            events.customer_added_to_segment if is_added else events.customer_removed_from_segment
        )
        tell(customer, segment_uuid=by_id[segment_id], now=now)


# A segment that is being deleted is waited for, and then gone: its key is shared before a row that
# refers to it is written.
RECHECK = """
with c as materialized (
    select * from accounts_customer
    where id = %(customer)s::bigint and store_id = %(store)s::bigint and status = 'active'
), wanted as materialized (
    select t.segment_id from c cross join lateral (values -- tests
    ) t (segment_id, fits) where t.fits
), present as (
    select segment_id from accounts_segmentmembership
    where customer_id = %(customer)s and segment_id = any(%(checked)s::bigint[])
), arriving as (
    select s.id from accounts_segment s
    where s.is_active and s.id in (select segment_id from wanted)
        and s.id not in (select segment_id from present)
    for key share
), added as (
    insert into accounts_segmentmembership (segment_id, customer_id, since)
    select id, %(customer)s, %(now)s::timestamptz from arriving
    on conflict (customer_id, segment_id) do nothing
    returning segment_id
), removed as (
    delete from accounts_segmentmembership m
    using accounts_segment s
    where m.customer_id = %(customer)s and m.segment_id = any(%(checked)s)
        and m.segment_id not in (select segment_id from wanted)
        and s.id = m.segment_id and s.is_active
    returning m.segment_id
)
select segment_id, true from added union all select segment_id, false from removed order by 2, 1
"""
# The same for many customers.
RECHECK_MANY = """
with c as materialized (
    select * from accounts_customer
    where id = any(%(customers)s::bigint[]) and store_id = %(store)s::bigint and status = 'active'
), wanted as materialized (
    select c.id as customer_id, t.segment_id from c cross join lateral (values -- tests
    ) t (segment_id, fits) where t.fits
), present as (
    select customer_id, segment_id from accounts_segmentmembership
    where customer_id = any(%(customers)s) and segment_id = any(%(checked)s::bigint[])
), kept as materialized (
    select id from accounts_segment where is_active and id = any(%(checked)s) for key share
), added as (
    insert into accounts_segmentmembership (segment_id, customer_id, since)
    select segment_id, customer_id, %(now)s::timestamptz
    from (select * from wanted except select * from present) arriving
    where segment_id in (select id from kept)
    order by customer_id, segment_id
    on conflict (customer_id, segment_id) do nothing
    returning customer_id, segment_id
), removed as (
    delete from accounts_segmentmembership m
    using kept
    where m.customer_id = any(%(customers)s) and m.segment_id = kept.id
        and (m.customer_id, m.segment_id) not in (select customer_id, segment_id from wanted)
    returning m.customer_id, m.segment_id
)
select customer_id, segment_id, true from added
union all select customer_id, segment_id, false from removed
order by 3, 2
"""
