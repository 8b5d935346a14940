"""Cancel a lot: what is left of it goes back to issuance (PA-13, PA-14)."""

from datetime import datetime
from decimal import Decimal

from accounts.ledger import amounts, records, sql, supply
from accounts.ledger.errors import NotCancellable
from accounts.ledger.models import (
    Issuer,
    Lot,
    LotOrigin,
    LotState,
    Posting,
    PostingKind,
    WalletKind,
)
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled

ZERO = Decimal(0)


def cancel(lot: Lot, *, holder: Holder, now: datetime, issuer: str = Issuer.SYSTEM) -> Posting:
    """
    Cancel a lot, and take back what is left and free in it. Locks the wallet.

    What was spent stays spent; what a hold has set aside in it follows when the hold ends. It no
    longer counts as earned. The posting's amount is 0 where nothing is left.

    :raises NotCancellable: it has expired or was cancelled, or came from a customer.
    """
    with sql.atomic():
        [balance] = lock_settled([holder], now=now, point_type_id=lot.point_type_id)
        lot = Lot.objects.select_related("posting").get(pk=lot.pk)
        if lot.origin == LotOrigin.TRANSFERRED or lot.state_at(now) not in {
            LotState.ACTIVE,
            LotState.PENDING,
        }:
            raise NotCancellable
        change = ZERO if lot.is_locked else -lot.free
        if lot.origin == LotOrigin.EARNED:
            records.change_balance(balance, earned=-lot.amount)
        posting = _take_out(balance, lot, lot.free, now, key=f"cancel:{lot.uuid}", issuer=issuer)
        records.change_lot(lot, set={"cancelled_at": now, "is_locked": False})
        records.tell_of_lot("points.canceled", balance, holder, lot, now, change=change)
    return posting


def take_out(balance: LockedBalance, lot: Lot, amount: Decimal, now: datetime) -> Posting:
    """Post units that came back to a cancelled lot to issuance, too; the caller has the lock."""
    lot.refresh_from_db(fields=["cancelled"])
    # The total before grows each time, so that the key is new.
    key = f"cancel:{lot.uuid}:{amounts.text(lot.cancelled)}"
    return _take_out(balance, lot, amount, now, key=key, issuer=Issuer.SYSTEM)


def _take_out(
    balance: LockedBalance, lot: Lot, amount: Decimal, now: datetime, *, key: str, issuer: str
) -> Posting:
    posting = records.post(
        balance,
        PostingKind.CANCEL,
        amount,
        key=key,
        now=now,
        from_wallet_id=balance.wallet_id,
        to_wallet_id=records.get_system_wallet(balance, WalletKind.ISSUANCE).pk,
        issuer=issuer,
        lot=lot,
    )
    supply.give_back(balance, amount)
    figure = "pending" if lot.is_locked else "active"
    records.change_balance(balance, **{figure: -amount})
    records.change_lot(lot, remaining=-amount, cancelled=amount)
    return posting
