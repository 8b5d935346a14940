"""
A job whose process is killed, wherever it is, and started again ends as if nothing had happened …

The processes are real, and so is SIGKILL. Before the first chunk's end, within a chunk (its
transaction is open and has written everything), between two chunks, and from outside, at whatever
point the job is when its progress shows that it works.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.ledger import checks
from accounts.ledger.models import Lot, Posting, WalletBalance
from accounts.models import Customer, Segment
from accounts.services import level_jobs, points, points_jobs, segment_members
from loyalty.core import jobs
from loyalty.core.jobs import Job, Run
from loyalty.core.models import Event, JobOutcome, JobRun, Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.support.segments import criterion, make_segment

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = 7
LONG_AGO = datetime(2025, 1, 1, 12, tzinfo=UTC)
SECONDS_MAX = 30


def store_of_due_points(**settings: Any) -> Store:
    """Members with one to three lots; of some a part is spent or set aside."""
    store = StoreFactory(setting_values={"timezone": "UTC"} | settings)
    for number in range(MEMBERS):
        member = CustomerFactory(store)
        for day in range(number % 3 + 1):
            at = LONG_AGO + timedelta(days=day)
            points.add(customer=member, amount=Decimal(10 + number), issuer="admin", now=at)
        if number == 2 and settings.get("allTimeNotLocked", True):
            at = LONG_AGO + timedelta(days=5)
            points.spend(customer=member, amount=Decimal(15), issuer="admin", now=at)
            points.block(customer=member, amount=Decimal(3), issuer="admin", now=at)
    return store


def store_of_expiring_points() -> Store:
    return store_of_due_points(pointsDaysExpiryAfter="after_x_days", pointsDaysActiveCount=30)


def store_of_locked_points() -> Store:
    return store_of_due_points(
        pointsDaysExpiryAfter="all_time_active",
        allTimeNotLocked=False,
        pointsDaysLocked=10,
        tierAssignType="points",
        levelDowngradeMode="none",
    )


def store_of_levels() -> Store:
    store = StoreFactory(
        setting_values={
            "tierAssignType": "points",
            "levelDowngradeMode": "after_x_days",
            "levelDowngradeDays": 100,
            "levelDowngradeBase": "active_points",
            "levelResetPointsOnDowngrade": True,
            "pointsDaysExpiryAfter": "all_time_active",
        }
    )
    for number, condition in enumerate((0, 10, 30)):
        LevelFactory(
            store, name=f"L{number}", condition_value=condition, reward_value=f"0.{number}"
        )
    for number in range(MEMBERS):
        member = CustomerFactory(store, created_at=LONG_AGO)
        at = LONG_AGO + timedelta(days=1)
        points.add(customer=member, amount=Decimal(33), issuer="admin", now=at)
        points.spend(customer=member, amount=Decimal(1 + 5 * number), issuer="admin", now=at)
    return store


def store_of_segments() -> Store:
    """Members of whom two in three belong into a segment, and others who are in it by now."""
    store = StoreFactory()
    members = [
        CustomerFactory(store, transactions_amount=Decimal(100 * (number % 3)))
        for number in range(MEMBERS)
    ]
    # Switched on behind its back: the service would fill it at once.
    spenders = [criterion("transaction_amount", from_amount="100")]
    segment = make_segment(store, spenders, is_active=False)
    Segment.objects.filter(pk=segment.pk).update(is_active=True)
    for member in members[::3]:
        segment.memberships.create(customer=member, since=timezone.now())
    return store


def state_of(store: Store) -> list[Any]:
    """Tell what is left behind, without the numbers and times that differ between two stores."""
    return [_state_of_member(member) for member in Customer.objects.in_store(store).order_by("pk")]


def _state_of_member(member: Customer) -> tuple[Any, ...]:
    balance = WalletBalance.objects.get(wallet=member.wallet_id)
    lots = Lot.objects.filter(wallet=member.wallet_id).order_by("pk")
    posted = Posting.objects.filter(from_wallet=member.wallet_id)
    facts = Event.objects.filter(customer_id=member.pk)
    return (
        [getattr(balance, name) for name in ("active", "pending", "held", "earned", "expired")],
        balance.next_due_at is None,
        [(lot.remaining, lot.expired, lot.is_locked, lot.expired_at is None) for lot in lots],
        sorted(
            posted.values_list("kind").annotate(Sum("amount")).values_list("kind", "amount__sum")
        ),
        sorted(facts.values_list("type", flat=True)),
        member.level.name.rpartition(" ")[0] or member.level.name if member.level else None,
        member.last_level_recalculation_at is None,
        list(member.level_changes.order_by("pk").values_list("reason", flat=True)),
        member.segment_memberships.count(),
    )


def in_a_process(deed: Callable[[], object]) -> int:
    """Do something in a process of its own, with a connection of its own; return its number."""
    connection.close()
    if (number := os.fork()) == 0:
        try:
            deed()
        finally:
            # Neither its parent's tests nor its parent's clean-up.
            os._exit(0)
    return number


def end_of(number: int) -> int:
    """Wait for a process; return the signal that ended it, 0 for none."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def killed_itself(job: Job, at: int, where: str) -> None:
    """Run a job in a process that is killed at a chunk: within its transaction, or after it."""
    chunk_of, begun = Run.chunk, [0]

    @contextmanager
    def chunk(run: Run) -> Iterator[Any]:
        begun[0] += 1
        with chunk_of(run) as done:
            yield done
            if (begun[0], where) == (at, "within"):
                os.kill(os.getpid(), signal.SIGKILL)
        if (begun[0], where) == (at, "between"):
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        Run.chunk = chunk  # type: ignore[assignment,method-assign]
        jobs.run(job)

    assert end_of(in_a_process(work)) == -signal.SIGKILL


