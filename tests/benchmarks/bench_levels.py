"""
The recalculation of levels against one raw UPDATE that decides the same, in one transaction.

The raw one writes no history and no facts, holds its locks to its end, and cannot be stopped.
"""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from tests.benchmarks.results import Result

CUSTOMERS = int(os.environ.get("CUSTOMERS", 50_000 if os.environ.get("QUICK") else 1_000_000))
# Of so many customers one loses the level.
MOVING_ONE_IN = 20
# The job may take twice as long: at least half of the raw statement's speed.
TARGET = 0.5

SETTINGS = {
    "tierAssignType": "points",
    "levelDowngradeMode": "after_x_days",
    "levelDowngradeDays": 365,
    "levelDowngradeBase": "earned_points",
    "pointsDaysExpiryAfter": "all_time_active",
}


def run() -> Iterator[Result]:
    from accounts.services import level_jobs
    from loyalty.core import clock

    store, levels = _fill(CUSTOMERS)
    now = clock.now()
    raw = _measure_raw(store.pk, levels, now)
    begun = time.perf_counter()
    done = level_jobs.recalculate(store, now=now)
    taken = time.perf_counter() - begun
    assert done.assessed == CUSTOMERS, done
    yield Result(
        f"levels: {done.assessed:,} recalculated, by one raw UPDATE",
        raw / taken,
        TARGET,
        f"{taken:.1f} s, raw {raw:.1f} s; {done.moved:,} moved",
    )


def _fill(count: int) -> tuple[Any, list[int]]:
    """Make a store whose customers joined two years ago, each with one earn since."""
    from accounts.models import Customer
    from accounts.services import customers, levels, points
    from loyalty.core import clock
    from loyalty.core.actors import SYSTEM
    from loyalty.core.services import stores

    store = stores.create(code="levels", name="Levels", currency="EUR", setting_values=SETTINGS)
    made = []
    for condition in (0, 100, 200, 300):
        data = levels.LevelData(
            translations={"en": levels.LevelText(f"From {condition}")},
            condition_value=Decimal(condition),
            reward_value=Decimal(condition) / 1000,
        )
        made.append(levels.create(store=store, data=data, actor=SYSTEM).pk)
    joined = clock.now() - timedelta(days=730)
    data = customers.Registration(
        first_name="Bench", last_name="Mark", email="bench@example.com", agreement1=True
    )
    first = customers.register(store=store, data=data, actor=SYSTEM, now=joined)
    points.add(customer=first, amount=Decimal(1), issuer="system", now=joined)
    Customer.objects.filter(pk=first.pk).update(created_at=joined)
    with connection.cursor() as cursor:
        cursor.execute(
            _copies("ledger_wallet", f"id = {first.wallet_id}", uuid="ledger_uuid7()"),
            [count - 1],
        )
        cursor.execute(
            "create temporary table fresh as select id, row_number() over (order by id) as n "
            "from ledger_wallet where store_id = %s and kind = 'customer' and id > %s",
            [store.pk, first.wallet_id],
        )
        for table, chosen, changes in (
            ("ledger_walletbalance", f"wallet_id = {first.wallet_id}", {"wallet_id": "f.id"}),
            (
                "accounts_customer",
                f"id = {first.pk}",
                {
                    "wallet_id": "f.id",
                    "uuid": "ledger_uuid7()",
                    "email": "null",
                    "level_id": f"({_array(made)})[1 + case when f.n %% {MOVING_ONE_IN} = 0 "
                    "then 3 else f.n %% 3 end]",
                },
            ),
            (
                "ledger_lot",
                f"wallet_id = {first.wallet_id}",
                {
                    "wallet_id": "f.id",
                    "uuid": "ledger_uuid7()",
                    "amount": "100 * (f.n %% 3) + 1",
                    "remaining": "100 * (f.n %% 3) + 1",
                },
            ),
        ):
            cursor.execute(_copies(table, chosen, source="fresh f", **changes), [])
        cursor.execute("vacuum analyze")
    return store, made


def _copies(
    table: str, chosen: str, *, source: str = "generate_series(1, %s) f", **changes: str
) -> str:
    """Return a statement that copies one row for each of `source`, with some columns changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns "
            "where table_name = %s and is_generated = 'NEVER' and column_name <> 'id'",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
    values = [changes.get(column, f"t.{column}") for column in columns]
    return (
        f"insert into {table} ({', '.join(columns)}) "  # ours
        f"select {', '.join(values)} from {table} t, {source} where t.{chosen}"
    )


def _array(numbers: list[int]) -> str:
    return f"array[{', '.join(map(str, numbers))}]::bigint[]"


RAW = """
update accounts_customer c
set last_level_recalculation_at = %(now)s,
    level_id = (%(levels)s::bigint[])[
        width_bucket(coalesce(s.amount, 0), array[0.0, 100, 200, 300])
    ]
from accounts_customer d left join (
    select l.wallet_id, sum(l.amount) as amount
    from ledger_lot l join accounts_customer o on o.wallet_id = l.wallet_id
    where l.store_id = %(store)s and l.origin = 'earned' and l.cancelled_at is null
        and (not l.is_locked or l.active_from <= %(now)s)
        and (o.last_level_recalculation_at is null or l.created_at > o.last_level_recalculation_at)
    group by l.wallet_id
) s on s.wallet_id = d.wallet_id
where c.id = d.id and c.store_id = %(store)s and c.status <> 'deleted'
    and c.manually_assigned_level_id is null
"""


def _measure_raw(store_id: int, levels: list[int], now: object) -> float:
    """Time the raw statement with its commit, and undo what it did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table before as select id, level_id from accounts_customer"
        )
        begun = time.perf_counter()
        with transaction.atomic():
            cursor.execute(RAW, {"store": store_id, "levels": levels, "now": now})
        taken = time.perf_counter() - begun
        cursor.execute(
            "update accounts_customer c set level_id = b.level_id, "
            "last_level_recalculation_at = null from before b where b.id = c.id"
        )
        cursor.execute("vacuum analyze accounts_customer")
    return taken
