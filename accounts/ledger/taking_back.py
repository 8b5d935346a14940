"""Take back what a purchase brought when it is returned: as much as is there (PA-12, TX-20)."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from accounts.ledger import amounts, keys, records, sql, supply
from accounts.ledger.models import Issuer, Lot, Posting, PostingKind, WalletKind
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled

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
