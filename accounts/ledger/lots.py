"""Change where a lot stands in time: activate it, expire it, reset a wallet."""

from datetime import datetime

from accounts.ledger import records, settlement, sql
from accounts.ledger.errors import NotExpirable, NotPending
from accounts.ledger.models import Lot, LotState
from accounts.ledger.wallets import Holder, lock_settled


def activate(lot: Lot, *, holder: Holder, now: datetime) -> Lot:
    """
    Unlock a pending lot before its time (PA-3); its expiry stays (PE-5). Locks the wallet.

    :raises NotPending: it is not pending.
    """
    with sql.atomic():
        [balance] = lock_settled([holder], now=now, point_type_id=lot.point_type_id)
        lot = Lot.objects.select_related("posting").get(pk=lot.pk)
        if lot.state_at(now) != LotState.PENDING:
            raise NotPending
        records.change_lot(lot, set={"is_locked": False, "active_from": now})
        records.change_balance(balance, pending=-lot.free, active=lot.free)
        records.tell_of_lot("points.unlocked", balance, holder, lot, now, change=lot.free)
        # Its own date may have passed while it was locked.
        settlement.settle({holder.wallet_id: holder.customer_id}, now=now)
    return lot


def expire(lot: Lot, *, holder: Holder, now: datetime) -> Lot:
    """
    Expire a lot by hand: its date becomes `now` (PA-4). Locks the wallet.

    What a hold has set aside in it expires when the hold gives it back.

    :raises NotExpirable: it is pending, has expired or was cancelled.
    """
    with sql.atomic():
        lock_settled([holder], now=now, point_type_id=lot.point_type_id)
        lot.refresh_from_db()
        if lot.state_at(now) != LotState.ACTIVE:
            raise NotExpirable
        settlement.expire_lots([lot.pk], {holder.wallet_id: holder.customer_id}, now=now)
        lot.refresh_from_db()
    return lot


def reset(*, holder: Holder, now: datetime) -> int:
    """
    Expire every lot of a wallet in which something is left, locked ones too (PA-6, LV-16).

    Locks the wallet; returns how many lots.
    """
    with sql.atomic():
        [balance] = lock_settled([holder], now=now)
        lots = list(
            Lot.objects.filter(
                wallet_id=holder.wallet_id,
                point_type_id=balance.point_type_id,
                remaining__gt=0,
                expired_at=None,
                cancelled_at=None,
            ).values_list("pk", flat=True)
        )
        if lots:
            settlement.expire_lots(lots, {holder.wallet_id: holder.customer_id}, now=now)
        records.append_fact(
            "points.reset",
            balance,
            holder,
            now,
            payload={"accountId": str(balance.wallet_uuid), "date": now.isoformat()},
        )
    return len(lots)