def killed_from_outside(job: Job) -> None:
    """Run a job in a process, slowly, and kill it once somebody sees that it has done something."""
    chunk_of = Run.chunk

    @contextmanager
    def chunk(run: Run) -> Iterator[Any]:
        with chunk_of(run) as done:
            yield done
            time.sleep(0.2)

    def work() -> None:
        Run.chunk = chunk  # type: ignore[assignment,method-assign]
        jobs.run(job)

    number = in_a_process(work)
    deadline = time.monotonic() + SECONDS_MAX
    while not JobRun.objects.filter(job=job.name, outcome="running", chunks__gte=1).exists():
        assert time.monotonic() < deadline, "It never showed what it does."
        time.sleep(0.01)
    os.kill(number, signal.SIGKILL)
    assert end_of(number) == -signal.SIGKILL


def free(job: Job) -> None:
    """Wait until the server has noticed that the killed process is gone, and run the rest."""
    deadline = time.monotonic() + SECONDS_MAX
    while jobs.run(job) is None:
        assert time.monotonic() < deadline, "The lock of a dead process was not let go."
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "prepare"),
    [
        pytest.param("expire-points", store_of_expiring_points, id="PE-8-expire-points"),
        pytest.param("unlock-points", store_of_locked_points, id="PA-3-unlock-points"),
        pytest.param("recalculate-levels", store_of_levels, id="LV-14-LV-16-recalculate-levels"),
        pytest.param("recalculate-segments", store_of_segments, id="SG-5-recalculate-segments"),
    ],
)
def test_in_the_same_state(name, prepare, monkeypatch):
    for module, constant in (
        (points_jobs, "CHUNK"),
        (level_jobs, "CHUNK"),
        (level_jobs, "RESET_CHUNK"),
        (segment_members, "CHUNK"),
    ):
        monkeypatch.setattr(module, constant, 2)
    job = jobs.get(name)
    undisturbed = prepare()
    before = state_of(undisturbed)
    whole = jobs.run(job)
    expected = state_of(undisturbed)
    assert expected != before
    assert whole.chunks > 2

    for at, where in ((1, "within"), (1, "between"), (2, "within"), (3, "between"), (0, "outside")):
        JobRun.objects.all().delete()
        store = prepare()
        if where == "outside":
            killed_from_outside(job)
        else:
            killed_itself(job, at, where)
        assert state_of(store) != expected, (at, where)
        free(job)

        assert state_of(store) == expected, (at, where)
        runs = list(JobRun.objects.order_by("pk"))
        assert [run.outcome for run in runs] == [JobOutcome.INTERRUPTED, JobOutcome.DONE]
        for key, number in whole.counts.items():
            assert sum(run.counts.get(key, 0) for run in runs) == number, (key, at, where)
    assert checks.find_differences() == []
