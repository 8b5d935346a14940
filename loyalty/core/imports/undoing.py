"""Take back what a file brought in."""

from datetime import datetime

from django.db import transaction

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.imports import jobs
from loyalty.core.models import ImportJob, ImportState, RowOutcome
from loyalty.core.services import audit


class NotUndoable(DomainError):
    """Only points that were brought in can be taken back, and only once."""

    code = "import_not_undoable"


def undo(*, job: ImportJob, actor: Actor, now: datetime | None = None) -> tuple[int, int]:
    """
    Take back what a file brought in, as far as that goes; return how many rows, and how many stay.

    Rows taken back are marked as they are, so that it may be begun again where it was stopped.

    :raises NotUndoable: of this kind nothing can be, or it was.
    """
    kind = jobs.kind_of(job)
    if not kind.is_undoable or job.state != ImportState.DONE:
        raise NotUndoable
    taker = kind(job.store, actor)
    done = job.rows.filter(outcome=RowOutcome.DONE, object_uuid__isnull=False).order_by("-number")
    taken = left = 0
    for row in done.iterator(chunk_size=500):
        assert row.object_uuid is not None
        try:
            with transaction.atomic():
                taker.undo(row.object_uuid)
                row.object_uuid = None
                row.save(update_fields=["object_uuid"])
            taken += 1
        except DomainError:
            left += 1
    with transaction.atomic():
        now = now or clock.now()
        ImportJob.objects.filter(pk=job.pk).update(state=ImportState.UNDONE, updated_at=now)
        audit.record(
            actor,
            store=job.store,
            event_type="UndoImport",
            entity_type="Import",
            entity_id=job.uuid,
            data={"taken back": taken, "left": left},
            now=now,
        )
    return taken, left
