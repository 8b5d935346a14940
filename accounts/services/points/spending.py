"""Take points from customers: spend, set aside, send to another. Source: PA-9…18, PA-28."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from accounts.ledger import debits, spending_many, sql
from accounts.ledger.debits import Debit
from accounts.ledger.models import Issuer, Posting
from accounts.models import Customer
from accounts.services import customer_locks
from accounts.services.points.changes import changing, holder_of, record
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store


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
        holder=holder_of(customer),
        amount=amount,
        issuer=issuer,
        comment=comment,
        key=key,
        effective_at=effective_at,
        transaction_uuid=transaction_uuid,
    )
    with changing(customer, actor=actor):
        posting = debits.spend(order, now=now)
        record(actor, "SpendPoints", customer, posting.uuid, amount, comment, now)
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
    order = Debit(
        holder=holder_of(customer), amount=amount, issuer=issuer, comment=comment, key=key
    )
    with changing(customer, actor=actor):
        posting = debits.hold(order, now=now)
        record(actor, "BlockPoints", customer, posting.uuid, amount, comment, now)
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
    order = Debit(holder=holder_of(sender), amount=amount, issuer=issuer, comment=comment, key=key)
    with changing(sender, receiver, actor=actor):
        posting = debits.transfer(order, receiver=holder_of(receiver), now=now)
        record(actor, "TransferPoints", sender, posting.uuid, amount, comment, now)
    return posting


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
            holder=holder_of(spend.customer),
            amount=spend.amount,
            issuer=spend.issuer,
            comment=spend.comment,
        )
        for spend in spends
    ]
    with sql.atomic():
        customer_locks.lock_for_points(store, {spend.customer.pk for spend in spends})
        return [*spending_many.spend_many(orders, now=now)]
