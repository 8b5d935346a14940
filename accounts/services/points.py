"""
What people and rules do with a customer's points. Source: domain spec PA and PE.

Each command locks the customer's wallet until the transaction ends, and runs inside the caller's
transaction where there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.ledger import amounts, credits, debits, sql
from accounts.ledger.credits import Earn
from accounts.ledger.debits import Debit
from accounts.ledger.errors import InsufficientPoints, InvalidAmount, SameWallet
from accounts.ledger.models import Issuer, Lot, Posting
from accounts.ledger.wallets import Holder
from accounts.models import Customer
from accounts.services import points_dates
from loyalty.core.actors import Actor
from loyalty.core.models import Store
from loyalty.core.services import audit

__all__ = ["Grant", "InsufficientPoints", "InvalidAmount", "SameWallet"]


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
    granted, if not now; lock and validity count from it. `key`: a repeated call returns its first lot.
    `actor`: the person who does it by hand, for the audit trail.

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
    with sql.atomic():
        lot = credits.earn(order, now=now)
        _audit(actor, "AddPoints", customer, lot.uuid, amount, comment, now)
    return lot


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One line of `add_many`; the fields are the arguments of `add`."""

    customer: Customer
    amount: Decimal
    issuer: str = Issuer.SYSTEM
    comment: str = ""
    key: str | None = None
    effective_at: datetime | None = None
    transaction_uuid: UUID | None = None
    invitation_uuid: UUID | None = None
    expires_at: datetime | BySettings | None = BY_SETTINGS


def add_many(*, store: Store, grants: Sequence[Grant], now: datetime | None = None) -> list[Lot]:
    """Give points to many customers of a store at once, all or none; otherwise as `add`."""
    now = now or timezone.now()
    assert all(grant.customer.store_id == store.pk for grant in grants)
    return credits.earn_many([_order(store, grant, now) for grant in grants], now=now)


def spend(
    *,
    customer: Customer,
    amount: Decimal,
    issuer: str,
    comment: str = "",
    key: str | None = None,
    now: datetime | None = None,
    effective_at: datetime | None = None,
    transaction_uuid: UUID | None = None,
    actor: Actor | None = None,
) -> Posting:
    """
    Take points from a customer's lots, in the point type's spend order (PA-9…11).

    `key`: a repeated call returns its first posting.

    :raises InsufficientPoints: less than `amount` is active; nothing was written.
    :raises InvalidAmount: not above zero, or not an amount of the store's points (PA-22).
    """
    now = now or timezone.now()
    order = Debit(
        holder=_holder(customer),
        amount=amount,
        issuer=issuer,
        comment=comment,
        key=key,
        effective_at=effective_at,
        transaction_uuid=transaction_uuid,
    )
    with sql.atomic():
        posting = debits.spend(order, now=now)
        _audit(actor, "SpendPoints", customer, posting.uuid, amount, comment, now)
    return posting


def block(
    *,
    customer: Customer,
    amount: Decimal,
    issuer: str,
    comment: str = "",
    key: str | None = None,
    now: datetime | None = None,
    actor: Actor | None = None,
) -> Posting:
    """
    Set a customer's points aside until the block is cancelled (PA-28). Refuses what `spend` does.
    """
    now = now or timezone.now()
    order = Debit(holder=_holder(customer), amount=amount, issuer=issuer, comment=comment, key=key)
    with sql.atomic():
        posting = debits.hold(order, now=now)
        _audit(actor, "BlockPoints", customer, posting.uuid, amount, comment, now)
    return posting


def transfer(
    *,
    sender: Customer,
    receiver: Customer,
    amount: Decimal,
    issuer: str = Issuer.API,
    comment: str = "",
    key: str | None = None,
    now: datetime | None = None,
    actor: Actor | None = None,
) -> Posting:
    """
    Send points from one customer to another of the same store (PA-15…18). Locks both wallets.

    The receiver gets one lot for each of the sender's that the points come from, with its expiry.

    :raises SameWallet: sender and receiver are one.
    :raises InsufficientPoints: the sender has less than `amount` active; nothing was written.
    """
    assert sender.store_id == receiver.store_id, "Points stay in their store."
    now = now or timezone.now()
    order = Debit(holder=_holder(sender), amount=amount, issuer=issuer, comment=comment, key=key)
    with sql.atomic():
        posting = debits.transfer(order, receiver=_holder(receiver), now=now)
        _audit(actor, "TransferPoints", sender, posting.uuid, amount, comment, now)
    return posting


def _holder(customer: Customer) -> Holder:
    return Holder(wallet_id=customer.wallet_id, customer_id=customer.pk)


def _order(store: Store, grant: Grant, now: datetime) -> Earn:
    settings = store.settings
    granted_at = grant.effective_at or now
    active_from = points_dates.get_active_from(settings, granted_at=granted_at)
    expires_at = grant.expires_at
    if isinstance(expires_at, BySettings):
        expires_at = points_dates.get_expires_at(settings, starts_at=active_from or granted_at)
    return Earn(
        holder=_holder(grant.customer),
        amount=grant.amount,
        issuer=grant.issuer,
        comment=grant.comment,
        key=grant.key,
        active_from=active_from,
        expires_at=expires_at,
        effective_at=grant.effective_at,
        transaction_uuid=grant.transaction_uuid,
        invitation_uuid=grant.invitation_uuid,
    )


def _audit(
    actor: Actor | None,
    event_type: str,
    customer: Customer,
    transfer_uuid: UUID,
    amount: Decimal,
    comment: str,
    now: datetime,
) -> None:
    """Record what a person did by hand; what rules do is in the facts already."""
    if actor is not None:
        audit.record(
            actor,
            store=customer.store,
            event_type=event_type,
            entity_type="PointsTransfer",
            entity_id=transfer_uuid,
            data={
                "customerId": str(customer.uuid),
                "points": amounts.text(amount),
                "comment": comment,
            },
            now=now,
        )
