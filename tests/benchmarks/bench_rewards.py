"""Pools filled against raw COPY, purchases against bare postings, and lists of 200 rewards."""

import multiprocessing
import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from tempfile import NamedTemporaryFile
from typing import Any

from tests.benchmarks.results import Result

QUICK = bool(os.environ.get("QUICK"))
CODES = 100_000 if QUICK else 1_000_000
# A client is a thread with a connection of its own; four share a process.
PROCESSES, THREADS = 4, 4
CLIENTS = PROCESSES * THREADS
TURNS = 2 if QUICK else 6
SECONDS_PER_TURN = 1.5
REWARDS = 200
MEMORY_KB_MAX = 64 * 1024
PATTERN = "##########%"


def run() -> Iterator[Result]:
    yield from pools()
    yield buying()
    yield one_pool()
    yield from available()


def pools() -> Iterator[Result]:
    """Generate, load by file, and copy raw into the same table, each into a pool of its own."""
    from django.core.files import File

    from campaigns import codes
    from campaigns.services import pool_jobs
    from loyalty.core.actors import SYSTEM

    # The jobs first: the most memory that a process has used never goes down again.
    with NamedTemporaryFile("w+b") as file:
        for code in codes.generate(PATTERN, 1):
            file.write(code.encode())
        for _ in range(CODES // 1000):
            file.write("".join(f"\n{code}" for code in codes.generate(PATTERN, 1000)).encode())
        file.flush()
        pool_jobs.load(campaign=_reward(), file=File(file, "codes.txt"), actor=SYSTEM)
    before = _memory()
    loaded = _timed(pool_jobs.run_all)
    pool_jobs.generate(campaign=_reward(), pattern=PATTERN, count=CODES, actor=SYSTEM)
    generated = _timed(pool_jobs.run_all)
    grown = _memory() - before
    made = list(codes.generate(PATTERN, CODES))
    pool = _reward().pk
    raw = _timed(lambda: _copy(pool, made))
    for name, seconds in (("load", loaded), ("generate", generated)):
        yield Result(
            f"rewards: {name} {CODES:,} codes by raw COPY",
            raw / seconds,
            0.5,
            f"{CODES / seconds:.0f}/s, COPY {CODES / raw:.0f}/s",
        )
    yield Result(
        "rewards: memory that filling pools leaves of 64 MB",
        1 - grown / MEMORY_KB_MAX,
        0,
        f"{grown / 1024:.1f} MB more at most",
    )


def buying() -> Result:
    """Buy for points, committed, in turns with spending alone."""
    from accounts.services import points
    from campaigns.services import rewards
    from tests.campaigns.conftest import acting
    from tests.factories import CustomerFactory
    from tests.factories.campaigns import give_points
    from tests.factories.core import default_store

    reward = _reward(codes=20_000)
    customers = [CustomerFactory(default_store()) for _ in range(20)]
    for customer in customers:
        give_points(customer, 1_000_000)
    reward = type(reward).objects.get(pk=reward.pk)
    numbers = iter(range(10**9))

    def buy() -> None:
        customer = customers[next(numbers) % len(customers)]
        rewards.buy(campaign=reward, customer=customer, actor=acting(customer))

    def spend() -> None:
        customer = customers[next(numbers) % len(customers)]
        points.spend(customer=customer, amount=Decimal(1), issuer="admin")

    counts = {"buy": 0, "spend": 0}
    for work in (buy, spend):
        for _ in range(50):
            work()
    for _ in range(TURNS):
        counts["spend"] += _repeat(spend)
        counts["buy"] += _repeat(buy)
    seconds = TURNS * SECONDS_PER_TURN
    return Result(
        "rewards: buying (points and code) by bare postings",
        counts["buy"] / counts["spend"],
        0.5,
        f"{counts['buy'] / seconds:.0f}/s, postings {counts['spend'] / seconds:.0f}/s",
    )


def one_pool() -> Result:
    """Sixteen clients at one pool, in turns with the same at sixteen pools."""
    from tests.factories import CustomerFactory
    from tests.factories.campaigns import give_points
    from tests.factories.core import default_store

    count = 20_000 if QUICK else 60_000
    shared = _reward(codes=count).pk
    own = [_reward(codes=count // 4).pk for _ in range(CLIENTS)]
    customers = [CustomerFactory(default_store()) for _ in range(CLIENTS)]
    for customer in customers:
        give_points(customer, 1_000_000)
    ids = [customer.pk for customer in customers]
    context = multiprocessing.get_context("spawn")
    barrier, counts = context.Barrier(PROCESSES), context.Queue()
    workers = [
        context.Process(
            target=clients,
            args=(shared, own[n::PROCESSES], ids[n::PROCESSES], barrier, counts),
        )
        for n in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    found = [counts.get(timeout=600) for _ in workers]
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    at_one, at_many = (sum(each) for each in zip(*found, strict=True))
    seconds = TURNS * SECONDS_PER_TURN
    return Result(
        f"rewards: {CLIENTS} clients at one pool by {CLIENTS} pools",
        at_one / at_many,
        0.7,
        f"{at_one / seconds:.0f}/s, {CLIENTS} pools {at_many / seconds:.0f}/s",
    )


def clients(
    shared: int, own: list[int], customer_ids: list[int], barrier: Any, counts: Any
) -> None:
    """Buy in turns at the shared pool and at own ones; tell how many at each."""
    import django

    django.setup()
    from accounts.models import Customer
    from campaigns.models import RewardCampaign
    from campaigns.services import rewards
    from tests.campaigns.conftest import STAFF

    customers = list(Customer.objects.select_related("store").filter(pk__in=customer_ids))
    together = RewardCampaign.objects.get(pk=shared)
    alone = [RewardCampaign.objects.get(pk=pk) for pk in own]

    def turn(number: int, reward: Any) -> int:
        return _repeat(
            lambda: rewards.buy(campaign=reward, customer=customers[number], actor=STAFF)
        )

    sums = [0, 0]
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(TURNS):
            for place, wanted in enumerate(([together] * THREADS, alone)):
                barrier.wait(timeout=120)
                sums[place] += sum(pool.map(turn, range(THREADS), wanted))
    counts.put(tuple(sums))


def available() -> Iterator[Result]:
    """List what a customer can have among 200 live rewards."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from campaigns.selectors import availability
    from loyalty.core import clock
    from tests.factories import CustomerFactory, StoreFactory
    from tests.factories.campaigns import CampaignFactory

    store = StoreFactory(code="bench-rewards")
    customer = CustomerFactory(store)
    for _ in range(REWARDS):
        CampaignFactory(store, level=customer.level)

    def listed() -> None:
        assert len(availability.list_available(customer, now=clock.now())) == REWARDS

    with CaptureQueriesContext(connection) as queries:
        listed()
    begun = time.process_time()
    rounds = 10 if QUICK else 60
    for _ in range(rounds):
        listed()
    seconds = time.process_time() - begun
    yield Result(
        f"rewards: lists of {REWARDS} a second and core", rounds / seconds, 20, "selector alone"
    )
    yield Result("rewards: 8 queries by those of a list", 8 / len(queries), 1, f"{len(queries)}")


def _reward(codes: int = 1) -> Any:
    """Make a reward for a point, open to all of the DEFAULT store."""
    from django.db import transaction

    from campaigns.services import pools
    from tests.factories.campaigns import CampaignFactory
    from tests.factories.core import default_store

    reward = CampaignFactory(default_store(), cost_in_points=Decimal(1), coupons=("FIRST",))
    if codes > 1:
        more = (f"C{number:08}" for number in range(codes))
        with transaction.atomic():
            pools.append_codes(reward, more)
    return reward


def _copy(campaign_id: int, codes: list[str]) -> None:
    from django.db import connection

    columns = "campaign_id, code, position, is_issued"
    with connection.cursor() as cursor:
        raw: Any = cursor.cursor
        with raw.copy(f"copy campaigns_couponcode ({columns}) from stdin") as copy:
            for position, code in enumerate(codes):
                copy.write_row((campaign_id, code, position, False))


def _repeat(work: Any) -> int:
    count, until = 0, time.perf_counter() + SECONDS_PER_TURN
    while time.perf_counter() < until:
        work()
        count += 1
    return count


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _memory() -> int:
    """Return the most memory that this process has used so far, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
