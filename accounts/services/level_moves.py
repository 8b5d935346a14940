"""
How a customer comes to a level: by what they bought, by their points, or by hand.

Source: LV 4.2…4.4. The job that moves customers after some days is `level_jobs`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter

from django.db import connection, transaction

from accounts import events
from accounts.ledger import facts as ledger_facts
from accounts.models import Customer, Level, LevelChange, LevelChangeReason
from accounts.selectors import qualifying
from accounts.selectors.ladder import Ladder, Step, get_ladder, is_worse
from accounts.services import customer_locks, totals
from loyalty.core import clock, sql
from loyalty.core import events as core_events
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Event, Store
from loyalty.core.services import audit
from loyalty.core.store_settings import DowngradeBase, DowngradeMode


class LevelNotActive(DomainError):
    """This level is not active."""

    code = "level_not_active"
    field = "level"


class NotAssignedManually(DomainError):
    """Customer is not assigned to level manually"""

    code = "not_assigned_manually"


def reassess(*, customer: Customer, reason: LevelChangeReason, now: datetime) -> None:
    """
    Move a locked customer to the level that their purchases have earned, up or down (LV-6).

    Leaves alone: members of a level by hand (decision C5), stores whose levels follow points, and
    customers whose amount meets no active level.
    """
    assert connection.in_atomic_block
    if customer.manually_assigned_level_id is not None:
        return
    if not qualifying.follows_points(customer.store):
        _settle_on(customer, qualifying.amount_of_purchases(customer), reason=reason, now=now)


def reassess_many(
    *, customers: Mapping[Customer, LevelChangeReason], store: Store, now: datetime
) -> None:
    """
    Do what `reassess` does to many locked customers of a store, each for a reason of their own.

    Writes their totals, too, to which `totals.apply` has added with `is_written`: a customer stands
    in many indexes, and to write them once takes half as long as twice. For stores whose levels
    follow purchases.
    """
    assert connection.in_atomic_block
    assert not qualifying.follows_points(store)
    ladder = get_ladder(store)
    changes, facts = [], []
    for customer, reason in customers.items():
        if customer.manually_assigned_level_id is not None:
            continue
        target = ladder.target(qualifying.amount_of_purchases(customer))
        if target is None or target.id == customer.level_id:
            continue
        old = _current(customer, ladder)
        changes.append(
            LevelChange(
                customer=customer,
                old_level_id=customer.level_id,
                new_level_id=target.id,
                reason=reason,
                changed_at=now,
            )
        )
        facts.append(events.level_earned(customer, old_level=old, new_level=target, now=now))
        customer.level_id = target.id
        customer.version += 1
        customer.updated_at = now
    totals.write_many(list(customers))
    if changes:
        LevelChange.objects.bulk_create(changes)
        core_events.append_many(facts)


def follow_points(event: Event) -> None:
    """
    Move the customer of a points fact to the level that their points have earned (LV-7, LV-8).

    Up at once in every mode, down only in the mode `automatic`. Members by hand stay (C5). Where
    levels follow purchases this runs no query; else one, and more for whoever moves.
    """
    store = event.store
    if store is None or event.customer_id is None or not qualifying.follows_points(store):
        return
    now = event.recorded_at
    if _find_move(event.customer_id, store, now) is None:
        return
    [customer] = customer_locks.lock([event.customer_id], store=store)
    # Again: somebody may have moved them before the lock was ours.
    if (target := _find_move(customer.pk, store, now)) is not None:
        old = _current(customer, get_ladder(store))
        _move(customer, old, target, reason=LevelChangeReason.POINTS, now=now)


def follow_points_of(store: Store, facts: Sequence[Event]) -> None:
    """
    Do the same for the customers of many facts of one store, however many: five statements.

    Whom it moves it locks, in primary-key order.
    """
    customer_ids = sorted({fact.customer_id for fact in facts if fact.customer_id is not None})
    if not customer_ids or not qualifying.follows_points(store):
        return
    now = max(fact.recorded_at for fact in facts)
    if not (moves := _find_moves(customer_ids, store, now)):
        return
    customer_locks.lock_for_points(store, moves)
    moves = _find_moves([*moves], store, now)
    [(events_written,)] = sql.write(
        MOVE_MANY,
        {
            "customers": [*moves],
            "targets": [step.id for step in moves.values()],
            "store": store.pk,
            "reason": LevelChangeReason.POINTS.value,
            "counts_anew": _counts_anew_from_move(store),
            "now": now,
        },
    )
    ledger_facts.dispatch_written("customer.moved_to_level", events_written)


def _find_move(customer_id: int, store: Store, now: datetime) -> Step | None:
    """Return the level to which a customer's points move them now; None: they stay."""
    return _find_moves([customer_id], store, now).get(customer_id)


