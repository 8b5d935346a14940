"""Take back what was given, and undo what was done. Source: PA-5, PA-7, PA-13, TX-19, TX-20."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from accounts.ledger import cancelling, holds, reverting, sql, taking_back
from accounts.ledger.errors import NotCancellable
from accounts.ledger.models import Lot, Posting, PostingKind, PostingStatus
from accounts.models import Customer
from accounts.services import customer_locks, points_dates
from accounts.services.points.changes import (
    changing,
    find_debit,
    holder_of,
    issuer_of,
    owner_of,
    record,
)
from loyalty.core.actors import Actor
from loyalty.core.models import Store


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
    with changing(customer):
        return taking_back.take_back(
            holder=holder_of(customer),
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
                holder=holder_of(order.customer),
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
            customer = owner_of(lot.wallet_id)
            customer_locks.lock_for_points(store, [customer.pk])
            posting = cancelling.cancel(
                lot, holder=holder_of(customer), now=now, issuer=issuer_of(actor)
            )
            record(actor, "CancelPoints", customer, transfer_uuid, posting.amount, comment, now)
            return posting
        held = find_debit(store, transfer_uuid)
        if held.status != PostingStatus.HELD:
            raise NotCancellable
        customer = owner_of(held.from_wallet_id)
        customer_locks.lock_for_points(store, [customer.pk])
        posting = holds.release(held, holder=holder_of(customer), now=now)
        record(actor, "UnblockPoints", customer, transfer_uuid, posting.amount, comment, now)
        return posting


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
        payer = None if posting.kind == PostingKind.EARN else owner_of(posting.from_wallet_id)
        receiver = None
        if posting.kind in {PostingKind.EARN, PostingKind.TRANSFER}:
            assert posting.to_wallet_id is not None
            receiver = owner_of(posting.to_wallet_id)
        owners = [owner.pk for owner in (payer, receiver) if owner is not None]
        customer_locks.lock_for_points(store, owners)
        counter = reverting.revert(
            posting,
            now=now,
            payer=None if payer is None else holder_of(payer),
            receiver=None if receiver is None else holder_of(receiver),
            returned_until=points_dates.get_returned_until(store.settings, now=now),
            issuer=issuer_of(actor),
        )
        customer = payer or receiver
        assert customer is not None
        record(actor, "RevertPoints", customer, posting.uuid, counter.amount, "", now)
    return counter
