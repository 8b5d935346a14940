"""What points did in a period, and what is owed; each query reads one index range."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce, Trunc

from accounts.ledger.models import (
    Lot,
    LotOrigin,
    Posting,
    PostingKind,
    PostingStatus,
    Wallet,
    WalletBalance,
    WalletKind,
)
from accounts.selectors.member_statistics import Period
from loyalty.core.models import Store

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Flow:
    """Points that were earned, spent and expired."""

    earned: Decimal = ZERO
    spent: Decimal = ZERO
    expired: Decimal = ZERO


def sum_flow(store: Store, start: datetime, end: datetime) -> Flow:
    """Return what moved from `start` until before `end`. Three queries."""
    return Flow(
        earned=_earned(store, start, end).aggregate(sum=Sum("amount"))["sum"] or ZERO,
        spent=_spent(store, start, end).aggregate(sum=Sum("captured_amount"))["sum"] or ZERO,
        expired=_expired(store, start, end).aggregate(sum=Sum("captured_amount"))["sum"] or ZERO,
    )


def sum_spendings(store: Store) -> tuple[int, Decimal]:
    """Return how many spendings there ever were, the undone left out, and of how many points."""
    spent = Posting.objects.in_store(store).filter(
        kind=PostingKind.SPEND, status=PostingStatus.CAPTURED
    )
    found = spent.aggregate(count=Count("pk"), sum=Sum("captured_amount"))
    return found["count"], found["sum"] or ZERO


def flow_by_part(store: Store, period: Period) -> dict[date, Flow]:
    """Return what moved in each part of a period, by its first local day. Three queries."""
    sums: dict[str, dict[date, Decimal]] = {}
    for name, rows, moment, amount in (
        ("earned", _earned(store, period.start, period.end), "created_at", "amount"),
        ("spent", _spent(store, period.start, period.end), "created_at", "captured_amount"),
        ("expired", _expired(store, period.start, period.end), "effective_at", "captured_amount"),
    ):
        parts = Trunc(moment, period.unit, tzinfo=store.zone)
        found = rows.order_by().values_list(parts).annotate(sum=Sum(amount))
        sums[name] = {part.date(): total for part, total in found}
    days = set().union(*sums.values())
    return {day: Flow(**{name: sums[name].get(day, ZERO) for name in sums}) for day in days}


def sum_owed(store: Store) -> Decimal:
    """Return all points in customers' wallets: to spend, pending and set aside."""
    # What a limited issuance can still give out is kept beside them, and owed to nobody.
    system = Wallet.objects.in_store(store).exclude(kind=WalletKind.CUSTOMER)
    balances = WalletBalance.objects.filter(point_type__store=store).exclude(wallet__in=system)
    total = balances.aggregate(sum=Sum(F("active") + F("pending") + F("held")))["sum"]
    return total or ZERO


def sum_expiring(store: Store, now: datetime, *, within: timedelta) -> Decimal:
    """Return what will expire from `now` on within a time, if nobody spends it."""
    lots = Lot.objects.in_store(store).filter(
        is_open=True, is_locked=False, expires_at__gt=now, expires_at__lte=now + within
    )
    left = lots.aggregate(sum=Sum(F("remaining") - F("reserved")))["sum"]
    return left or ZERO


def sum_expiring_of(wallet_id: int, now: datetime, *, within: timedelta) -> Decimal:
    """Return what of one wallet will expire from `now` on within a time."""
    lots = Lot.objects.filter(wallet_id=wallet_id).active_at(now)
    soon = lots.filter(expires_at__lte=now + within)
    total: Decimal = soon.aggregate(sum=Coalesce(Sum(F("remaining") - F("reserved")), ZERO))["sum"]
    return total


def _earned(store: Store, start: datetime, end: datetime) -> "QuerySet[Any]":
    return Lot.objects.in_store(store).filter(
        origin=LotOrigin.EARNED, created_at__gte=start, created_at__lt=end
    )


def _spent(store: Store, start: datetime, end: datetime) -> "QuerySet[Any]":
    return Posting.objects.in_store(store).filter(
        kind=PostingKind.SPEND,
        status=PostingStatus.CAPTURED,
        created_at__gte=start,
        created_at__lt=end,
    )


def _expired(store: Store, start: datetime, end: datetime) -> "QuerySet[Any]":
    return Posting.objects.in_store(store).filter(
        kind=PostingKind.EXPIRE, effective_at__gte=start, effective_at__lt=end
    )
