"""Whether purchases of different customers wait for one another: four processes against one."""

import multiprocessing
import os
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

FLOOR = 1.7  # on two cores
PROCESSES = 4
CUSTOMERS_PER_PROCESS = 25
RULES = 20
LINES = 5
SECONDS = 6.0
WARM_PURCHASES = 30


def run(seconds: float = SECONDS) -> tuple[str, float, float, float]:
    """Return the name, the rate of four processes by that of one, the floor, and their ratio."""
    store_id, customer_ids = prepare()
    one = purchases_per_second(store_id, customer_ids, processes=1, seconds=seconds)
    many = purchases_per_second(store_id, customer_ids, processes=PROCESSES, seconds=seconds)
    gain = many / one
    name = f"purchases: {PROCESSES} processes {many:.0f}/s, one {one:.0f}/s"
    return name, gain, FLOOR, gain / FLOOR


def prepare() -> tuple[int, list[int]]:
    """Open a store with rules and customers; return its key and theirs."""
    from earning.models import RuleType
    from tests.factories import CustomerFactory, StoreFactory
    from tests.factories.earning import EarningRuleFactory

    code = f"bench-{uuid.uuid4().hex[:8]}"
    store = StoreFactory(code=code)
    customers = [
        CustomerFactory(store, email=f"{code}-{number}@example.com")
        for number in range(PROCESSES * CUSTOMERS_PER_PROCESS)
    ]
    for number in range(RULES):
        EarningRuleFactory(store=store, type=list(RuleType)[number % 4])
    return store.pk, [customer.pk for customer in customers]


def purchases_per_second(
    store_id: int, customer_ids: list[int], *, processes: int, seconds: float
) -> float:
    """Let processes register purchases, each of its own customers, all effects committed."""
    from django.db import connection

    context = multiprocessing.get_context("spawn")
    start, counts = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(
            target=work,
            args=(
                connection.settings_dict["NAME"],
                store_id,
                customer_ids[number::processes],
                seconds,
                start,
                counts,
            ),
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    total = sum(counts.get(timeout=seconds + 120) for _ in workers)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    return total / seconds


def work(
    database: str, store_id: int, customer_ids: list[int], seconds: float, start: Any, counts: Any
) -> None:
    """Register purchases for some seconds, in a process of its own, and tell how many."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    from accounts.models import Customer
    from loyalty.core.actors import SYSTEM
    from loyalty.core.models import Store
    from transactions.services import purchases
    from transactions.services.documents import Buyer, Document, Label, Line

    store = Store.objects.get(pk=store_id)
    buyers = [
        Buyer(name="Alice", email=email or "")
        for email in Customer.objects.filter(pk__in=customer_ids).values_list("email", flat=True)
    ]
    labels = (Label("color", "red"),)
    lines = tuple(
        Line(f"SKU{number}", "Tea", Decimal(1), Decimal("12.34"), "drinks", "Best", labels)
        for number in range(LINES)
    )

    def buy(number: int) -> None:
        document = Document(
            number=str(uuid.uuid4()),
            lines=lines,
            buyer=buyers[number % len(buyers)],
            purchased_at=datetime.now(UTC),
        )
        stored = purchases.register(store=store, document=document, actor=SYSTEM)
        assert stored.customer_id is not None

    for number in range(WARM_PURCHASES):
        buy(number)
    start.wait(120)
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        buy(count)
        count += 1
    counts.put(count)


if __name__ == "__main__":
    import django

    django.setup()
    print("{}: {:.2f}, floor {}, ratio {:.2f}".format(*run()))  # noqa: T201
