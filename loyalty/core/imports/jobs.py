"""What is known of a file that was sent: which kind it is of, how it is read, how far it is."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from loyalty.core.actors import Actor, ActorKind
from loyalty.core.api import formats
from loyalty.core.imports import kinds
from loyalty.core.imports.formats import Format
from loyalty.core.imports.kinds import Kind
from loyalty.core.imports.reading import Source
from loyalty.core.models import ImportJob, ImportState, Store


def get(store: Store, uuid: UUID) -> ImportJob | None:
    """Return the job of a file that somebody has sent."""
    job = ImportJob.objects.in_store(store).select_related("store").filter(uuid=uuid).first()
    return job if job is not None and kind_of(job).is_sent else None


def find_earlier(job: ImportJob) -> ImportJob | None:
    """Return the last job that took rows of a file of the same content, or is about to."""
    same = ImportJob.objects.in_store(job.store).filter(digest=job.digest, kind=job.kind)
    taken = Q(state__in=[ImportState.RUNNING, ImportState.UNDOING]) | Q(
        state=ImportState.DONE, rows_ok__gt=0
    )
    return same.filter(taken).exclude(pk=job.pk).order_by("-pk").first()


def kind_of(job: ImportJob) -> type[Kind]:
    return kinds.of(job)


def source_of(job: ImportJob) -> Source:
    return Source(Format(job.format), kind_of(job), job.dialect, job.header, job.mapping)


def actor_of(job: ImportJob) -> Actor:
    """Return who sent the file, as the audit trail names them; they hold no rights any more."""
    return Actor(
        kind=ActorKind(job.actor_kind), id=job.actor_id, uuid=job.actor_uuid, name=job.actor_name
    )


def to_json(job: ImportJob) -> dict[str, Any]:
    """Return a job as the API and programs see it."""
    zone = job.store.zone
    return {
        "importId": str(job.uuid),
        "kind": job.kind,
        "format": job.format,
        "fileName": job.name,
        "state": job.state,
        "totalProcessed": job.rows_done,
        "totalSuccess": job.rows_ok,
        "totalFailed": job.rows_bad + job.rows_duplicate,
        "totalDuplicates": job.rows_duplicate,
        "progress": job.progress / 1000,
        "error": job.error or None,
        "createdAt": formats.date_time(job.created_at, zone),
        "startedAt": formats.date_time(job.started_at, zone),
        "finishedAt": formats.date_time(job.finished_at, zone),
    }
