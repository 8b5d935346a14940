"""End a hold: capture it, whole or in part, or release it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from accounts.ledger import amounts, cancelling, records, settlement, sql
from accounts.ledger.errors import InsufficientPoints, NotHeld
from accounts.ledger.models import (
    AllocationState,
    Lot,
    LotAllocation,
    LotOrigin,
    Posting,
    PostingKind,
    PostingStatus,
)
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled

ZERO = Decimal(0)


def release(posting: Posting, *, holder: Holder, now: datetime) -> Posting:
    """
    Give back all that a hold has set aside. Locks the wallet.

    What comes back to a lot that has been cancelled or has expired follows it.

    :raises NotHeld: it was captured or released before.
    """
    with sql.atomic():
        [balance] = lock_settled([holder], now=now, point_type_id=posting.point_type_id)
        posting = _end(posting, PostingStatus.RELEASED, captured=None)
        records.change_balance(balance, held=-posting.amount, active=posting.amount)
        freed = _free(_reserved(posting))
        gone = _let_follow(balance, holder, freed, now)
        records.tell_of_posting(
            "points.unblocked",
            balance,
            holder,
            posting,
            now,
            value=posting.amount,
            transfer_type="blocked",
            change=posting.amount - gone,
        )
    return posting


def capture(
    posting: Posting,
    *,
    amount: Decimal,
    holder: Holder,
    now: datetime,
    receiver: Holder | None = None,
) -> Posting:
    """
    Move `amount` of what a hold has set aside to its receiver, and release the rest.

    The lots give in the order in which they were set aside. Locks the wallet and, of a held
    transfer, the receiver's. A block has no receiver and cannot be captured.

    :raises NotHeld: it was captured or released before, or is a block.
    :raises InsufficientPoints: `amount` is more than what is held.
    """
    if posting.kind == PostingKind.HOLD:
        raise NotHeld
    assert (receiver is not None) == (posting.kind == PostingKind.TRANSFER)
    with sql.atomic():
        holders = [holder] if receiver is None else [holder, receiver]
        balance, *others = lock_settled(holders, now=now, point_type_id=posting.point_type_id)
        amounts.check(amount, decimals=balance.decimals)
        if amount > posting.amount:
            raise InsufficientPoints
        posting = _end(posting, PostingStatus.CAPTURED, captured=amount)
        taken, left = _split(_reserved(posting), amount)
        for allocation in taken:
            records.change_lot(
                allocation.lot,
                reserved=-allocation.amount,
                remaining=-allocation.amount,
                consumed=allocation.amount,
            )
        records.change_balance(
            balance, held=-posting.amount, spent=amount, active=posting.amount - amount
        )
        gone = _let_follow(balance, holder, _free(left), now)
        change = posting.amount - amount - gone
        if receiver is None:
            _tell(posting, "points.spent", "spending", balance, holder, now, change)
        else:
            _hand_over(posting, taken, others[0], receiver, now)
            _tell(posting, "points.transferred", "p2p_spending", balance, holder, now, change)
            _tell(posting, "points.transferred", "p2p_adding", others[0], receiver, now, amount)
    return posting


def _end(posting: Posting, status: PostingStatus, *, captured: Decimal | None) -> Posting:
    ended = Posting.objects.filter(pk=posting.pk, status=PostingStatus.HELD).update(
        status=status, captured_amount=captured
    )
    if not ended:
        raise NotHeld
    posting.refresh_from_db()
    return posting


def _reserved(posting: Posting) -> list[LotAllocation]:
    return list(
        posting.allocations.filter(state=AllocationState.RESERVED)
        .select_related("lot__posting")
        .order_by("pk")
    )


def _split(
    allocations: Sequence[LotAllocation], amount: Decimal
) -> tuple[list[LotAllocation], list[LotAllocation]]:
    """Turn the first `amount` of reserved units into consumed ones; return them, and the rest."""
    taken: list[LotAllocation] = []
    left: list[LotAllocation] = []
    for allocation in allocations:
        part = min(amount, allocation.amount)
        amount -= part
        if not part:
            left.append(allocation)
            continue
        if rest := allocation.amount - part:
            left.append(
                LotAllocation.objects.create(
                    posting_id=allocation.posting_id,
                    lot=allocation.lot,
                    amount=rest,
                    state=AllocationState.RESERVED,
                )
            )
        allocation.amount = part
        allocation.state = AllocationState.CONSUMED
        allocation.save(update_fields=["amount", "state"])
        taken.append(allocation)
    assert amount == 0
    return taken, left


def _free(allocations: Sequence[LotAllocation]) -> list[tuple[Lot, Decimal]]:
    """Give reserved units back to their lots; return what each lot got."""
    for allocation in allocations:
        allocation.state = AllocationState.RELEASED
        allocation.save(update_fields=["state"])
        records.change_lot(allocation.lot, reserved=-allocation.amount)
    return [(allocation.lot, allocation.amount) for allocation in allocations]


def _let_follow(
    balance: LockedBalance, holder: Holder, freed: Sequence[tuple[Lot, Decimal]], now: datetime
) -> Decimal:
    """Let freed units go where their lot has gone: cancelled or expired. Return how many went."""
    gone = ZERO
    expired: set[int] = set()
    for lot, amount in freed:
        if lot.cancelled_at is not None:
            cancelling.take_out(balance, lot, amount, now)
        elif lot.expires_at is not None and lot.expires_at <= now:
            expired.add(lot.pk)
        else:
            continue
        gone += amount
    if expired:
        settlement.expire_lots(list(expired), {holder.wallet_id: holder.customer_id}, now=now)
    elif freed:
        settlement.find_next_due([holder.wallet_id])
    return gone


def _hand_over(
    posting: Posting,
    taken: Sequence[LotAllocation],
    balance: LockedBalance,
    receiver: Holder,
    now: datetime,
) -> None:
    """Make the receiver's lots, one for each that gave, with its expiry (PA-17)."""
    for allocation in taken:
        Lot.objects.create(
            store_id=posting.store_id,
            wallet_id=receiver.wallet_id,
            point_type_id=posting.point_type_id,
            posting=posting,
            parent=allocation.lot,
            origin=LotOrigin.TRANSFERRED,
            amount=allocation.amount,
            remaining=allocation.amount,
            active_from=now,
            expires_at=allocation.lot.expires_at,
            created_at=now,
        )
    assert posting.captured_amount is not None
    records.change_balance(balance, active=posting.captured_amount)
    settlement.settle({receiver.wallet_id: receiver.customer_id}, now=now)


def _tell(
    posting: Posting,
    type: str,
    transfer_type: str,
    balance: LockedBalance,
    holder: Holder,
    now: datetime,
    change: Decimal,
) -> None:
    assert posting.captured_amount is not None
    records.tell_of_posting(
        type,
        balance,
        holder,
        posting,
        now,
        value=posting.captured_amount,
        transfer_type=transfer_type,
        change=change,
    )
