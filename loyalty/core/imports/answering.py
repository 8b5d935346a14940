"""Take a small file while its sender waits for the answer."""

from collections.abc import Container, Iterator
from contextlib import closing
from datetime import datetime
from typing import IO

from django.db import transaction

from loyalty.core import clock, locks
from loyalty.core.actors import Actor
from loyalty.core.imports import chunks, drafts, formats, jobs
from loyalty.core.imports.formats import Format, Unreadable
from loyalty.core.imports.kinds import Kind, Result
from loyalty.core.models import ImportJob, ImportRow, ImportState, RowOutcome, Store

CUT_OFF = "The request ended before the file did. The rows that are counted here were taken."
BEING_TAKEN = "A file of the same content is being brought in at this moment."


def keep(
    *,
    store: Store,
    kind: type[Kind],
    file: IO[bytes],
    name: str,
    actor: Actor,
    now: datetime | None = None,
) -> ImportJob:
    """
    Keep a file whose rows are to be taken at once, under a name that tells its time (IMP-1).

    It stands in the list of imports. One that cannot be read has failed, and says why; it has no
    rows (IMP-4).
    """
    now = now or clock.now()
    job = drafts.new(store, kind, Format.XML, name, actor, now)
    # What remains of it if the process is killed before the last row.
    job.state, job.error = ImportState.FAILED, CUT_OFF
    job.started_at = now
    try:
        look = formats.look_at(file)
    except Unreadable as refusal:
        file.seek(0)
        job.digest = formats.digest_of(file)
        job.size = file.tell()
        job.error, job.finished_at = refusal.message, now
    else:
        job.format, job.size, job.digest = look.format, look.size, look.digest
        job.dialect, job.header = look.dialect, list(look.header)
        job.mapping = drafts.known_mapping(store, kind, look.header)
        if missing := drafts.missing_columns(job):
            job.error, job.finished_at = drafts.MissingColumns(missing).message, now
    drafts.store_file(job, file)
    with transaction.atomic():
        job.save(force_insert=True)
        drafts.audit_start(job, actor, now)
    return job


def take(job: ImportJob, actor: Actor, *, is_again: bool = False) -> Iterator[Result]:
    """
    Take the rows of a file kept by `keep`, in chunks, and yield what becomes of each.

    A file that breaks off has lost some rows; one that cannot be read has none. Of points, a row
    that a file of the same content brought in before is a duplicate, unless `is_again`.

    :raises NotReady: a file of the same content is being taken at this moment.
    """
    if job.finished_at is not None:
        return
    with locks.alone(f"import:{job.store_id}:{job.kind}:{job.digest}") as is_alone:
        if not is_alone:
            job.error, job.finished_at = BEING_TAKEN, clock.now()
            job.save(update_fields=["error", "finished_at"])
            raise drafts.NotReady(BEING_TAKEN)
        before = set() if is_again else _taken_before(job)
        yield from _take(job, actor, before)


def _take(job: ImportJob, actor: Actor, before: Container[int]) -> Iterator[Result]:
    taker = jobs.kind_of(job)(job.store, actor)
    fault = ""
    with closing(chunks.Pieces(job)) as pieces:
        while rows := pieces.take(taker.chunk_rows):
            if rows[0].breaks_off and not job.rows_done:
                fault = rows[0].fault
                break
            with transaction.atomic():
                results = chunks.take(taker, rows, before=before, first=job.rows_done + 1)
                chunks.note(job, taker, rows, results)
                job.save(update_fields=chunks.COUNTED)
            yield from results
    job.state, job.error = ImportState.FAILED if fault else ImportState.DONE, fault
    job.rows_total = job.rows_done
    job.progress = 1000
    job.finished_at = job.updated_at = clock.now()
    job.save()


def _taken_before(job: ImportJob) -> set[int]:
    """Return the rows that files of the same content brought in, and that were not taken back."""
    if not jobs.kind_of(job).is_undoable:
        return set()
    rows = ImportRow.objects.filter(
        job__store=job.store, job__digest=job.digest, job__kind=job.kind, outcome=RowOutcome.DONE
    )
    return set(rows.filter(object_uuid__isnull=False).values_list("number", flat=True))
