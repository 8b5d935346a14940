"""Whether purchases of different customers wait for one another: four processes against one."""

import itertools
import multiprocessing
import os
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.benchmarks.results import Result

TARGET = 1.7  # on two cores
PROCESSES = 4
# Enough that nobody buys more often in the measured minute than somebody does in a year or so.
CUSTOMERS_PER_PROCESS = 250
RULES = 20
LINES = 5
WARM_PURCHASES = 30
# One process and all four take turns, so that whatever else the machine does slows both alike.
ROUNDS = 2 if os.environ.get("QUICK") else 8
SECONDS_PER_TURN = 1.5


def run() -> Result:
    one, many = purchases_per_second(*prepare())
    return Result(
        f"purchases of different customers, {PROCESSES} processes",
        many / one,
        TARGET,
        f"{many:.0f}/s with {PROCESSES} processes, {one:.0f}/s with one",
    )


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


def purchases_per_second(store_id: int, customer_ids: list[int]) -> tuple[float, float]:
    """Return the rates of one process and of all, all effects committed."""
    context = multiprocessing.get_context("spawn")
    barrier, counts = context.Barrier(PROCESSES), context.Queue()
    workers = [
        context.Process(
            target=work,
            args=(number, store_id, customer_ids[number::PROCESSES], barrier, counts),
        )
        for number in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    found = [counts.get(timeout=600) for _ in workers]
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    seconds = ROUNDS * SECONDS_PER_TURN
    return sum(alone for alone, _ in found) / seconds, sum(both for _, both in found) / seconds


def work(number: int, store_id: int, customer_ids: list[int], barrier: Any, counts: Any) -> None:
    """Register purchases in turns, in a process of its own; tell how many alone and together."""
    import django

    django.setup()
    buy = buyer(store_id, customer_ids)
    for _ in range(WARM_PURCHASES):
        buy()
    alone = together = 0
    for _ in range(ROUNDS):
        barrier.wait(120)
        if number == 0:
            alone += buy_for_a_turn(buy)
        barrier.wait(120)
        together += buy_for_a_turn(buy)
    counts.put((alone, together))


def buy_for_a_turn(buy: Any) -> int:
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < SECONDS_PER_TURN:
        buy()
        count += 1
    return count


def buyer(store_id: int, customer_ids: list[int]) -> Any:
    """Return a function that registers one purchase, of the next of these customers."""
    from accounts.models import Customer
    from loyalty.core.actors import SYSTEM
    from loyalty.core.models import Store
    from transactions.services import purchases
    from transactions.services.documents import Buyer, Document, Label, Line

    store = Store.objects.get(pk=store_id)
    emails = Customer.objects.filter(pk__in=customer_ids).values_list("email", flat=True)
    buyers = itertools.cycle([Buyer(name="Alice", email=email or "") for email in emails])
    labels = (Label("color", "red"),)
    lines = tuple(
        Line(f"SKU{number}", "Tea", Decimal(1), Decimal("12.34"), "drinks", "Best", labels)
        for number in range(LINES)
    )

    def buy() -> None:
        document = Document(
            number=str(uuid.uuid4()),
            lines=lines,
            buyer=next(buyers),
            purchased_at=datetime.now(UTC),
        )
        stored = purchases.register(store=store, document=document, actor=SYSTEM)
        assert stored.customer_id is not None

    return buy
