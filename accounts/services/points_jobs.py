"""
Write down what time has done to the points of all stores: the jobs behind the figures.

No figure waits for them, so they may run late, stop anywhere and start again; facts and mails
about expiry do wait. Source: PE-8, PA-3.
"""

import logging
from collections import defaultdict
from datetime import datetime

from django.db import connection, transaction

from accounts.ledger import checks, settlement, wallets
from accounts.ledger.settlement import Settled
from accounts.models import Customer
from accounts.services import customer_locks
from loyalty.core import clock, sql
from loyalty.core.jobs import Run
from loyalty.core.models import Store

# Wallets per transaction: a till never waits longer for one of them than a chunk takes.
CHUNK = 500
CURSOR = "wallets_with_something_due"
DIFFERENCES_TOLD = 5

logger = logging.getLogger(__name__)


def expire_due(now: datetime | None = None, *, run: Run | None = None) -> int:
    """Expire every lot whose date has passed, by chunks of wallets; return how many."""
    return _settle_all(DUE_TO_EXPIRE, now or clock.now(), "expired", run or Run())


def unlock_due(now: datetime | None = None, *, run: Run | None = None) -> int:
    """Unlock every lot whose lock has ended, by chunks of wallets; return how many."""
    return _settle_all(DUE_TO_UNLOCK, now or clock.now(), "unlocked", run or Run())


def check_books(*, run: Run | None = None) -> int:
    """
    Recompute every stored figure of the ledger; return how many differ. They are reported.

    Reads all of it in one snapshot, and locks nothing.
    """
    run = run or Run()
    found = checks.find_differences()
    for difference in found[:DIFFERENCES_TOLD]:
        logger.error("The books are wrong: %s", difference)
        run.report(str(difference))
    if len(found) > DIFFERENCES_TOLD:
        run.report(f"{len(found)} differences; manage.py check_ledger lists them.")
    with run.chunk() as done:
        done["differences"] = len(found)
    return len(found)


def _settle_all(due: str, now: datetime, counted: str, run: Run) -> int:
    """
    Settle the wallets of due lots, in the order of their keys; return `counted` of them.

    They are found once and wait on the server: each chunk looks at its own wallets only, and what
    falls due meanwhile is left to the next run.
    """
    if not sql.read(f"select exists({due})", {"now": now})[0][0]:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        ordered = f"select distinct wallet_id from ({due}) due order by 1"  # noqa: S608  # ours
        cursor.execute(f"declare {CURSOR} no scroll cursor with hold for {ordered}", {"now": now})
    try:
        while True:
            with run.chunk() as done:
                found = sql.read(f"fetch forward {CHUNK} from {CURSOR}", ())
                if not found:
                    return run.counts[counted]
                settled = _settle([row[0] for row in found], now)
                done.update(expired=settled.expired, unlocked=settled.unlocked)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"close {CURSOR}")


def _settle(wallet_ids: list[int], now: datetime) -> Settled:
    """Lock some wallets and settle them, by statements that look at nothing but them."""
    with connection.cursor() as cursor:
        # Told of a thousand wallets, PostgreSQL would read whole tables for them, in each chunk.
        cursor.execute("set local plan_cache_mode = force_generic_plan")
    owners = _lock_owners(wallet_ids)
    wallets.lock(wallet_ids)
    return settlement.settle(owners, now=now)


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


DUE_TO_EXPIRE = """
select wallet_id from ledger_lot
where is_open and not is_locked and expires_at is not null and expires_at <= %(now)s
"""
DUE_TO_UNLOCK = """
select wallet_id from ledger_lot where is_open and is_locked and active_from <= %(now)s
"""