def _find_moves(customer_ids: Sequence[int], store: Store, now: datetime) -> dict[int, Step]:
    """Return the levels to which points move customers now; those who stay are missing."""
    assessed = qualifying.assess_points_of(customer_ids, store=store, now=now)
    found = ((pk, _target_of(assessment, store)) for pk, assessment in assessed.items())
    return {pk: target for pk, target in sorted(found, key=itemgetter(0)) if target is not None}


def _target_of(found: qualifying.Assessment, store: Store) -> Step | None:
    ladder = get_ladder(store)
    target = ladder.target(found.amount)
    if found.is_manual or target is None or target.id == found.level_id:
        return None
    current = ladder.by_id.get(found.level_id) if found.level_id else None
    if current is None or not is_worse(target, current):
        return target
    is_automatic = store.settings.level_downgrade_mode == DowngradeMode.AUTOMATIC
    return target if is_automatic else None


def _settle_on(
    customer: Customer, amount: Decimal, *, reason: LevelChangeReason, now: datetime
) -> None:
    """Move a locked customer to the level of an amount, be it better or worse."""
    ladder = get_ladder(customer.store)
    target = ladder.target(amount)
    if target is not None and target.id != customer.level_id:
        _move(customer, _current(customer, ladder), target, reason=reason, now=now)


@transaction.atomic
def assign_manually(
    *, customer: Customer, level: Level, actor: Actor, now: datetime | None = None
) -> Customer:
    """
    Put a customer into a level by hand; from now on no rule moves them (LV-10, C5).

    Locks the customer. The same level again only marks it as chosen by hand.

    :raises LevelNotActive: members can only be given active levels (LV-4).
    """
    now = now or clock.now()
    if not level.is_active:
        raise LevelNotActive
    [locked] = customer_locks.lock([customer.pk], store=customer.store)
    told = audit.changes({"levelId": locked.level}, {"levelId": level})
    place_manually(locked, level, now=now)
    _record(actor, locked, "MoveCustomerToLevel", told, now)
    return locked


def place_manually(customer: Customer, level: Level, *, now: datetime) -> None:
    """Move a locked customer to a level by hand, without asking who may; see `assign_manually`."""
    assert level.is_active, "Only active levels are given to customers."
    was_there = customer.level_id == level.pk
    customer.manually_assigned_level_id = level.pk
    if was_there:
        customer.updated_at = now
        customer.save(update_fields=["manually_assigned_level", "updated_at"])
        return
    old = _current(customer, get_ladder(customer.store))
    _move(customer, old, level, reason=LevelChangeReason.MANUAL, now=now)


@transaction.atomic
def unassign(*, customer: Customer, actor: Actor, now: datetime | None = None) -> Customer:
    """
    Let the rules decide a customer's level again, at once (LV-12). Locks the customer.

    :raises NotAssignedManually: the level was not chosen by hand.
    """
    now = now or clock.now()
    [locked] = customer_locks.lock([customer.pk], store=customer.store)
    if locked.manually_assigned_level_id is None:
        raise NotAssignedManually
    before = locked.level
    release(locked, now=now)
    told = audit.changes({"levelId": before}, {"levelId": locked.level})
    _record(actor, locked, "RemoveManuallyAssignedLevel", told, now)
    return locked


def release(customer: Customer, *, now: datetime) -> None:
    """
    Take the mark of a locked customer's level chosen by hand, and let the rules choose one.

    Whatever the mode, up or down, by the basis that the store has now (LV-12).
    """
    customer.manually_assigned_level = None
    customer.updated_at = now
    customer.save(update_fields=["manually_assigned_level", "updated_at"])
    if qualifying.follows_points(customer.store):
        amount = qualifying.assess_points(customer.pk, store=customer.store, now=now).amount
    else:
        amount = qualifying.amount_of_purchases(customer)
    _settle_on(customer, amount, reason=LevelChangeReason.MANUAL_REMOVED, now=now)


