"""
Take back what a file brought in: some rows at once, many in the background, in turns.

How far it is stands in `undoing` of the job, written with each row that it counts, so that a
worker that was killed is followed by one that goes on behind it.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from loyalty.core import clock
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError
from loyalty.core.imports import jobs
from loyalty.core.models import ImportJob, ImportRow, ImportState, RowOutcome
from loyalty.core.services import audit

# Whoever takes more back does not wait for it: each row takes some hundredths of a second.
ROWS_AT_ONCE = 200


class NotUndoable(DomainError):
    """Only points that were brought in can be taken back, and only once."""

    code = "import_not_undoable"


def undo(
    *, job: ImportJob, actor: Actor, is_background: bool = False, now: datetime | None = None
) -> tuple[int, int] | None:
    """
    Take back what a file brought in, as far as that goes; return how many rows, and how many stay.

    None: it goes on in the background, because there are many, or as `is_background` wants it. So
    it does where this process is killed.

    :raises NotUndoable: of this kind nothing can be, or it was, or is being taken back.
    """
    now = now or clock.now()
    rows = _rows(job)
    is_many = is_background or rows[ROWS_AT_ONCE : ROWS_AT_ONCE + 1].exists()
    state = {
        "kind": actor.kind,
        "id": actor.id,
        "uuid": None if actor.uuid is None else str(actor.uuid),
        "name": actor.name,
        "total": rows.count(),
        "taken": 0,
        "left": 0,
    }
    with transaction.atomic():
        ready = ImportJob.objects.filter(pk=job.pk, state=ImportState.DONE)
        if not jobs.kind_of(job).is_undoable or not ready.update(
            state=ImportState.UNDOING,
            undoing=state,
            progress=0,
            attempts=0,
            error="",
            updated_at=now,
        ):
            raise NotUndoable
        if is_many:
            transaction.on_commit(lambda: _wake(job.pk, job.turns))
    if is_many:
        return None
    from loyalty.core.imports import running  # it comes to us for the work itself

    running.run(job.pk)
    job.refresh_from_db()
    if job.is_open:
        # A worker was at it already.
        return None
    return job.undoing["taken"], job.undoing["left"]


def go_on(job: ImportJob, is_over: Callable[[], bool]) -> int:
    """Take rows back from the last one on, behind those that were looked at; return how many."""
    taker = jobs.kind_of(job)(job.store, actor_of(job))
    done = 0
    rows = _rows(job)
    if (before := job.undoing.get("before")) is not None:
        rows = rows.filter(number__lt=before)
    for row in rows.iterator(chunk_size=500):
        try:
            with transaction.atomic():
                assert row.object_uuid is not None
                taker.undo(row.object_uuid)
                row.object_uuid = None
                row.save(update_fields=["object_uuid"])
                _note(job, row, "taken")
        except DomainError:
            _note(job, row, "left")
        done += 1
        if is_over():
            return done
    _end(job)
    return done


def actor_of(job: ImportJob) -> Actor:
    """Return who takes a file back, as the audit trail names them; they hold no rights any more."""
    told = job.undoing
    uuid = None if told["uuid"] is None else UUID(told["uuid"])
    return Actor(kind=ActorKind(told["kind"]), id=told["id"], uuid=uuid, name=told["name"])


def _rows(job: ImportJob) -> "QuerySet[ImportRow]":
    done = job.rows.filter(outcome=RowOutcome.DONE, object_uuid__isnull=False)
    return done.order_by("-number")


def _note(job: ImportJob, row: ImportRow, what: str) -> None:
    """Write down in the row's transaction what became of it; another try begins behind it."""
    told: dict[str, Any] = job.undoing | {what: job.undoing[what] + 1, "before": row.number}
    seen = told["taken"] + told["left"]
    values = {
        "undoing": told,
        "progress": min(seen * 1000 // max(told["total"], 1), 1000),
        "attempts": 0,
        "updated_at": clock.now(),
    }
    ImportJob.objects.filter(pk=job.pk).update(**values)
    for name, value in values.items():
        setattr(job, name, value)


def _end(job: ImportJob) -> None:
    now = clock.now()
    with transaction.atomic():
        job.state, job.progress, job.updated_at = ImportState.UNDONE, 1000, now
        job.save(update_fields=["state", "progress", "updated_at"])
        audit.record(
            actor_of(job),
            store=job.store,
            event_type="UndoImport",
            entity_type="Import",
            entity_id=job.uuid,
            data={"taken back": job.undoing["taken"], "left": job.undoing["left"]},
            now=now,
        )


def _wake(job_id: int, turn: int) -> None:
    # Where the broker is away the schedule brings the next one.
    with suppress(OperationalError):
        current_app.send_task("loyalty.core.tasks.bring_in_files", (job_id, turn))
