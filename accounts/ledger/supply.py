"""
Limited point types: how much issuance can still give out.

Loyalty's usual point type is unlimited; its issuance wallet just goes negative, and nobody
locks it. A limited one keeps what is left in a balance row of the issuance wallet, and every earn
locks it, after the customers' wallets.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from django.db import connection
from django.db.models import QuerySet, Sum

from accounts.ledger import amounts, keys, sql
from accounts.ledger.errors import SupplyExhausted
from accounts.ledger.models import (
    Entry,
    Issuer,
    PointType,
    Posting,
    PostingKind,
    PostingStatus,
    Wallet,
    WalletBalance,
    WalletKind,
)
from accounts.ledger.wallets import LockedBalance
from loyalty.core.models import Store


def limit(point_type: PointType, max_supply: Decimal | None, *, now: datetime) -> None:
    """
    Let issuance give out at most `max_supply` of a point type; None: as much as it wants.

    The difference to the limit before moves from adjustment to issuance, or back. Stops all points
    of the installation for a moment, so that no earn goes by the limit that it read before.

    :raises SupplyExhausted: more than that is given out already.
    """
    if max_supply is not None:
        amounts.check(max_supply, decimals=point_type.decimals)
    with sql.atomic():
        with connection.cursor() as cursor:
            cursor.execute("lock table ledger_walletbalance in exclusive mode")
        if max_supply is not None:
            _supply(point_type, max_supply, now)
        PointType.objects.filter(pk=point_type.pk).update(max_supply=max_supply)


def _supply(point_type: PointType, max_supply: Decimal, now: datetime) -> None:
    wallets = Wallet.objects.in_store(point_type.store_id)
    issuance = wallets.get(kind=WalletKind.ISSUANCE)
    adjustment = wallets.get(kind=WalletKind.ADJUSTMENT)
    entries = Entry.objects.filter(wallet=issuance, point_type=point_type)
    left = _sum(entries)
    change = max_supply - _sum(entries.filter(posting__kind=PostingKind.SUPPLY))
    if left + change < 0:
        raise SupplyExhausted
    if change:
        giver, taker = (adjustment, issuance) if change > 0 else (issuance, adjustment)
        Posting.objects.create(
            store_id=point_type.store_id,
            point_type=point_type,
            from_wallet=giver,
            to_wallet=taker,
            kind=PostingKind.SUPPLY,
            status=PostingStatus.CAPTURED,
            amount=abs(change),
            requested_amount=abs(change),
            captured_amount=abs(change),
            system_unique_key=keys.chosen(None),
            issuer=Issuer.SYSTEM,
            effective_at=now,
            created_at=now,
        )
    WalletBalance.objects.update_or_create(
        wallet=issuance, point_type=point_type, defaults={"active": left + change}
    )


def _sum(entries: QuerySet[Entry]) -> Decimal:
    total: Decimal | None = entries.aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


def is_limited(store: Store) -> bool:
    """Tell whether a store's usual points are limited: then each earn leaves less for the next."""
    limited = PointType.objects.in_store(store).filter(is_default=True, max_supply__isnull=False)
    return limited.exists()


def take(balance: LockedBalance, amount: Decimal) -> bool:
    """Take `amount` from what issuance has left; False where it has less. Locks the issuance."""
    return bool(sql.rows(TAKE, _arguments(balance) | {"amount": amount}))


def give_back(balance: LockedBalance, amount: Decimal) -> None:
    """Return to issuance what a cancel, a take-back or a revert brings back."""
    if balance.max_supply is not None and amount:
        [_] = sql.rows(GIVE_BACK, _arguments(balance) | {"amount": amount})


def refuse(balance: LockedBalance) -> NoReturn:
    raise SupplyExhausted


def _arguments(balance: LockedBalance) -> dict[str, Any]:
    return {"store": balance.store_id, "type": balance.point_type_id}


_ISSUANCE = """
where point_type_id = %(type)s and wallet_id = (
    select id from ledger_wallet where store_id = %(store)s and kind = 'issuance'
)
"""

TAKE = f"""
update ledger_walletbalance set active = active - %(amount)s
{_ISSUANCE} and active >= %(amount)s
returning id
"""  # noqa: S608  # parts of our own

GIVE_BACK = f"""
update ledger_walletbalance set active = active + %(amount)s
{_ISSUANCE}
returning id
"""  # noqa: S608  # parts of our own
