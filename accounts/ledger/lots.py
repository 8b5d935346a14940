"""Change where a lot stands in time: activate it, expire it, reset a wallet."""

from datetime import datetime

from accounts.ledger import facts, records, settlement, sql
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
        lock_settled([holder], now=now)
        return _reset({holder.wallet_id: holder.customer_id}, now)


def reset_many(owners: settlement.Owners, *, now: datetime) -> int:
    """
    Reset some wallets of one store as `reset` does, by few statements; return how many lots.

    The wallets are locked by the caller.
    """
    with sql.atomic():
        settlement.settle(owners, now=now)
        return _reset(owners, now)


def _reset(owners: settlement.Owners, now: datetime) -> int:
    """Expire what is left of the default point type in locked, settled wallets."""
    found = Lot.objects.filter(
        wallet_id__in=list(owners),
        point_type__is_default=True,
        remaining__gt=0,
        expired_at=None,
        cancelled_at=None,
    )
    chosen = list(found.values_list("pk", flat=True))
    if chosen:
        settlement.expire_lots(chosen, owners, now=now)
    written = sql.rows(
        TELL_OF_RESET,
        {
            "wallets": list(owners),
            "customers": list(owners.values()),
            "now": now,
            "date": now.isoformat(),
        },
    )
    facts.dispatch_written("points.reset", [row[0] for row in written])
    return len(chosen)


TELL_OF_RESET = """
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), w.store_id, 'points.reset', w.uuid, o.customer_id,
    jsonb_build_object(
        'accountId', w.uuid, 'date', %(date)s::text, 'active', trim_scale(b.active)::text
    ), %(now)s::timestamptz
from unnest(%(wallets)s::bigint[], %(customers)s::bigint[]) as o (wallet_id, customer_id)
join ledger_wallet w on w.id = o.wallet_id
join ledger_walletbalance b on b.wallet_id = w.id
join ledger_pointtype t on t.id = b.point_type_id and t.is_default
order by w.id
returning id
"""
