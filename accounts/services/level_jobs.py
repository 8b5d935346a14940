"""
The end of a level's period: assess whoever has had their level for N days (LV-14…16).

One statement per chunk computes the amounts, moves, writes history and facts and starts the new
period. What is done stands in the customers' rows, so the job may stop anywhere and start again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from accounts.ledger import facts, lots, wallets
from accounts.models import LevelChangeReason
from accounts.selectors import qualifying
from accounts.selectors.ladder import Ladder, get_ladder
from accounts.selectors.standing import downgrade_days
from accounts.services import level_moves
from loyalty.core import clock, sql
from loyalty.core.jobs import Run
from loyalty.core.models import Store
from loyalty.core.store_settings import DowngradeBase, DowngradeMode, TierBasis

# Customers per transaction: a till waits for one of them no longer than a chunk takes.
CHUNK = 5_000
# With a reset each customer's points are written, too.
RESET_CHUNK = 1_000
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: periods ended, and customers who changed their level by it."""

    assessed: int = 0
    moved: int = 0

    def __add__(self, other: "Done") -> "Done":
        return Done(self.assessed + other.assessed, self.moved + other.moved)


@dataclass(slots=True)
class _Place:
    """
    How far a run has come along the index of `DUE`.

    Only so that it need not step over the dead entries of those whose period it has ended; a new
    run begins at the start.
    """

    since: datetime = LONG_AGO
    customer_id: int = 0


def recalculate_all(now: datetime | None = None, *, run: Run | None = None) -> Done:
    """
    Recalculate the levels of all stores that let them end after some days.

    `now`: for tests; None is the clock at each chunk.
    """
    total, run = Done(), run or Run()
    stores = Store.objects.filter(
        is_active=True,
        setting_values__tierAssignType=TierBasis.POINTS,
        setting_values__levelDowngradeMode=DowngradeMode.AFTER_X_DAYS,
    )
    for store in stores.order_by("pk"):
        total += recalculate(store, now=now, run=run)
    return total


def recalculate(
    store: Store, *, now: datetime | None = None, chunk: int | None = None, run: Run | None = None
) -> Done:
    """
    Assess the customers of a store whose period has ended, by chunks, until none is left.

    Per customer: count, move, start the new period, and where the store wants it reset the points
    (LV-15, LV-16). Members by hand start a new period, and nothing else happens to them (C5).
    """
    total, place, run = Done(), _Place(), run or Run()
    while True:
        with run.chunk() as counts:
            done = _recalculate_chunk(store, now or clock.now(), chunk, place)
            counts.update(assessed=done.assessed, moved=done.moved)
        total += done
        if not done.assessed:
            return total


def _recalculate_chunk(store: Store, now: datetime, chunk: int | None, place: _Place) -> Done:
    settings = store.settings
    is_reset = (
        settings.level_reset_points_on_downgrade
        and settings.level_downgrade_base == DowngradeBase.ACTIVE_POINTS
    )
    due_before = now - timedelta(days=downgrade_days(settings.level_downgrade_days))
    arguments = {
        "store": store.pk,
        "due_before": due_before,
        "since": place.since,
        "above": place.customer_id,
        "limit": chunk or (RESET_CHUNK if is_reset else CHUNK),
    }
    found = sql.write(DUE, arguments)
    if not found:
        return Done()
    place.customer_id, place.since = found[-1]
    locked = sql.write(LOCK_CUSTOMERS, {"customers": [row[0] for row in found]})
    owners: dict[int, int | None] = dict(locked)
    if is_reset:
        # After the customers, as everywhere; before their points are counted.
        wallets.lock(owners)
    conditions, levels = _thresholds(get_ladder(store))
    [(assessed, events, automatic)] = sql.write(
        RECALCULATE[qualifying.base_of(settings)],
        {
            "customers": list(owners.values()),
            "store": store.pk,
            "due_before": due_before,
            "now": now,
            "conditions": conditions,
            "levels": levels,
            "reason": LevelChangeReason.RECALCULATION.value,
        },
    )
    if is_reset:
        chosen = set(automatic)
        lots.reset_many({w: c for w, c in owners.items() if c in chosen}, now=now)
    facts.dispatch_written("customer.moved_to_level", events)
    return Done(assessed, len(events))


def _thresholds(ladder: Ladder) -> tuple[Sequence[object], Sequence[int]]:
    """Return the conditions of the active levels, rising, and of each the best level (LV-1)."""
    active = (step for step in ladder.steps if step.is_active)
    # The steps are sorted by condition, then by reward: the last of a group is the best.
    best = {
        condition: [*steps][-1].id
        for condition, steps in groupby(active, key=lambda step: step.condition_value)
    }
    return list(best), list(best.values())


DUE = """
select id, coalesce(last_level_recalculation_at, created_at) from accounts_customer
where store_id = %(store)s and status <> 'deleted'
    and coalesce(last_level_recalculation_at, created_at) <= %(due_before)s::timestamptz
    and (coalesce(last_level_recalculation_at, created_at), id)
        > (%(since)s::timestamptz, %(above)s::bigint)
order by coalesce(last_level_recalculation_at, created_at), id
limit %(limit)s::bigint
"""

# The rows are locked after the sort, in its order, so that two callers cannot deadlock.
LOCK_CUSTOMERS = """
select wallet_id, id from accounts_customer
where id = any(%(customers)s::bigint[]) order by id for no key update
"""

_RECALCULATE = """
with counted as (
    select c.id, c.uuid, c.level_id, c.manually_assigned_level_id is not null as is_manual,
        case when c.manually_assigned_level_id is null then
            -- Below the first condition the bucket is 0, and the array has no such element.
            (%(levels)s::bigint[])[width_bucket({amount}, %(conditions)s::numeric[])]
        end as target_id
    from accounts_customer c
    where c.id = any(%(customers)s::bigint[])
        and coalesce(c.last_level_recalculation_at, c.created_at) <= %(due_before)s::timestamptz
), moved as materialized (
    select * from counted where target_id is distinct from level_id and target_id is not null
), period as (
    update accounts_customer c
    set last_level_recalculation_at = %(now)s::timestamptz,
        level_id = coalesce(d.target_id, c.level_id),
        version = c.version + (m.id is not null)::int,
        updated_at = case when m.id is null then c.updated_at else %(now)s end
    from counted d left join moved m on m.id = d.id
    where c.id = d.id
    returning c.id, d.is_manual
), {write_moves}
select (select count(*) from period), array(select id from event),
    array(select id from period where not is_manual)
"""

RECALCULATE = {
    base: _RECALCULATE.format(amount=amount, write_moves=level_moves.WRITE_MOVES)
    for base, amount in qualifying.AMOUNTS.items()
}
