"""
The recurring jobs: each runs once at a time, by chunks, and writes down what it has done.

A job is a function that `recurring` has made a Celery task of; `loyalty/schedule.py` says when it
runs. It does its work in the chunks of a `Run`, each a transaction of its own, and keeps how far it
has come in the rows that it works on, so that it may be killed at any point: the next run goes on
there. A second run of the same job, in whatever process, ends at once. Source: domain spec 2.

A worker has more to do than one job: after a round of some seconds a run waits, and a message for
its next round goes to the end of the queue. The message names the chunk that it follows, so that
one that comes twice is dropped; where it gets lost, the schedule takes the run up.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db import DatabaseError, InterfaceError, transaction
from kombu.exceptions import OperationalError

from loyalty.core import clock, locks, turns
from loyalty.core.models import JobOutcome, JobRun

logger = logging.getLogger(__name__)

# Rows that the history keeps of each job.
KEPT = 1_000
MESSAGE_LENGTH_MAX = 500
# Several long jobs, files in and files out may take turns between two heartbeats of a worker.
ROUND_SECONDS = 10.0
# A message that has not come by then is lost.
LOST_AFTER = timedelta(minutes=10)


class RoundOver(BaseException):
    """A run's round is over. No `Exception`: no part of the work may take it for its own."""


class Run:
    """
    One run of a job, as its work sees it.

    `record`: None where nobody wants to know, such as in a command that does a job's work once.
    `seconds`: of this round; None is to the end.
    """

    def __init__(self, record: JobRun | None = None, *, seconds: float | None = None) -> None:
        self.record = record
        self.counts: Counter[str] = Counter(record.counts if record else {})
        self.faults: list[str] = record.message.splitlines() if record else []
        self.is_over = turns.end_of_turn(seconds)
        self.has_counted = False

    @contextmanager
    def chunk(self) -> Iterator[Counter[str]]:
        """
        Open the transaction of one chunk; yields where the work counts what it has done in it.

        What was counted is written down in the same transaction, so that the counts of a run that
        was killed are those of what it has left behind. A chunk that counted nothing is free.

        :raises RoundOver: others wait. Not before this round has done something: work that looks
            at everything from the beginning would never come to its end.
        """
        if self.has_counted and self.is_over():
            raise RoundOver
        counted: Counter[str] = Counter()
        with transaction.atomic():
            yield counted
            total = self.counts + counted
            if counted.total() and self.record is not None:
                self._write_down(self.record, total)
        self.counts = total
        self.has_counted |= bool(counted.total())

    def report(self, fault: str) -> None:
        """Note that a part of the work failed while the rest goes on; no personal data."""
        self.faults.append(fault)

    @staticmethod
    def _write_down(record: JobRun, counts: Counter[str]) -> None:
        record.chunks += 1
        record.counts = dict(counts)
        record.updated_at = clock.now()
        record.save(update_fields=["chunks", "counts", "updated_at"])


@dataclass(frozen=True)
class Job:
    """
    `name` names its lock and its history, and is for ever. `title`, `about`, and the words for what
    it counts are shown to staff.
    """

    name: str
    title: Any
    about: Any
    counts: Mapping[str, Any]
    work: Callable[[Run], None]
    task: Any

    @property
    def lock(self) -> str:
        return f"job:{self.name}"


_jobs: dict[str, Job] = {}


def recurring(
    name: str, *, task: str, title: Any, about: Any, counts: Mapping[str, Any]
) -> Callable[[Callable[[Run], None]], Any]:
    """
    Make a job and its Celery task of a function that does the work.

    `task`: the name that the schedule calls. `counts`: word for people by what the work counts.
    """

    def register(work: Callable[[Run], None]) -> Any:
        assert name not in _jobs, f"Two jobs are called {name}."

        @shared_task(name=task)  # type: ignore[untyped-decorator]  # celery is untyped
        def begin(started_by: str = "", after: Sequence[int] | None = None) -> str:
            done = run(_jobs[name], started_by=started_by, seconds=ROUND_SECONDS, after=after)
            if done is None:
                return "running elsewhere"
            if done.outcome == JobOutcome.WAITING:
                # Where the broker is away the schedule brings the next round.
                with suppress(OperationalError):
                    begin.delay(after=(done.pk, done.chunks))
            return done.outcome

        _jobs[name] = Job(name, title, about, counts, work, begin)
        return begin

    return register


def list_all() -> list[Job]:
    return [_jobs[name] for name in sorted(_jobs)]


def get(name: str) -> Job | None:
    return _jobs.get(name)


