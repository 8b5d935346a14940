"""What the recurring jobs are doing, and have done."""

from collections.abc import Iterable, Sequence

from loyalty.core import locks
from loyalty.core.jobs import Job
from loyalty.core.models import JobOutcome, JobRun


def list_latest() -> dict[str, JobRun]:
    """Return the last run of each job that has run, by the job's name."""
    latest = JobRun.objects.order_by("job", "-pk").distinct("job")
    return {run.job: run for run in told_apart(latest)}


def list_runs(job: Job, limit: int) -> list[JobRun]:
    """Return a job's runs, the last one first."""
    return told_apart(JobRun.objects.filter(job=job.name).order_by("-pk")[:limit])


def told_apart(found: Iterable[JobRun]) -> list[JobRun]:
    """
    Return runs as they stand; those whose process has died are told from those that run.

    Read after the row, a job's lock that nobody holds says that its run is over; it has ended well
    if the row says so on a second look, as a run writes its end before it lets go of the lock.
    """
    runs: Sequence[JobRun] = list(found)
    unfinished = {run.job for run in runs if run.outcome == JobOutcome.RUNNING}
    if not unfinished:
        return list(runs)
    by_lock = {f"job:{name}": name for name in unfinished}
    alive = {by_lock[lock] for lock in locks.held(by_lock)}
    return [
        run if run.outcome != JobOutcome.RUNNING or run.job in alive else _looked_at_again(run)
        for run in runs
    ]


def _looked_at_again(run: JobRun) -> JobRun:
    # A run with nothing to do may have been folded into the one before meanwhile.
    again = JobRun.objects.filter(pk=run.pk).first() or run
    if again.outcome == JobOutcome.RUNNING:
        again.outcome = JobOutcome.INTERRUPTED
        again.finished_at = again.updated_at
        again.duration = again.updated_at - again.started_at
    return again
