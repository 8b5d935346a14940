"""
Go through the rows of a file in the background, in chunks, so that a killed worker loses nothing.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from django.db import transaction
from django.db.models import F

from loyalty.core import clock, turns
from loyalty.core.imports import chunks, jobs, undoing
from loyalty.core.imports.kinds import Kind, Result
from loyalty.core.imports.reading import FileRow
from loyalty.core.jobs import describe
from loyalty.core.models import ImportJob, ImportState

ATTEMPTS_MAX = 3
Teller = Callable[[ImportJob], object]
OPEN = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)


def open_turns() -> dict[int, int]:
    """Return which jobs are open, and which turn of each comes next; longest waiting first."""
    found = ImportJob.objects.filter(state__in=OPEN).order_by("updated_at", "pk")
    return dict(found.values_list("pk", "turns"))


def end_turn(job_id: int) -> int | None:
    """Count a turn; return the next one's number, or None if the job is done."""
    still_open = ImportJob.objects.filter(pk=job_id, state__in=OPEN)
    still_open.update(turns=F("turns") + 1)
    return still_open.values_list("turns", flat=True).first()


def run(job_id: int, *, seconds: float | None = None, tell: Teller | None = None) -> int:
    """
    Go on with a job behind the last row written, to its end or for some seconds; return the rows.

    `tell` hears of each chunk that is written.

    Another process that is at it is left to it. What breaks the work down is tried again later, up
    to three times without a row written in between; then the job has failed. So has one whose
    worker died ten times at the same row.
    """
    with turns.alone(f"import:{job_id}") as is_alone:
        if not is_alone:
            return 0
        job = ImportJob.objects.select_related("store").get(pk=job_id)
        if not job.is_open:
            return 0
        begun = job.rows_done
        if job.attempts >= turns.DEATHS_MAX:
            _end(job, _failed(job), turns.KILLED)
            return 0
        _count_attempt(job)
        try:
            if job.state == ImportState.UNDOING:
                return undoing.go_on(job, turns.end_of_turn(seconds))
            _work(job, seconds, tell)
        except Exception as error:
            if job.attempts >= ATTEMPTS_MAX:
                _end(job, _failed(job), describe(error))
            raise
        return job.rows_done - begun


def _failed(job: ImportJob) -> ImportState:
    """Return what a job is that cannot go on: what could not be taken back was brought in."""
    return ImportState.DONE if job.state == ImportState.UNDOING else ImportState.FAILED


def _count_attempt(job: ImportJob) -> None:
    job.attempts += 1
    job.started_at = job.started_at or clock.now()
    job.save(update_fields=["attempts", "started_at"])


def _work(job: ImportJob, seconds: float | None, tell: Teller | None) -> None:
    kind = jobs.kind_of(job).for_job(job, jobs.actor_of(job))
    with closing(chunks.Pieces(job)) as pieces, _collecting_between_chunks() as collect:
        begun_at = time.monotonic()
        pieces.skip(job.rows_done)
        # A turn reads the file again up to where it was: at least as long it goes on from there.
        again = time.monotonic() - begun_at
        is_over = turns.end_of_turn(None if seconds is None else max(seconds, again))
        while rows := pieces.take(kind.chunk_rows):
            _write(job, kind, rows, pieces.read_in_thousandths())
            collect()
            if tell is not None:
                tell(job)
            if is_over():
                return
    is_check = job.state == ImportState.CHECKING
    if is_check:
        job.rows_total = job.rows_done
    _end(job, ImportState.CHECKED if is_check else ImportState.DONE)


@contextmanager
def _collecting_between_chunks() -> Iterator[Callable[[], object]]:
    """
    Look for circular garbage when a chunk is written, among what is new since the last.

    A chunk makes so many objects that the collector would go through all that the process holds
    again and again, for a fifth of its time, and find nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield lambda: gc.collect(0)
    finally:
        if was_enabled:
            gc.enable()


def _write(job: ImportJob, kind: Kind, rows: Sequence[FileRow], progress: int) -> None:
    """Take a chunk of rows, and write down in the same transaction that they are taken."""
    is_check = job.state == ImportState.CHECKING
    with transaction.atomic():
        results = _tried(kind, rows) if is_check else chunks.take(kind, rows)
        chunks.note(job, kind, rows, results)
        job.progress = progress
        job.attempts = 0
        job.updated_at = clock.now()
        job.save(update_fields=[*chunks.COUNTED, "progress", "attempts", "updated_at"])


def _tried(kind: Kind, rows: Sequence[FileRow]) -> list[Result]:
    """Take rows and take it all back: what is written goes, and so does whoever waits for it."""
    with transaction.atomic():
        results = chunks.take(kind, rows)
        transaction.set_rollback(True)
    return results


def _end(job: ImportJob, state: ImportState, error: str = "") -> None:
    job.state = state
    job.error = error
    job.finished_at = job.updated_at = clock.now()
    job.progress = job.progress if error else 1000
    job.save(
        update_fields=["state", "error", "finished_at", "updated_at", "progress", "rows_total"]
    )
