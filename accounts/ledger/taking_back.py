"""Take back what a purchase brought when it is returned: as much as is there (PA-12, TX-20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.ledger import amounts, keys, records, sql, supply
from accounts.ledger.models import (
    AllocationState,
    Issuer,
    Lot,
    LotAllocation,
    Posting,
    PostingKind,
    PostingStatus,
    WalletKind,
)
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled
from loyalty.core import events
from loyalty.core import sql as core_sql
from loyalty.core.models import Event, Store

ZERO = Decimal(0)


def take_back(
    *,
    holder: Holder,
    sale_uuid: UUID,
    return_uuid: UUID,
    amount: Decimal,
    now: datetime,
    comment: str = "",
) -> Posting:
    """
    Move back to issuance `amount`, or what of it is there. Locks the wallet.

    The sale's own lots give first, pending ones too; then the active lots, oldest first whatever
    the spend order. The posting keeps `amount` as requested, and is written even where nothing is
    there. One for each return: a repetition returns the first.

    :raises InvalidAmount: not an amount of this point type.
    """
    key = f"take-back:{return_uuid}"
    with sql.atomic():
        [balance] = lock_settled([holder], now=now)
        amounts.check(amount, decimals=balance.decimals)
        earlier = keys.find_earlier(
            key,
            store_id=balance.store_id,
            kind=PostingKind.TAKE_BACK,
            point_type_id=balance.point_type_id,
            requested=amount,
            from_wallet_id=balance.wallet_id,
        )
        if earlier is not None:
            return earlier
        parts = _choose(_queue(balance, sale_uuid), amount)
        return _write(balance, holder, parts, amount, key, sale_uuid, return_uuid, comment, now)


@dataclass(frozen=True, slots=True)
class TakeBack:
    """What one return costs; the fields are the arguments of `take_back`."""

    holder: Holder
    sale_uuid: UUID
    return_uuid: UUID
    amount: Decimal
    comment: str = ""


def take_back_many(orders: Sequence[TakeBack], *, store: Store, now: datetime) -> None:
    """
    Do what `take_back` does for many returns, each of another wallet, by some statements in all.

    For returns that are new: none of them has cost anything before.
    """
    assert connection.in_atomic_block
    if not orders:
        return
    holders = [order.holder for order in orders]
    assert len({holder.wallet_id for holder in holders}) == len(holders)
    balances = lock_settled(holders, now=now)
    for order, balance in zip(orders, balances, strict=True):
        amounts.check(order.amount, decimals=balance.decimals)
    queues = _queues(orders, balances)
    parts = [_choose(queues[order.holder.wallet_id], order.amount) for order in orders]
    postings = _post_many(orders, balances, parts, now)
    _move_lots(parts)
    LotAllocation.objects.bulk_create(
        LotAllocation(posting=posting, lot=lot, amount=part, state=AllocationState.CONSUMED)
        for posting, taken in zip(postings, parts, strict=True)
        for lot, part in taken
    )
    told: list[Event] = []
    changes = []
    for order, balance, taken, posting in zip(orders, balances, parts, postings, strict=True):
        pending = sum((part for lot, part in taken if lot.is_locked), ZERO)
        change = pending - posting.amount
        changes.append(
            {
                "wallet": balance.wallet_id,
                "type": balance.point_type_id,
                "active": str(change),
                "pending": str(-pending),
                "spent": str(posting.amount),
            }
        )
        supply.give_back(balance, posting.amount)
        told.append(_fact(order, balance, posting, change, store, now))
    sql.rows(CHANGE_BALANCES, {"changes": core_sql.as_json(changes)})
    events.append_many(told)


def _queues(orders: Sequence[TakeBack], balances: Sequence[LockedBalance]) -> dict[int, list[Lot]]:
    """Return `_queue` of each order, by wallet; one query."""
    sales = {order.holder.wallet_id: order.sale_uuid for order in orders}
    types = {balance.wallet_id: balance.point_type_id for balance in balances}
    found: dict[int, list[Lot]] = {wallet_id: [] for wallet_id in sales}
    lots = Lot.objects.filter(wallet_id__in=list(sales), is_open=True).order_by("created_at", "pk")
    for lot in lots:
        is_own = lot.transaction_uuid == sales[lot.wallet_id]
        if lot.point_type_id == types[lot.wallet_id] and (is_own or not lot.is_locked):
            found[lot.wallet_id].append(lot)
    for wallet_id, each in found.items():
        each.sort(key=lambda lot, sale=sales[wallet_id]: lot.transaction_uuid != sale)  # type: ignore[misc]  # bound now
    return found


def _post_many(
    orders: Sequence[TakeBack],
    balances: Sequence[LockedBalance],
    parts: Sequence[list[tuple[Lot, Decimal]]],
    now: datetime,
) -> list[Posting]:
    issuance = records.get_system_wallet(balances[0], WalletKind.ISSUANCE).pk
    postings = []
    for order, balance, taken in zip(orders, balances, parts, strict=True):
        moved = sum((part for _, part in taken), ZERO)
        postings.append(
            Posting(
                store_id=balance.store_id,
                point_type_id=balance.point_type_id,
                from_wallet_id=balance.wallet_id,
                to_wallet_id=issuance,
                kind=PostingKind.TAKE_BACK,
                status=PostingStatus.CAPTURED,
                amount=moved,
                requested_amount=order.amount,
                captured_amount=moved,
                system_unique_key=f"take-back:{order.return_uuid}",
                issuer=Issuer.SYSTEM,
                comment=order.comment,
                effective_at=now,
                created_at=now,
                transaction_uuid=order.return_uuid,
                revised_transaction_uuid=order.sale_uuid,
            )
        )
    return Posting.objects.bulk_create(postings)


def _move_lots(parts: Sequence[list[tuple[Lot, Decimal]]]) -> None:
    changes = [{"id": lot.pk, "part": str(part)} for taken in parts for lot, part in taken]
    if changes:
        sql.rows(CHANGE_LOTS, {"changes": core_sql.as_json(changes)})


def _fact(
    order: TakeBack,
    balance: LockedBalance,
    posting: Posting,
    change: Decimal,
    store: Store,
    now: datetime,
) -> Event:
    payload = records.told_of_posting(
        balance,
        posting,
        value=order.amount,
        transfer_type="spending",
        change=change,
        transactionId=order.return_uuid,
        revisedTransactionId=order.sale_uuid,
    )
    return Event(
        store=store,
        type="points.returned",
        subject=balance.wallet_uuid,
        customer_id=order.holder.customer_id,
        payload=payload,
        recorded_at=now,
    )


CHANGE_LOTS = """
update ledger_lot l set remaining = l.remaining - c.part, consumed = l.consumed + c.part
from json_to_recordset(%(changes)s) as c (id bigint, part numeric)
where l.id = c.id
returning l.id
"""
CHANGE_BALANCES = """
update ledger_walletbalance b
set active = b.active + c.active, pending = b.pending + c.pending, spent = b.spent + c.spent
from json_to_recordset(%(changes)s) as c (
    wallet bigint, type bigint, active numeric, pending numeric, spent numeric
)
where b.wallet_id = c.wallet and b.point_type_id = c.type
returning b.id
"""


def _queue(balance: LockedBalance, sale_uuid: UUID) -> list[Lot]:
    lots = Lot.objects.filter(
        Q(is_locked=False) | Q(transaction_uuid=sale_uuid),
        wallet_id=balance.wallet_id,
        point_type_id=balance.point_type_id,
        is_open=True,
    ).order_by("created_at", "pk")
    # A stable sort: the sale's own lots come first, each half stays in its order.
    return sorted(lots, key=lambda lot: lot.transaction_uuid != sale_uuid)


def _choose(lots: list[Lot], amount: Decimal) -> list[tuple[Lot, Decimal]]:
    parts = []
    for lot in lots:
        if part := min(amount, lot.free):
            parts.append((lot, part))
            amount -= part
    return parts


def _write(
    balance: LockedBalance,
    holder: Holder,
    parts: list[tuple[Lot, Decimal]],
    requested: Decimal,
    key: str,
    sale_uuid: UUID,
    return_uuid: UUID,
    comment: str,
    now: datetime,
) -> Posting:
    moved = sum((part for _, part in parts), ZERO)
    pending = sum((part for lot, part in parts if lot.is_locked), ZERO)
    posting = records.post(
        balance,
        PostingKind.TAKE_BACK,
        moved,
        requested=requested,
        key=key,
        now=now,
        from_wallet_id=balance.wallet_id,
        to_wallet_id=records.get_system_wallet(balance, WalletKind.ISSUANCE).pk,
        issuer=Issuer.SYSTEM,
        comment=comment,
        transaction_uuid=return_uuid,
        revised_transaction_uuid=sale_uuid,
    )
    for lot, part in parts:
        records.change_lot(lot, remaining=-part, consumed=part)
    records.allocate(posting, parts)
    records.change_balance(balance, active=pending - moved, pending=-pending, spent=moved)
    supply.give_back(balance, moved)
    records.tell_of_posting(
        "points.returned",
        balance,
        holder,
        posting,
        now,
        value=requested,
        transfer_type="spending",
        change=pending - moved,
        transactionId=return_uuid,
        revisedTransactionId=sale_uuid,
    )
    return posting
