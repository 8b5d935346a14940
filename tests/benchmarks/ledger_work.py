"""What the processes of the ledger's benchmarks do, slice by slice, all the same at once."""

import itertools
import multiprocessing
import os
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

ONE = Decimal(1)
# A slice lasts a moment only, so that whatever else the machine does meets all contestants alike.
SLICE = 60
WARM = 40


def rates(
    contestants: list[str], *, processes: int, rounds: int, wallets: int = 500
) -> dict[str, float]:
    """
    Return how many operations a second each contestant does, all processes together.

    The contestants take turns in each of the `rounds`.
    """
    from tests.benchmarks import ledger_tables

    owners = ledger_tables.open_wallets(processes * wallets)
    uses = (rounds * SLICE + WARM) // wallets + 2
    for name in contestants:
        if name in STOCK:
            ledger_tables.stock(STOCK[name](uses), [wallet for _, wallet in owners])
    ledger_tables.analyze()
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(
            target=work, args=(owners[number::processes], contestants, rounds, barrier, answers)
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    totals = dict.fromkeys(contestants, 0.0)
    for _ in workers:
        for name, seconds in answers.get(timeout=600).items():
            totals[name] += rounds * SLICE / seconds
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    return totals


# The lots that a contestant needs in each wallet: (how many, how large), by how often it comes by.
STOCK: dict[str, Callable[[int], tuple[int, int]]] = {
    "spend": lambda uses: (1, 1_000_000),
    "spend5": lambda uses: (uses * 5, 1),
}


def work(
    owners: list[tuple[int, int]], contestants: list[str], rounds: int, barrier: Any, answers: Any
) -> None:
    """Run in a process of its own; answers with the seconds that each contestant took."""
    import django

    django.setup()
    calls = {name: CONTESTANTS[name](owners) for name in contestants}
    for call in calls.values():
        for _ in range(WARM):
            call()
    seconds = dict.fromkeys(contestants, 0.0)
    for turn in range(rounds):
        # Each goes first as often as any other.
        shift = turn % len(contestants)
        for name in contestants[shift:] + contestants[:shift]:
            barrier.wait(120)
            call = calls[name]
            begun = time.perf_counter()
            for _ in range(SLICE):
                call()
            seconds[name] += time.perf_counter() - begun
    answers.put(seconds)


Call = Callable[[], object]


def make_floor(owners: list[tuple[int, int]]) -> Call:
    """The least that any ledger does: a posting and a balance, idempotently, committed."""
    import psycopg

    from tests.benchmarks import databases, ledger_tables

    raw = psycopg.connect(**databases.parameters(), autocommit=True)
    wallets = itertools.cycle([wallet for _, wallet in owners])
    statement = ledger_tables.FLOOR

    def call() -> None:
        arguments = {"wallet": next(wallets), "amount": ONE, "key": str(uuid.uuid4())}
        raw.execute(statement, arguments, prepare=True)

    return call


def _customers(owners: list[tuple[int, int]]) -> Any:
    from accounts.models import Customer

    numbers = [customer for customer, _ in owners]
    found = list(Customer.objects.select_related("store").filter(pk__in=numbers))
    return itertools.cycle(found)


def make_earn(owners: list[tuple[int, int]]) -> Call:
    from accounts.services import points

    customers = _customers(owners)

    def call() -> None:
        points.add(customer=next(customers), amount=ONE, issuer="system", key=str(uuid.uuid4()))

    return call


def make_earn_100(owners: list[tuple[int, int]]) -> Call:
    """One call gives a hundred."""
    from accounts.services import points

    customers = _customers(owners)
    store = next(customers).store

    def call() -> None:
        grants = [
            points.Grant(customer=next(customers), amount=ONE, key=str(uuid.uuid4()))
            for _ in range(100)
        ]
        points.add_many(store=store, grants=grants)

    return call


def make_spend(owners: list[tuple[int, int]]) -> Call:
    return _spend(owners, ONE)


def make_spend_5(owners: list[tuple[int, int]]) -> Call:
    """Every lot has one point, so five come from five."""
    return _spend(owners, Decimal(5))


def _spend(owners: list[tuple[int, int]], amount: Decimal) -> Call:
    from accounts.services import points

    customers = _customers(owners)

    def call() -> None:
        points.spend(
            customer=next(customers), amount=amount, issuer="system", key=str(uuid.uuid4())
        )

    return call


def make_hordak(owners: list[tuple[int, int]]) -> Call:
    from hordak.models import Account
    from moneyed import Money

    bank = Account.objects.get(name="Issuance")
    accounts = list(Account.objects.exclude(pk=bank.pk))
    mine = itertools.cycle(accounts[os.getpid() % 7 :: 7])
    amount = Money(ONE, "EUR")

    def call() -> None:
        bank.transfer_to(next(mine), amount)

    return call


CONTESTANTS: dict[str, Callable[[list[tuple[int, int]]], Call]] = {
    "floor": make_floor,
    "earn": make_earn,
    "earn100": make_earn_100,
    "spend": make_spend,
    "spend5": make_spend_5,
    "hordak": make_hordak,
}
