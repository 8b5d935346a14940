"""Do by hand what time would do to points: unlock and expire them. Source: PA-3, PA-4, PA-6."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.ledger import lots, sql
from accounts.ledger.errors import NotExpirable, NotPending
from accounts.ledger.models import Lot
from accounts.models import Customer
from accounts.services import customer_locks
from accounts.services.points.changes import changing, find_lot, holder_of, record
from loyalty.core.actors import Actor
from loyalty.core.models import Store


def activate(
    *,
    store: Store,
    transfer_uuid: UUID,
    now: datetime | None = None,
    actor: Actor | None = None,
) -> Lot:
    """
    Unlock a pending transfer before its time (PA-3).

    :raises NotFound: the store has no such transfer.
    :raises NotPending: it is not pending.
    """
    now = now or timezone.now()
    with sql.atomic():
        lot, customer = find_lot(store, transfer_uuid, NotPending)
        customer_locks.lock_for_points(store, [customer.pk])
        lot = lots.activate(lot, holder=holder_of(customer), now=now)
        record(actor, "ActivatePoints", customer, transfer_uuid, lot.free, "", now)
    return lot


def expire(
    *,
    store: Store,
    transfer_uuid: UUID,
    now: datetime | None = None,
    actor: Actor | None = None,
) -> Lot:
    """
    Expire an active adding or received transfer now (PA-4).

    :raises NotFound: the store has no such transfer.
    :raises NotExpirable: it is of another type, pending, expired or cancelled.
    """
    now = now or timezone.now()
    with sql.atomic():
        lot, customer = find_lot(store, transfer_uuid, NotExpirable)
        customer_locks.lock_for_points(store, [customer.pk])
        lot = lots.expire(lot, holder=holder_of(customer), now=now)
        record(actor, "ExpirePoints", customer, transfer_uuid, lot.expired, "", now)
    return lot


def reset(*, customer: Customer, now: datetime | None = None) -> int:
    """Expire all that a customer has, pending points too (PA-6); return how many transfers."""
    with changing(customer):
        return lots.reset(holder=holder_of(customer), now=now or timezone.now())