def enter_first(customer: Customer, level: Level | Step, *, is_manual: bool, now: datetime) -> None:
    """Write down the level that a new customer's row was made with."""
    LevelChange.objects.create(
        customer=customer,
        old_level=None,
        new_level_id=customer.level_id,
        reason=LevelChangeReason.MANUAL if is_manual else LevelChangeReason.REGISTRATION,
        changed_at=now,
    )
    events.customer_moved_to_level(
        customer,
        old_level=None,
        new_level=level,
        is_manual=is_manual,
        is_manual_removed=False,
        now=now,
    )


def _move(
    customer: Customer,
    old: Level | Step | None,
    new: Level | Step,
    *,
    reason: LevelChangeReason,
    now: datetime,
) -> None:
    """Change the level, with its history and its fact (LV-13)."""
    old_level_id = customer.level_id
    customer.level_id = _pk(new)
    customer.version += 1
    customer.updated_at = now
    changed = ["level", "manually_assigned_level", "version", "updated_at"]
    if _counts_anew_from_move(customer.store):
        customer.last_level_recalculation_at = now
        changed.append("last_level_recalculation_at")
    customer.save(update_fields=changed)
    LevelChange.objects.create(
        customer=customer,
        old_level_id=old_level_id,
        new_level_id=_pk(new),
        reason=reason,
        changed_at=now,
    )
    events.customer_moved_to_level(
        customer,
        old_level=old,
        new_level=new,
        is_manual=reason == LevelChangeReason.MANUAL,
        is_manual_removed=reason == LevelChangeReason.MANUAL_REMOVED,
        now=now,
    )


def _counts_anew_from_move(store: Store) -> bool:
    """Return whether each move starts the count of earned points again (LV 4.2)."""
    return (
        qualifying.follows_points(store)
        and qualifying.base_of(store.settings) == DowngradeBase.EARNED_SINCE_LEVEL_CHANGE
    )


def _pk(level: Level | Step) -> int:
    return level.id


def _current(customer: Customer, ladder: Ladder) -> Level | Step | None:
    """Return the customer's level; from the database where the ladder is older than the level."""
    if customer.level_id is None:
        return None
    return ladder.by_id.get(customer.level_id) or customer.level


def _record(
    actor: Actor, customer: Customer, event_type: str, data: Mapping[str, object], now: datetime
) -> None:
    store: Store = customer.store
    audit.record(
        actor,
        store=store,
        event_type=event_type,
        entity_type="Customer",
        entity_id=customer.uuid,
        data=data,
        now=now,
    )


# Writes the history and the facts of the moves in `moved`: customers with `uuid`, from `level_id`
# to `target_id`.
WRITE_MOVES = """
change as (
    insert into accounts_levelchange
        (customer_id, old_level_id, new_level_id, reason, changed_at)
    select id, level_id, target_id, %(reason)s, %(now)s from moved order by id
), event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select ledger_uuid7(), %(store)s, 'customer.moved_to_level', m.uuid, m.id,
        jsonb_build_object(
            'customerId', m.uuid, 'levelId', new.uuid, 'oldLevelId', old.uuid,
            'manually', false, 'removeLevelManually', false,
            'direction', case
                when old.id is null then null
                when (new.reward_value, new.condition_value)
                    < (old.reward_value, old.condition_value) then 'down'
                else 'up' end
        ), %(now)s
    from moved m
    join accounts_level new on new.id = m.target_id
    left join accounts_level old on old.id = m.level_id
    order by m.id
    returning id
)
"""

MOVE_MANY = f"""
with moved as materialized (
    select c.id, c.uuid, c.level_id, m.target_id
    from unnest(%(customers)s::bigint[], %(targets)s::bigint[]) as m (customer_id, target_id)
    join accounts_customer c on c.id = m.customer_id
), customer as (
    update accounts_customer c
    set level_id = m.target_id, version = c.version + 1, updated_at = %(now)s::timestamptz,
        last_level_recalculation_at = case
            when %(counts_anew)s::boolean then %(now)s else c.last_level_recalculation_at
        end
    from moved m where c.id = m.id
), {WRITE_MOVES}
select array(select id from event)
"""  # noqa: S608  # what is put in is ours