def run(
    job: Job,
    *,
    started_by: str = "",
    seconds: float | None = None,
    after: Sequence[int] | None = None,
) -> JobRun | None:
    """
    Run a job in this process, to its end or for a round of some seconds; return what it did.

    A run that waits for its next round goes on. `after`: the run and the number of its chunks that
    a message for the next round names.

    None: another process is at it, or another message stands for the next round. What the work
    raises is written down and raised again.
    """
    with locks.alone(job.lock) as is_alone:
        if not is_alone:
            return None
        _end_dead_runs(job)
        record = _open(job, started_by, is_round=seconds is not None, after=after)
        if record is None:
            return None
        progress = Run(record, seconds=seconds)
        try:
            job.work(progress)
        except RoundOver:
            return _wait(record, progress)
        except Exception as error:
            _finish_failed(record, JobOutcome.FAILED, describe(error))
            raise
        except BaseException:
            # Somebody asked this process to stop.
            _finish_failed(record, JobOutcome.INTERRUPTED, "")
            raise
        return _finish_well(record, progress)


def _open(
    job: Job, started_by: str, *, is_round: bool, after: Sequence[int] | None
) -> JobRun | None:
    """Return the run that waits for its next round, else a new one; None: it waits for another."""
    now = clock.now()
    waiting = JobRun.objects.filter(job=job.name, outcome=JobOutcome.WAITING).first()
    if waiting is None:
        if after is not None:
            return None
        return JobRun.objects.create(
            job=job.name, started_at=now, updated_at=now, started_by=started_by
        )
    if after is not None:
        is_ours = tuple(after) == (waiting.pk, waiting.chunks)
    else:
        is_lost = waiting.updated_at < now - LOST_AFTER
        is_ours = is_lost or bool(started_by) or not is_round
    if not is_ours:
        return None
    waiting.outcome, waiting.updated_at = JobOutcome.RUNNING, now
    waiting.save(update_fields=["outcome", "updated_at"])
    return waiting


def _wait(record: JobRun, progress: Run) -> JobRun:
    record.outcome, record.message = JobOutcome.WAITING, _told(progress.faults)
    record.updated_at = clock.now()
    record.save(update_fields=["outcome", "message", "updated_at"])
    return record


def _told(faults: Sequence[str]) -> str:
    return "\n".join(faults)[:MESSAGE_LENGTH_MAX]


def describe(error: Exception) -> str:
    """Return what happened, without the details of a database error: they quote people's data."""
    first_line = str(error).strip().split("\n", 1)[0]
    return f"{type(error).__name__}: {first_line}"[:MESSAGE_LENGTH_MAX]


def _end_dead_runs(job: Job) -> None:
    """Write down that earlier runs were killed: whoever has the lock knows that none is alive."""
    for dead in JobRun.objects.filter(job=job.name, outcome=JobOutcome.RUNNING):
        dead.outcome = JobOutcome.INTERRUPTED
        dead.finished_at = dead.updated_at
        dead.duration = dead.updated_at - dead.started_at
        dead.save(update_fields=["outcome", "finished_at", "duration"])


def _finish_failed(record: JobRun, outcome: JobOutcome, message: str) -> None:
    try:
        _finish(record, outcome, message)
    except (DatabaseError, InterfaceError):
        # Then the next run finds it without an end.
        logger.warning("Cannot write down the end of job %s", record.job)


def _finish_well(record: JobRun, progress: Run) -> JobRun:
    if progress.faults:
        _finish(record, JobOutcome.FAILED, _told(progress.faults))
        return record
    if progress.counts.total():
        _finish(record, JobOutcome.DONE)
        return record
    return _fold(record) or _finish(record, JobOutcome.NOTHING)


def _finish(record: JobRun, outcome: JobOutcome, message: str = "") -> JobRun:
    now = clock.now()
    record.outcome, record.message = outcome, message
    record.finished_at = record.updated_at = now
    record.duration = now - record.started_at
    record.save(update_fields=["outcome", "message", "finished_at", "updated_at", "duration"])
    _prune(record.job)
    return record


def _fold(record: JobRun) -> JobRun | None:
    """Let the run before stand for this one, too, where neither had anything to do."""
    earlier = JobRun.objects.filter(job=record.job, pk__lt=record.pk).order_by("-pk").first()
    if earlier is None or earlier.outcome != JobOutcome.NOTHING:
        return None
    if earlier.started_by or record.started_by:
        return None
    earlier.finished_at = earlier.updated_at = clock.now()
    earlier.duration = earlier.finished_at - record.started_at
    earlier.times += 1
    with transaction.atomic():
        earlier.save(update_fields=["finished_at", "updated_at", "duration", "times"])
        record.delete()
    return earlier


def _prune(name: str) -> None:
    kept = JobRun.objects.filter(job=name).order_by("-pk")
    if (oldest := kept.values_list("pk", flat=True)[KEPT - 1 : KEPT].first()) is not None:
        JobRun.objects.filter(job=name, pk__lt=oldest).delete()
