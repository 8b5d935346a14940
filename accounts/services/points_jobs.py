"""
Write down what time has done to the points of all stores: the jobs behind the figures.

No figure waits for them, so they may run late, stop anywhere and start again; facts and mails
about expiry do wait. Source: PE-8, PA-3.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.ledger import settlement, wallets
from accounts.ledger.models import Lot
from accounts.models import Customer
from accounts.services import customer_locks
from loyalty.core.models import Store

# Wallets per transaction: a till never waits longer for one of them than a chunk takes.
CHUNK = 200
# Tells the two jobs apart among PostgreSQL's advisory locks.
EXPIRE_LOCK, UNLOCK_LOCK = 7_301_001, 7_301_002


def expire_due(now: datetime | None = None) -> int:
    """Expire every lot whose date has passed; return how many. 0 if another process is at it."""
    now = now or timezone.now()
    return _settle_all(Lot.objects.to_expire(now), EXPIRE_LOCK, now, lambda counts: counts[1])


def unlock_due(now: datetime | None = None) -> int:
    """Unlock every lot whose lock has ended; return how many. 0 if another process is at it."""
    now = now or timezone.now()
    return _settle_all(Lot.objects.to_unlock(now), UNLOCK_LOCK, now, lambda counts: counts[0])


def _settle_all(
    due: QuerySet[Lot], lock: int, now: datetime, count: Callable[[tuple[int, int]], int]
) -> int:
    """Settle the wallets of `due` lots by chunks, until none is left."""
    total = 0
    while True:
        with transaction.atomic():
            if not _try_lock(lock):
                return total
            found = due.order_by("wallet_id").values_list("wallet_id", flat=True).distinct()
            chunk = list(found[:CHUNK])
            if not chunk:
                return total
            owners = _lock_owners(chunk)
            wallets.lock(chunk)
            total += count(settlement.settle(owners, now=now))


def _lock_owners(wallet_ids: list[int]) -> dict[int, int | None]:
    """Return whose these wallets are; lock those whose level may follow what unlocks (LV-7)."""
    owners: dict[int, int | None] = dict.fromkeys(wallet_ids)
    by_store: dict[int, list[int]] = defaultdict(list)
    found = Customer.objects.filter(wallet_id__in=wallet_ids)
    for wallet_id, customer_id, store_id in found.values_list("wallet_id", "pk", "store_id"):
        owners[wallet_id] = customer_id
        by_store[store_id].append(customer_id)
    for store in Store.objects.filter(pk__in=by_store).order_by("pk"):
        customer_locks.lock_for_points(store, by_store[store.pk])
    return owners


def _try_lock(key: int) -> bool:
    """Take an advisory lock until the transaction ends; False if another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [key])
        return bool(cursor.fetchone()[0])
