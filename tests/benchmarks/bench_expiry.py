"""
Expiry and unlocking of many lots, by the jobs' chunks, against SQL by hand in one transaction.

What is written by hand locks the same rows, writes the same postings, balances and facts, and holds
its locks to its end. It is rolled back before the job does the same to the same rows.
"""

import os
import resource
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from tests.benchmarks.bench_segments import multiply
from tests.benchmarks.results import Result

SCALE = 20 if os.environ.get("QUICK") else 1
CUSTOMERS = 400_000 // SCALE
LOTS = 4_000_000 // SCALE
# Two thirds of these have two due lots, the others one.
DUE_CUSTOMERS = 300_000 // SCALE
DUE = 500_000 // SCALE
LOCKED = 2 * (CUSTOMERS - DUE_CUSTOMERS)

SLOWER_MAX = 3
SECONDS_PER_CHUNK_MAX = 1
MEGABYTES_MAX = 20


def run() -> Iterator[Result]:
    from accounts.services import points_jobs
    from loyalty.core import clock

    now = clock.now()
    store = fill(now)
    yield from compare(
        f"expiry: {DUE:,} lots of {DUE_CUSTOMERS:,} customers, of {LOTS:,}",
        lambda: by_hand(EXPIRE, store, now),
        lambda run: points_jobs.expire_due(now, run=run),
        DUE,
    )
    yield from compare(
        f"unlocking: {LOCKED:,} lots, of {LOTS:,}",
        lambda: by_hand(UNLOCK, store, now),
        lambda run: points_jobs.unlock_due(now, run=run),
        LOCKED,
    )


def compare(
    name: str, by_hand: Callable[[], float], job: Callable[[Any], int], count: int
) -> Iterator[Result]:
    floor = by_hand()
    watched = watched_run()
    begun = time.perf_counter()
    assert job(watched) == count
    taken = time.perf_counter() - begun
    yield Result(name, floor / taken, 1 / SLOWER_MAX, f"{taken:.1f} s, by hand {floor:.1f} s")
    longest = max(watched.seconds)
    median = statistics.median(watched.seconds)
    yield Result(
        "  the longest chunk",
        SECONDS_PER_CHUNK_MAX / longest,
        1,
        f"{longest:.2f} s, median {median:.2f} s, {len(watched.seconds)} chunks",
    )
    grown = max(watched.megabytes) - watched.megabytes[min(5, len(watched.megabytes) - 1)]
    yield Result(
        "  memory that grows after the first five chunks",
        MEGABYTES_MAX / max(grown, 1),
        1,
        f"{grown:.1f} MB, at most {MEGABYTES_MAX}; {max(watched.megabytes):.0f} MB in all",
    )


def watched_run() -> Any:
    """Return a run that notes how long each chunk's transaction takes, and the memory after it."""
    from loyalty.core.jobs import Run

    class Watched(Run):
        def __init__(self) -> None:
            super().__init__()
            self.seconds: list[float] = []
            self.megabytes: list[float] = []

        @contextmanager
        def chunk(self) -> Iterator[Counter[str]]:
            begun = time.perf_counter()
            with super().chunk() as done:
                yield done
            self.seconds.append(time.perf_counter() - begun)
            self.megabytes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    return Watched()


def by_hand(statements: tuple[str, ...], store: Any, now: datetime) -> float:
    """Time some statements in one transaction, with what a commit checks, and roll them back."""
    with transaction.atomic(), connection.cursor() as cursor:
        begun = time.perf_counter()
        for statement in statements:
            cursor.execute(statement, {"store": store.pk, "now": now})
        cursor.execute("set constraints all immediate")
        taken = time.perf_counter() - begun
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return taken


