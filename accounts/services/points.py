"""
What people and rules do with a customer's points. Source: domain spec PA and PE.

Each command locks the customer's wallet until the transaction ends, and runs inside the caller's
transaction where there is one. Where levels follow points it locks the customer first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.ledger import (
    amounts,
    cancelling,
    debits,
    earns,
    holds,
    lots,
    reverting,
    spending_many,
    sql,
    taking_back,
)
from accounts.ledger.debits import Debit
from accounts.ledger.earns import Earn
from accounts.ledger.errors import InsufficientPoints as InsufficientPoints
from accounts.ledger.errors import InvalidAmount as InvalidAmount
from accounts.ledger.errors import (
    NotCancellable,
    NotExpirable,
    NotPending,
)
from accounts.ledger.errors import SameWallet as SameWallet
from accounts.ledger.models import Issuer, Lot, Posting, PostingKind, PostingStatus, WalletKind
from accounts.ledger.wallets import Holder
from accounts.models import Customer
from accounts.selectors import qualifying
from accounts.services import customer_locks, points_dates
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.models import Store
from loyalty.core.services import audit


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
    with _changing(customer, actor=actor):
        lot = earns.earn(order, now=now)
        _audit(actor, "AddPoints", customer, lot.uuid, amount, comment, now)
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
        customer_locks.lock_for_points(store, {grant.customer.pk for grant in grants})
        return earns.earn_many(orders, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """One line of `spend_many`; the fields are the arguments of `spend`."""

    customer: Customer
    amount: Decimal
    issuer: str = Issuer.SYSTEM
    comment: str = ""


def spend_many(
    *, store: Store, spends: Sequence[Spend], now: datetime | None = None
) -> list[UUID | DomainError]:
    """
    Take points from many customers of a store at once, each of them once; otherwise as `spend`.

    Returns for each the id of its posting, or why it is refused; that stops no other.
    """
    now = now or timezone.now()
    assert all(spend.customer.store_id == store.pk for spend in spends)
    orders = [
        Debit(
            holder=_holder(spend.customer),
            amount=spend.amount,
            issuer=spend.issuer,
            comment=spend.comment,
        )
        for spend in spends
    ]
    with sql.atomic():
        customer_locks.lock_for_points(store, {spend.customer.pk for spend in spends})
        return [*spending_many.spend_many(orders, now=now)]


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
    with _changing(customer, actor=actor):
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
    with _changing(customer, actor=actor):
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
    with _changing(sender, receiver, actor=actor):
        posting = debits.transfer(order, receiver=_holder(receiver), now=now)
        _audit(actor, "TransferPoints", sender, posting.uuid, amount, comment, now)
    return posting


def take_back(
    *,
    customer: Customer,
    sale_uuid: UUID,
    return_uuid: UUID,
    amount: Decimal,
    comment: str = "",
    now: datetime | None = None,
) -> Posting:
    """
    Take back what a returned purchase brought: `amount`, or what of it is there (TX-19, TX-20).

    Its own lots give first, pending ones too, then the oldest active ones. The transfer shows
    `amount` all the same. One for each return: a repetition returns the first.
    """
    with _changing(customer):
        return taking_back.take_back(
            holder=_holder(customer),
            sale_uuid=sale_uuid,
            return_uuid=return_uuid,
            amount=amount,
            comment=comment,
            now=now or timezone.now(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """One line of `take_back_many`; the fields are the arguments of `take_back`."""

    customer: Customer
    sale_uuid: UUID
    return_uuid: UUID
    amount: Decimal


def take_back_many(*, store: Store, orders: Sequence[TakeBack], now: datetime) -> None:
    """Take back what many returns cost, each of another customer; otherwise as `take_back`."""
    taking_back.take_back_many(
        [
            taking_back.TakeBack(
                holder=_holder(order.customer),
                sale_uuid=order.sale_uuid,
                return_uuid=order.return_uuid,
                amount=order.amount,
            )
            for order in orders
        ],
        store=store,
        now=now,
    )


def cancel(
    *,
    store: Store,
    transfer_uuid: UUID,
    now: datetime | None = None,
    comment: str = "",
    actor: Actor | None = None,
) -> Posting:
    """
    Cancel an adding transfer, of which only what is left goes (PA-13), or a block (PA-7).

    `comment`: why, for the audit trail.

    :raises NotFound: the store has no such transfer.
    :raises NotCancellable: it is of another type, has expired or was cancelled (PA-5).
    """
    now = now or timezone.now()
    with sql.atomic():
        if lot := Lot.objects.in_store(store).filter(uuid=transfer_uuid).first():
            customer = _owner(lot.wallet_id)
            customer_locks.lock_for_points(store, [customer.pk])
            posting = cancelling.cancel(lot, holder=_holder(customer), now=now, issuer=_by(actor))
            _audit(actor, "CancelPoints", customer, transfer_uuid, posting.amount, comment, now)
            return posting
        held = _find_debit(store, transfer_uuid)
        if held.status != PostingStatus.HELD:
            raise NotCancellable
        customer = _owner(held.from_wallet_id)
        customer_locks.lock_for_points(store, [customer.pk])
        posting = holds.release(held, holder=_holder(customer), now=now)
        _audit(actor, "UnblockPoints", customer, transfer_uuid, posting.amount, comment, now)
        return posting


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
        lot, customer = _find_lot(store, transfer_uuid, NotPending)
        customer_locks.lock_for_points(store, [customer.pk])
        lot = lots.activate(lot, holder=_holder(customer), now=now)
        _audit(actor, "ActivatePoints", customer, transfer_uuid, lot.free, "", now)
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
        lot, customer = _find_lot(store, transfer_uuid, NotExpirable)
        customer_locks.lock_for_points(store, [customer.pk])
        lot = lots.expire(lot, holder=_holder(customer), now=now)
        _audit(actor, "ExpirePoints", customer, transfer_uuid, lot.expired, "", now)
    return lot


def reset(*, customer: Customer, now: datetime | None = None) -> int:
    """Expire all that a customer has, pending points too (PA-6); return how many transfers."""
    with _changing(customer):
        return lots.reset(holder=_holder(customer), now=now or timezone.now())


def revert(
    *,
    store: Store,
    posting: Posting,
    now: datetime | None = None,
    actor: Actor | None = None,
) -> Posting:
    """
    Undo an earn, a spend or a transfer in full, or not at all; return the counter-posting.

    Units that come back after their date are valid for `pointsReturnGraceDays` more.

    :raises NotRevertible: another kind, not captured, or reverted before.
    :raises InsufficientPoints: who received the points has too few left.
    """
    assert posting.store_id == store.pk
    now = now or timezone.now()
    with sql.atomic():
        payer = None if posting.kind == PostingKind.EARN else _owner(posting.from_wallet_id)
        receiver = None
        if posting.kind in {PostingKind.EARN, PostingKind.TRANSFER}:
            assert posting.to_wallet_id is not None
            receiver = _owner(posting.to_wallet_id)
        owners = [owner.pk for owner in (payer, receiver) if owner is not None]
        customer_locks.lock_for_points(store, owners)
        counter = reverting.revert(
            posting,
            now=now,
            payer=None if payer is None else _holder(payer),
            receiver=None if receiver is None else _holder(receiver),
            returned_until=points_dates.get_returned_until(store.settings, now=now),
            issuer=_by(actor),
        )
        customer = payer or receiver
        assert customer is not None
        _audit(actor, "RevertPoints", customer, posting.uuid, counter.amount, "", now)
    return counter


@contextmanager
def _changing(*customers: Customer, actor: Actor | None = None) -> Iterator[None]:
    """
    Hold together what changes with the points of customers: their levels, the entry for `actor`.

    Where neither is written, a posting is a whole by itself and needs no transaction around it.
    """
    store = customers[0].store
    if actor is None and not qualifying.follows_points(store):
        yield
        return
    with sql.atomic():
        customer_locks.lock_for_points(store, [customer.pk for customer in customers])
        yield


def _holder(customer: Customer) -> Holder:
    return Holder(wallet_id=customer.wallet_id, customer_id=customer.pk, store=customer.store)


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
        uuid=grant.uuid,
    )


def _by(actor: Actor | None) -> str:
    return Issuer.SYSTEM if actor is None else actor.issuer


def _owner(wallet_id: int) -> Customer:
    return Customer.objects.select_related("store").get(wallet_id=wallet_id)


def _find_debit(store: Store, transfer_uuid: UUID) -> Posting:
    posting: Posting | None = (
        Posting.objects.in_store(store)
        .filter(uuid=transfer_uuid, from_wallet__kind=WalletKind.CUSTOMER)
        .first()
    )
    if posting is None:
        raise NotFound
    return posting


def _find_lot(
    store: Store, transfer_uuid: UUID, refusal: type[DomainError]
) -> tuple[Lot, Customer]:
    """Return an adding transfer; a debit of that id raises `refusal`."""
    lot = Lot.objects.in_store(store).filter(uuid=transfer_uuid).first()
    if lot is None:
        _find_debit(store, transfer_uuid)
        raise refusal
    return lot, _owner(lot.wallet_id)


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
            data=audited(customer, amount, comment),
            now=now,
        )


def audited(customer: Customer, amount: Decimal, comment: str) -> dict[str, str]:
    """Return what the trail keeps of a change by hand."""
    return {
        "customerId": str(customer.uuid),
        "points": amounts.text(amount),
        "comment": comment,
    }
