"""Revert a posting in full: all that it moved goes back, or nothing does."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.ledger import cancelling, records, settlement, supply
from accounts.ledger.errors import InsufficientPoints, NotRevertible
from accounts.ledger.models import (
    AllocationState,
    Issuer,
    Lot,
    LotAllocation,
    LotOrigin,
    LotState,
    Posting,
    PostingKind,
    PostingStatus,
)
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled

ZERO = Decimal(0)

Part = tuple[Lot, Decimal]


def revert(
    posting: Posting,
    *,
    now: datetime,
    payer: Holder | None = None,
    receiver: Holder | None = None,
    returned_until: datetime | None = None,
    issuer: str = Issuer.SYSTEM,
) -> Posting:
    """
    Post the captured amount of an earn, spend or transfer back, and return the counter-posting.

    `payer`, `receiver`: the customers' wallets that it moved points from and to; None for a system
    wallet. Locks them. The receiver gives from the lots that the posting made, then from others.
    The payer's units go back to the lots that they came from; those whose date has passed come back
    as a new lot that expires at `returned_until` (None: they expire at once), and those of a
    cancelled lot are cancelled.

    :raises NotRevertible: another kind, not captured, or reverted before.
    :raises InsufficientPoints: the receiver has too little left; nothing was written.
    """
    if posting.kind not in {PostingKind.EARN, PostingKind.SPEND, PostingKind.TRANSFER}:
        raise NotRevertible
    assert (payer is not None) == (posting.kind != PostingKind.EARN)
    assert (receiver is not None) == (posting.kind != PostingKind.SPEND)
    # A savepoint: it may refuse after it has begun to write.
    with transaction.atomic():
        holders = [holder for holder in (payer, receiver) if holder is not None]
        locked = lock_settled(holders, now=now, point_type_id=posting.point_type_id)
        balances = {balance.wallet_id: balance for balance in locked}
        counter = _counter(posting, locked[0], now, issuer)
        if receiver is not None:
            _collect(posting, counter, balances[receiver.wallet_id], receiver, now)
        if payer is not None:
            _give_back(posting, counter, balances[payer.wallet_id], payer, now, returned_until)
    return counter


def _counter(posting: Posting, balance: LockedBalance, now: datetime, issuer: str) -> Posting:
    reverted = Posting.objects.filter(pk=posting.pk, status=PostingStatus.CAPTURED).update(
        status=PostingStatus.REVERTED
    )
    if not reverted:
        raise NotRevertible
    posting.refresh_from_db()
    assert posting.captured_amount is not None
    assert posting.to_wallet_id is not None
    return records.post(
        balance,
        PostingKind.REVERT,
        posting.captured_amount,
        key=f"revert:{posting.uuid}",
        now=now,
        from_wallet_id=posting.to_wallet_id,
        to_wallet_id=posting.from_wallet_id,
        issuer=issuer,
        reverts=posting,
        transaction_uuid=posting.transaction_uuid,
    )


def _collect(
    posting: Posting, counter: Posting, balance: LockedBalance, holder: Holder, now: datetime
) -> None:
    """
    Take the amount from the receiver: the posting's own lots end, others give what they lack.

    What holds have set aside in the own lots moves to others, so that it cannot follow the own
    lots afterwards and be taken twice.
    """
    own = list(posting.lots.select_related("posting").order_by("pk"))
    if any(lot.cancelled_at is not None for lot in own):
        raise NotRevertible
    own_free = sum((lot.free for lot in own if lot.expired_at is None), ZERO)
    own_active = sum((lot.free for lot in own if lot.is_open and not lot.is_locked), ZERO)
    lacking = counter.amount - own_free
    if balance.active - own_active < lacking:
        raise InsufficientPoints
    others = _open_lots(balance, except_for=own)
    parts: list[Part] = []
    for lot in own:
        lacking -= _move_reservations(lot, others)
        if lot.remaining:
            parts.append((lot, lot.remaining))
        records.change_lot(
            lot,
            remaining=-lot.remaining,
            cancelled=lot.remaining,
            set={"cancelled_at": now, "is_locked": False},
        )
    for lot, part in _choose(others, lacking):
        records.change_lot(lot, remaining=-part, cancelled=part)
        parts.append((lot, part))
    records.allocate(counter, parts)
    pending = own_free - own_active
    earned = sum((lot.amount for lot in own if lot.origin == LotOrigin.EARNED), ZERO)
    records.change_balance(
        balance, active=pending - counter.amount, pending=-pending, earned=-earned
    )
    if posting.kind == PostingKind.EARN:
        supply.give_back(balance, counter.amount)
    for lot in own:
        change = pending - counter.amount
        records.tell_of_lot("points.canceled", balance, holder, lot, now, change=change)


def _open_lots(balance: LockedBalance, *, except_for: Sequence[Lot]) -> list[Lot]:
    return list(
        Lot.objects.filter(
            wallet_id=balance.wallet_id,
            point_type_id=balance.point_type_id,
            is_open=True,
            is_locked=False,
        )
        .exclude(pk__in=[lot.pk for lot in except_for])
        .order_by("created_at", "pk")
    )


def _choose(lots: Sequence[Lot], amount: Decimal) -> list[Part]:
    """Return what each lot gives towards `amount`, in order."""
    parts: list[Part] = []
    for lot in lots:
        if part := min(amount, lot.free):
            parts.append((lot, part))
            amount -= part
    assert amount == 0, f"{amount} points are missing."
    return parts


def _move_reservations(lot: Lot, others: Sequence[Lot]) -> Decimal:
    """Let other lots stand in for what holds have set aside in `lot`; return how much."""
    moved = lot.reserved
    reserved = LotAllocation.objects.filter(lot=lot, state=AllocationState.RESERVED)
    for allocation in reserved.select_related("posting").order_by("pk"):
        allocation.state = AllocationState.RELEASED
        allocation.save(update_fields=["state"])
        parts = _choose(others, allocation.amount)
        records.allocate(allocation.posting, parts, AllocationState.RESERVED)
        for other, part in parts:
            records.change_lot(other, reserved=part)
    records.change_lot(lot, reserved=-moved)
    return moved


def _give_back(
    posting: Posting,
    counter: Posting,
    balance: LockedBalance,
    holder: Holder,
    now: datetime,
    returned_until: datetime | None,
) -> None:
    """Return the units to the lots that they came from."""
    records.change_balance(balance, active=counter.amount, spent=-counter.amount)
    gone = ZERO
    consumed = posting.allocations.filter(state=AllocationState.CONSUMED)
    for allocation in consumed.select_related("lot").order_by("pk"):
        allocation.state = AllocationState.RETURNED
        allocation.save(update_fields=["state"])
        lot, amount = allocation.lot, allocation.amount
        lot.refresh_from_db()
        state = lot.state_at(now)
        if state == LotState.EXPIRED and returned_until is not None:
            records.change_lot(lot, consumed=-amount, cancelled=amount)
            _renew(lot, counter, amount, now, returned_until)
            continue
        records.change_lot(lot, consumed=-amount, remaining=amount)
        if state == LotState.CANCELLED:
            cancelling.take_out(balance, lot, amount, now)
            gone += amount
        elif state == LotState.EXPIRED:
            owners = {holder.wallet_id: holder.customer_id}
            settlement.expire_lots([lot.pk], owners, now=now)
            gone += amount
    settlement.find_next_due([holder.wallet_id])
    records.tell_of_posting(
        "points.reverted",
        balance,
        holder,
        posting,
        now,
        value=counter.amount,
        transfer_type="spending" if posting.kind == PostingKind.SPEND else "p2p_spending",
        change=counter.amount - gone,
    )


def _renew(
    lot: Lot, counter: Posting, amount: Decimal, now: datetime, expires_at: datetime
) -> None:
    """Make a new lot of units that come back after their date."""
    Lot.objects.create(
        store_id=lot.store_id,
        wallet_id=lot.wallet_id,
        point_type_id=lot.point_type_id,
        posting=counter,
        parent=lot,
        origin=LotOrigin.RETURNED,
        amount=amount,
        remaining=amount,
        active_from=now,
        expires_at=expires_at,
        created_at=now,
    )
