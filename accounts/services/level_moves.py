"""How a customer comes to a level: by what they bought, or by hand. Source: LV 4.2, 4.4."""

from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from accounts import events
from accounts.models import Customer, Level, LevelChange, LevelChangeReason
from accounts.selectors.ladder import Ladder, Step, get_ladder
from accounts.services import customer_locks
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import audit
from loyalty.core.store_settings import TierBasis


class LevelNotActive(DomainError):
    """This level is not active."""

    code = "level_not_active"
    field = "level"


class NotAssignedManually(DomainError):
    """Customer is not assigned to level manually"""

    code = "not_assigned_manually"


def qualifying_amount(customer: Customer) -> Decimal:
    """Return the amount that decides the level on the `transactions` basis. Source: LV 4.2."""
    settings = customer.store.settings
    if settings.exclude_delivery_costs_from_tier_assignment:
        return customer.transactions_amount_without_delivery - customer.amount_excluded_for_level
    return customer.transactions_amount - customer.amount_excluded_for_level


def reassess(*, customer: Customer, reason: LevelChangeReason, now: datetime) -> None:
    """
    Move a locked customer to the level that their purchases have earned, up or down (LV-6).

    Leaves alone: members of a level by hand (decision C5), stores whose levels follow points, and
    customers whose amount meets no active level.
    """
    assert connection.in_atomic_block
    if customer.manually_assigned_level_id is not None:
        return
    if customer.store.settings.tier_assign_type != TierBasis.TRANSACTIONS:
        return
    ladder = get_ladder(customer.store)
    target = ladder.target(qualifying_amount(customer))
    if target is None or target.id == customer.level_id:
        return
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
    place_manually(locked, level, now=now)
    _record(actor, locked, "MoveCustomerToLevel", {"levelId": str(level.uuid)}, now)
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
    release(locked, now=now)
    _record(actor, locked, "RemoveManuallyAssignedLevel", {}, now)
    return locked


def release(customer: Customer, *, now: datetime) -> None:
    """Take the mark of a locked customer's level chosen by hand, and reassess it."""
    customer.manually_assigned_level = None
    customer.updated_at = now
    customer.save(update_fields=["manually_assigned_level", "updated_at"])
    reassess(customer=customer, reason=LevelChangeReason.MANUAL_REMOVED, now=now)


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
    customer.save(update_fields=["level", "manually_assigned_level", "version", "updated_at"])
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


def _pk(level: Level | Step) -> int:
    return level.id


def _current(customer: Customer, ladder: Ladder) -> Level | Step | None:
    """Return the customer's level; from the database where the ladder is older than the level."""
    if customer.level_id is None:
        return None
    return ladder.by_id.get(customer.level_id) or customer.level


def _record(
    actor: Actor, customer: Customer, event_type: str, data: dict[str, object], now: datetime
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