def fill(now: datetime) -> Any:
    """Open a store with customers and lots, made by the server from one of each."""
    from accounts.ledger.models import Lot, Wallet, WalletBalance
    from accounts.models import Customer
    from accounts.services import points
    from loyalty.core.services import stores
    from tests.factories import CustomerFactory, StoreFactory

    store = StoreFactory(setting_values={"pointsDaysExpiryAfter": "all_time_active"})
    stores.touch_rules(store.pk)
    customer = CustomerFactory(store)
    points.add(
        customer=customer, amount=Decimal(100), issuer="system", now=now - timedelta(days=400)
    )
    lot, balance = Lot.objects.get(), WalletBalance.objects.get(wallet=customer.wallet_id)
    wallet = customer.wallet_id
    multiply(Wallet, wallet, CUSTOMERS, {})
    multiply(Customer, customer.pk, CUSTOMERS, {"wallet_id": f"{wallet} + n", "email": "null"})
    # The lots lie as they came in: those of a customer far from one another.
    order = f"(n - 1) %% {CUSTOMERS}"
    number = f"(n - 1) / {CUSTOMERS}"
    two = DUE - DUE_CUSTOMERS
    is_due = f"({number} = 2 and {order} < {DUE_CUSTOMERS} or {number} = 5 and {order} < {two})"
    # Other customers, as whoever expires a wallet's lots unlocks its others, too.
    is_locked = f"({number} in (7, 8) and {order} >= {DUE_CUSTOMERS})"
    multiply(
        Lot,
        lot.pk,
        LOTS,
        {
            "wallet_id": f"{wallet} + 1 + {order}",
            "amount": "100",
            "remaining": "100",
            "is_locked": is_locked,
            "active_from": f"case when {is_locked} then %s::timestamptz else active_from end",
            "expires_at": f"case when {is_due} then %s::timestamptz - {order} %% 3"
            " * interval '1 day' else %s::timestamptz + interval '30 days' end",
        },
        [now - timedelta(hours=1), now - timedelta(minutes=1), now],
    )
    each = LOTS // CUSTOMERS
    pending = f"case when n > {DUE_CUSTOMERS} then 200 else 0 end"
    multiply(
        WalletBalance,
        balance.pk,
        CUSTOMERS,
        {
            "wallet_id": f"{wallet} + n",
            "active": f"100 * {each} - {pending}",
            "pending": pending,
            "earned": f"100 * {each}",
        },
    )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return store


_LOCK = """
create temporary table locked on commit drop as
select b.id from ledger_walletbalance b
where b.wallet_id in (select wallet_id from due) order by b.wallet_id for update
"""
_NEXT_DUE = """
update ledger_walletbalance b set next_due_at = s.next
from (
    select wallet_id, min(case when is_locked then active_from else expires_at end) as next
    from ledger_lot
    where is_open and wallet_id in (select wallet_id from due)
    group by 1
) s where s.wallet_id = b.wallet_id
"""
EXPIRE = (
    """
create temporary table due on commit drop as
select id, uuid, store_id, wallet_id, point_type_id, remaining - reserved as free, expires_at
from ledger_lot where is_open and not is_locked and expires_at <= %(now)s
""",
    "analyze due",
    _LOCK,
    """
insert into ledger_posting (
    uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
    requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
    created_at, lot_id
)
select ledger_uuid7(), store_id, point_type_id, wallet_id,
    (select id from ledger_wallet where store_id = %(store)s and kind = 'expiry'),
    'expire', 'captured', free, free, free, 'expire:' || uuid || ':0', 'system', '', expires_at,
    %(now)s, id
from due order by wallet_id
""",
    """
update ledger_lot l
set remaining = l.remaining - d.free, expired = l.expired + d.free, expired_at = %(now)s
from due d where d.id = l.id
""",
    """
update ledger_walletbalance b set active = b.active - s.total, expired = b.expired + s.total
from (select wallet_id, point_type_id, sum(free) as total from due group by 1, 2) s
where s.wallet_id = b.wallet_id and s.point_type_id = b.point_type_id
""",
    """
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), d.store_id, 'points.expired', w.uuid, c.id,
    jsonb_build_object('accountId', w.uuid, 'pointsTransferId', d.uuid,
        'value', trim_scale(d.free)::text, 'expiresAt', d.expires_at,
        'active', trim_scale(b.active)::text), %(now)s
from due d
join ledger_wallet w on w.id = d.wallet_id
join accounts_customer c on c.wallet_id = d.wallet_id
join ledger_walletbalance b on b.wallet_id = d.wallet_id
order by d.wallet_id
""",
    _NEXT_DUE,
)
UNLOCK = (
    """
create temporary table due on commit drop as
select id, uuid, store_id, wallet_id, point_type_id, remaining, active_from
from ledger_lot where is_open and is_locked and active_from <= %(now)s
""",
    "analyze due",
    _LOCK,
    "update ledger_lot l set is_locked = false from due d where d.id = l.id",
    """
update ledger_walletbalance b set active = b.active + s.total, pending = b.pending - s.total
from (select wallet_id, point_type_id, sum(remaining) as total from due group by 1, 2) s
where s.wallet_id = b.wallet_id and s.point_type_id = b.point_type_id
""",
    """
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), d.store_id, 'points.unlocked', w.uuid, c.id,
    jsonb_build_object('accountId', w.uuid, 'pointsTransferId', d.uuid,
        'value', trim_scale(d.remaining)::text, 'lockedUntil', d.active_from,
        'active', trim_scale(b.active)::text), %(now)s
from due d
join ledger_wallet w on w.id = d.wallet_id
join accounts_customer c on c.wallet_id = d.wallet_id
join ledger_walletbalance b on b.wallet_id = d.wallet_id
order by d.wallet_id
""",
    _NEXT_DUE,
)
