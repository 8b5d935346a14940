"""What the rare operations write, row by row, under the lock that they hold."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F

from accounts.ledger import amounts, facts
from accounts.ledger.models import (
    AllocationState,
    Issuer,
    Lot,
    LotAllocation,
    Posting,
    PostingKind,
    PostingStatus,
    Wallet,
    WalletBalance,
    WalletKind,
)
from accounts.ledger.wallets import Holder, LockedBalance
from loyalty.core import events
from loyalty.core.models import Event, Store
from loyalty.core.rows import loaded as loaded

ZERO = Decimal(0)


def dispatch_fact(type: str, event_id: int, store_id: int, holder: Holder, now: datetime) -> None:
    """
    Run the *now* handlers of a holder's fact that a statement has written, if there are any.

    What a handler rarely asks for, such as the payload, is read when it does.
    """
    if not events.has_now_handlers(type, holder.store):
        return
    event = loaded(
        Event,
        id=event_id,
        store_id=store_id,
        type=type,
        customer_id=holder.customer_id,
        recorded_at=now,
    )
    if holder.store is not None:
        event.store = holder.store
    events.dispatch(event)


def get_system_wallet(balance: LockedBalance, kind: WalletKind) -> Wallet:
    wallet: Wallet = Wallet.objects.in_store(balance.store_id).get(kind=kind)
    return wallet


def post(
    balance: LockedBalance,
    kind: PostingKind,
    amount: Decimal,
    *,
    key: str,
    now: datetime,
    from_wallet_id: int,
    to_wallet_id: int,
    issuer: str = Issuer.SYSTEM,
    requested: Decimal | None = None,
    **fields: Any,
) -> Posting:
    """Write a captured posting of the balance's point type."""
    posting: Posting = Posting.objects.create(
        store_id=balance.store_id,
        point_type_id=balance.point_type_id,
        from_wallet_id=from_wallet_id,
        to_wallet_id=to_wallet_id,
        kind=kind,
        status=PostingStatus.CAPTURED,
        amount=amount,
        requested_amount=amount if requested is None else requested,
        captured_amount=amount,
        system_unique_key=key,
        issuer=issuer,
        effective_at=now,
        created_at=now,
        **fields,
    )
    return posting


def change_balance(balance: LockedBalance, **changes: Decimal) -> None:
    """Add to figures of a locked balance; `next_due_at` is not one of them."""
    changed = WalletBalance.objects.filter(
        wallet_id=balance.wallet_id, point_type_id=balance.point_type_id
    ).update(**{name: F(name) + change for name, change in changes.items()})
    assert changed == 1


def change_lot(lot: Lot, *, set: dict[str, Any] | None = None, **changes: Decimal) -> None:
    """Add to a lot's parts, and set its other fields; the instance follows."""
    moved = {name: F(name) + change for name, change in changes.items()}
    changed = Lot.objects.filter(pk=lot.pk).update(**moved, **(set or {}))
    assert changed == 1
    lot.refresh_from_db(fields=[*PARTS, *(set or {})])


PARTS = ("remaining", "reserved", "consumed", "expired", "cancelled")


def allocate(
    posting: Posting,
    parts: Iterable[tuple[Lot, Decimal]],
    state: AllocationState = AllocationState.CONSUMED,
) -> None:
    """Write down which lots a posting took from, in the order of `parts`."""
    LotAllocation.objects.bulk_create(
        LotAllocation(posting=posting, lot=lot, amount=amount, state=state) for lot, amount in parts
    )


def append_fact(
    type: str,
    balance: LockedBalance,
    holder: Holder,
    now: datetime,
    *,
    payload: dict[str, Any],
) -> None:
    events.append(
        type,
        store=Store.objects.get(pk=balance.store_id),
        subject=balance.wallet_uuid,
        payload=payload,
        now=now,
        customer_id=holder.customer_id,
    )


def tell_of_posting(
    type: str,
    balance: LockedBalance,
    holder: Holder,
    posting: Posting,
    now: datetime,
    *,
    value: Decimal,
    transfer_type: str,
    change: Decimal,
    **others: Any,
) -> None:
    """
    Append a fact about a debit; `change`: by how much the active points changed.

    It is told, as it need not be the value: a hold had set that aside before.
    """
    payload = told_of_posting(
        balance, posting, value=value, transfer_type=transfer_type, change=change, **others
    )
    append_fact(type, balance, holder, now, payload=payload)


def told_of_posting(
    balance: LockedBalance,
    posting: Posting,
    *,
    value: Decimal,
    transfer_type: str,
    change: Decimal,
    **others: Any,
) -> dict[str, Any]:
    """Return what `tell_of_posting` tells."""
    return facts.payload(
        accountId=balance.wallet_uuid,
        active=amounts.text(balance.active + change),
        change=amounts.text(change),
        transfer_uuid=posting.uuid,
        value=value,
        type=transfer_type,
        issuer=posting.issuer,
        comment=posting.comment,
        now=posting.created_at,
        **others,
    )


def tell_of_lot(
    type: str,
    balance: LockedBalance,
    holder: Holder,
    lot: Lot,
    now: datetime,
    *,
    change: Decimal,
) -> None:
    """Append a fact about an adding transfer; `change`: by how much the active points changed."""
    append_fact(
        type,
        balance,
        holder,
        now,
        payload=facts.payload(
            accountId=balance.wallet_uuid,
            active=amounts.text(balance.active + change),
            transfer_uuid=lot.uuid,
            value=lot.amount,
            type="p2p_adding" if lot.origin == "p2p" else "adding",
            issuer=lot.posting.issuer,
            comment=lot.posting.comment,
            now=lot.created_at,
            expiresAt=lot.expires_at,
            transactionId=lot.transaction_uuid,
        ),
    )
