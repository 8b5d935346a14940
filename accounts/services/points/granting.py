"""Give points to customers. Source: PA-1, PA-2, PE."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.ledger import earns, sql
from accounts.ledger.earns import Earn
from accounts.ledger.models import Issuer, Lot
from accounts.models import Customer
from accounts.services import customer_locks, points_dates
from accounts.services.points.changes import changing, holder_of, record
from loyalty.core.actors import Actor
from loyalty.core.models import Store


class BySettings:
    """Stands for: as the store's settings say."""


BY_SETTINGS: Final = BySettings()


def add(
    *,
    customer: Customer,
    amount: Decimal,
    issuer: str,
    comment: str = "",
    key: str | None = None,
    now: datetime | None = None,
    effective_at: datetime | None = None,
    transaction_uuid: UUID | None = None,
    invitation_uuid: UUID | None = None,
    expires_at: datetime | BySettings | None = BY_SETTINGS,
    actor: Actor | None = None,
) -> Lot:
    """
    Give a customer points: a new lot, locked and expiring as the store's settings say (PA-1, PA-2).

    `expires_at`: another end than the settings'; None is never. `effective_at`: when they were
    granted, if not now; lock and validity count from it. `key`: a repeated call returns its first
    lot. `actor`: the person who does it by hand, for the audit trail.

    :raises InvalidAmount: not above zero, or not an amount of the store's points (PA-22).
    """
    now = now or timezone.now()
    order = _order(
        customer.store,
        Grant(
            customer=customer,
            amount=amount,
            issuer=issuer,
            comment=comment,
            key=key,
            effective_at=effective_at,
            transaction_uuid=transaction_uuid,
            invitation_uuid=invitation_uuid,
            expires_at=expires_at,
        ),
        now,
    )
    with changing(customer, actor=actor) as counted_at:
        lot = earns.earn(order, now=_after(counted_at, now))
        record(actor, "AddPoints", customer, lot.uuid, amount, comment, now)
    return lot


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """
    One line of `add_many`; the fields are the arguments of `add`.

    `uuid`: of the transfer, where it has one already.
    """

    customer: Customer
    amount: Decimal
    issuer: str = Issuer.SYSTEM
    comment: str = ""
    key: str | None = None
    effective_at: datetime | None = None
    transaction_uuid: UUID | None = None
    invitation_uuid: UUID | None = None
    expires_at: datetime | BySettings | None = BY_SETTINGS
    uuid: UUID | None = None


def add_many(*, store: Store, grants: Sequence[Grant], now: datetime | None = None) -> list[Lot]:
    """Give points to many customers of a store at once, all or none; otherwise as `add`."""
    now = now or timezone.now()
    assert all(grant.customer.store_id == store.pk for grant in grants)
    orders = [_order(store, grant, now) for grant in grants]
    with sql.atomic():
        counted_at = customer_locks.lock_for_points(store, {g.customer.pk for g in grants})
        return earns.earn_many(orders, now=_after(counted_at, now))


def _after(counted_at: datetime | None, now: datetime) -> datetime:
    """
    Return `now`, or what comes next after points were counted anew for a level.

    Who waited for the customer while that was done, or gives them more by the same purchase, has an
    earlier moment at hand, or the same: these points would belong to no count at all.
    """
    if counted_at is None or now > counted_at:
        return now
    return counted_at + datetime.resolution


def _order(store: Store, grant: Grant, now: datetime) -> Earn:
    settings = store.settings
    granted_at = grant.effective_at or now
    active_from = points_dates.get_active_from(settings, granted_at=granted_at)
    expires_at = grant.expires_at
    if isinstance(expires_at, BySettings):
        expires_at = points_dates.get_expires_at(settings, starts_at=active_from or granted_at)
    return Earn(
        holder=holder_of(grant.customer),
        amount=grant.amount,
        issuer=grant.issuer,
        comment=grant.comment,
        key=grant.key,
        active_from=active_from,
        expires_at=expires_at,
        effective_at=grant.effective_at,
        transaction_uuid=grant.transaction_uuid,
        invitation_uuid=grant.invitation_uuid,
        uuid=grant.uuid,
    )
