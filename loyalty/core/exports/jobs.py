"""
Take lists out: a short one at once, a long one in the background, in parts that outlive a worker.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from celery import current_app
from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.utils.crypto import salted_hmac
from kombu.exceptions import OperationalError

from loyalty.core import clock, turns
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.api import formats
from loyalty.core.errors import DomainError
from loyalty.core.exports import kinds, reading, writing
from loyalty.core.exports.columns import Plain
from loyalty.core.exports.kinds import Kind
from loyalty.core.exports.writing import CONTENT_TYPES, Format
from loyalty.core.jobs import Run, describe
from loyalty.core.models import ExportJob, ExportState, Store
from loyalty.core.services import audit

# Up to so many rows are answered in the request.
ROWS_AT_ONCE = 5_000
COUNTED_MAX = 10_000_000
PART_ROWS = 10_000
ATTEMPTS_MAX = 3
LINK_LASTS = timedelta(hours=24)
FILE_LASTS = timedelta(days=7)
LINK_SALT = "loyalty.core.exports.link"

Teller = Callable[[ExportJob], object]


class LinkOver(DomainError):
    """This download link is over. Ask for a new one where the export is listed."""

    code = "link_over"


class FileGone(DomainError):
    """This file was deleted. Please take the list out again."""

    code = "file_gone"


@dataclass(frozen=True)
class Asked:
    """A list that somebody wants to take out; `store`, `actor`: whose, and with whose eyes."""

    kind: Kind
    format: Format
    store: Store
    actor: Actor
    query: QueryDict

    @property
    def file_name(self) -> str:
        at = clock.now().astimezone(self.store.zone)
        return f"{self.kind.name}-{at:%Y-%m-%d-%H-%M-%S}.{self.format.value}"

    def count(self, limit: int) -> int:
        """Count the rows up to a limit. :raises UnknownFilter: the list has none such."""
        return reading.count(self.kind.find(self.store, self.actor, self.query), limit)


def parse_query(text: str) -> QueryDict:
    """Return a list's filters and order, as its address has them, without what turns its pages."""
    query = QueryDict(text.replace("\0", ""), mutable=True)
    for name in ("p", "all", "_changelist_filters"):
        query.pop(name, None)
    return query


# A short list, answered at once


def is_short(asked: Asked) -> bool:
    return asked.count(ROWS_AT_ONCE + 1) <= ROWS_AT_ONCE


def answer(asked: Asked) -> StreamingHttpResponse:
    """Answer a list as a download; its rows are read while they are sent."""
    writing.check(asked.format)
    _note(asked, "ExportList")
    response = StreamingHttpResponse(pieces(asked), content_type=CONTENT_TYPES[asked.format])
    _name(response, asked.file_name)
    return response


def pieces(asked: Asked, tell: Callable[[int], object] | None = None) -> Iterator[bytes]:
    """Yield the file of a list; `tell` hears of the rows of each page."""
    keys = reading.keys(asked.kind, asked.store, asked.actor, asked.query)
    pages = _told(reading.pages(**_reading(asked), keys=keys), tell)
    found: Iterator[bytes] = writing.write(asked.format, asked.kind.name, asked.kind.columns, pages)
    return found


def _told(pages: Any, tell: Callable[[int], object] | None) -> Iterator[list[list[Plain]]]:
    for page in pages:
        yield page
        if tell is not None:
            tell(len(page))


def _reading(asked: Asked) -> dict[str, Any]:
    return {
        "kind": asked.kind,
        "store": asked.store,
        "actor": asked.actor,
        "query": asked.query,
        "now": clock.now(),
    }


def _note(asked: Asked, event_type: str, entity_id: object = "") -> None:
    audit.record(
        asked.actor,
        store=asked.store,
        event_type=event_type,
        entity_type="Export",
        entity_id=entity_id or asked.kind.name,
        data={
            "kind": asked.kind.name,
            "format": asked.format.value,
            "filters": sorted(asked.query),
        },
        now=clock.now(),
    )


# A long one, in the background


@transaction.atomic
def start(asked: Asked, *, is_woken: bool = True) -> ExportJob:
    """
    Have a list written in the background.

    `is_woken`: False where the caller does the work itself.

    :raises UnknownFilter: the list has no such filter. :raises FormatMissing: nor the format.
    """
    writing.check(asked.format)
    now = clock.now()
    actor = asked.actor
    store_ids = actor.store_ids
    if actor.store_id is not None:
        store_ids = frozenset({actor.store_id})
    job = ExportJob.objects.create(
        store=asked.store,
        kind=asked.kind.name,
        format=asked.format,
        query=asked.query.urlencode(),
        state=ExportState.RUNNING,
        rows_total=asked.count(COUNTED_MAX),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_uuid=actor.uuid,
        actor_name=actor.name,
        actor_store_ids=None if store_ids is None else sorted(store_ids),
        actor_permissions=None
        if actor.is_super
        else {resource: sorted(held) for resource, held in actor.permissions.items()},
        created_at=now,
        updated_at=now,
    )
    _note(asked, "ExportFile", job.uuid)
    if is_woken:
        transaction.on_commit(lambda: _wake(job))
    return job


def _wake(job: ExportJob) -> None:
    # Where the broker is away the schedule brings the next one.
    with suppress(OperationalError):
        current_app.send_task("loyalty.core.tasks.take_out_files", (job.pk, job.turns))


def open_turns() -> dict[int, int]:
    """Return which jobs are open, and which turn of each comes next; longest waiting first."""
    found = ExportJob.objects.filter(state=ExportState.RUNNING).order_by("updated_at", "pk")
    return dict(found.values_list("pk", "turns"))


def end_turn(job_id: int) -> int | None:
    """Count a turn; return the next one's number, or None if the job is done."""
    still_open = ExportJob.objects.filter(pk=job_id, state=ExportState.RUNNING)
    still_open.update(turns=F("turns") + 1)
    return still_open.values_list("turns", flat=True).first()


def run(job_id: int, *, seconds: float | None = None, tell: Teller | None = None) -> int:
    """
    Go on with a job behind the last part set down, to its end or for some seconds; return the rows.

    Another process that is at it is left to it. What breaks the work down is tried again later, up
    to three times without a part set down in between; then the job has failed. So has one whose
    worker died ten times at the same part.
    """
    with turns.alone(f"export:{job_id}") as is_alone:
        if not is_alone:
            return 0
        job = ExportJob.objects.select_related("store").get(pk=job_id)
        if not job.is_open:
            return 0
        begun = job.rows_done
        if job.attempts >= turns.DEATHS_MAX:
            _end(job, ExportState.FAILED, turns.KILLED)
            return 0
        job.attempts += 1
        job.save(update_fields=["attempts"])
        try:
            _work(job, seconds, tell)
        except Exception as error:
            if job.attempts >= ATTEMPTS_MAX:
                _end(job, ExportState.FAILED, describe(error))
            raise
        return job.rows_done - begun


def _work(job: ExportJob, seconds: float | None, tell: Teller | None) -> None:
    asked = asked_of(job)
    is_over = turns.end_of_turn(seconds)
    if not (job.last_key and default_storage.exists(_keys(job))):
        _set_keys_down(job, asked)
    with default_storage.open(_keys(job), "rb") as keys:
        place = int(job.last_key or 0)
        keys.seek(place)
        while lines := list(islice(iter(keys.readline, b""), PART_ROWS)):
            place += sum(map(len, lines))
            names = (line.decode().rstrip("\n") for line in lines)
            rows = [row for page in reading.pages(**_reading(asked), keys=names) for row in page]
            if not _set_down(job, rows, str(place)):
                return
            if tell is not None:
                tell(job)
            if is_over():
                return
    _assemble(job, asked)
    if tell is not None:
        tell(job)


def _set_keys_down(job: ExportJob, asked: Asked) -> None:
    """Write down which rows are to come, in their order: each once, whatever changes meanwhile."""
    _forget_parts(job)
    job.parts = job.rows_done = 0
    job.last_key = ""
    _keep(job, "parts", "rows_done", "last_key")
    with tempfile.TemporaryFile() as file:
        for key in reading.keys(asked.kind, asked.store, asked.actor, asked.query):
            file.write(f"{key}\n".encode())
        file.seek(0)
        default_storage.save(_keys(job), File(file))


def _set_down(job: ExportJob, rows: Sequence[Sequence[Plain]], key: str) -> bool:
    """
    Write a part, and then that it is there; one that was not counted is written again.

    False: the job was ended meanwhile, and nothing of it is left.
    """
    name = _part(job, job.parts)
    default_storage.delete(name)
    default_storage.save(
        name,
        ContentFile(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)),
    )
    job.parts += 1
    job.rows_done += len(rows)
    job.last_key = key
    job.attempts = 0
    if _keep(job, "parts", "rows_done", "last_key", "attempts"):
        return True
    _forget_parts(job)
    return False


def _keep(job: ExportJob, *fields: str) -> bool:
    """Store fields of a job, if nobody has ended it meanwhile."""
    job.updated_at = clock.now()
    running = ExportJob.objects.filter(pk=job.pk, state=ExportState.RUNNING)
    values = {name: getattr(job, name) for name in (*fields, "updated_at")}
    return running.update(**values) == 1


def _assemble(job: ExportJob, asked: Asked) -> None:
    """Make the file of the parts, and forget them."""
    with tempfile.TemporaryFile() as file:
        for piece in writing.write(asked.format, asked.kind.name, asked.kind.columns, _pages(job)):
            file.write(piece)
        job.size = file.tell()
        file.seek(0)
        # One that was written before its worker was killed goes first.
        default_storage.delete(_file_name(job))
        job.file.save(Path(_file_name(job)).name, File(file), save=False)
    job.state = ExportState.DONE
    job.finished_at = clock.now()
    if not _keep(job, "file", "size", "state", "finished_at"):
        job.file.delete(save=False)
    _forget_parts(job)


def _pages(job: ExportJob) -> Iterator[list[list[Plain]]]:
    for number in range(job.parts):
        with default_storage.open(_part(job, number), "rb") as part:
            yield [orjson.loads(line) for line in part]


def _keys(job: ExportJob) -> str:
    return f"exports/{job.uuid}/keys"


def _part(job: ExportJob, number: int) -> str:
    return f"exports/{job.uuid}/{number:06}.jsonl"


def _file_name(job: ExportJob) -> str:
    """Return a name that nobody guesses, and the same each time."""
    secret = salted_hmac(LINK_SALT, str(job.uuid), algorithm="sha256").hexdigest()[:16]
    return f"exports/{job.kind}-{secret}.{job.format}"


def _forget_parts(job: ExportJob) -> None:
    folder = f"exports/{job.uuid}"
    with suppress(FileNotFoundError):
        for name in default_storage.listdir(folder)[1]:
            default_storage.delete(f"{folder}/{name}")
    # Where folders are real, an empty one is left.
    with suppress(OSError, NotImplementedError):
        default_storage.delete(folder)


def _end(job: ExportJob, state: ExportState, error: str = "") -> None:
    job.state = state
    job.error = error
    job.finished_at = clock.now()
    _keep(job, "state", "error", "finished_at")
    _forget_parts(job)


def asked_of(job: ExportJob) -> Asked:
    """Return what a job was asked for; its actor sees what they saw then."""
    kind = kinds.get(job.kind)
    assert kind is not None, f"There is no kind of export called {job.kind}."
    ids, permissions = job.actor_store_ids, job.actor_permissions
    actor = Actor(
        kind=ActorKind(job.actor_kind),
        id=job.actor_id,
        uuid=job.actor_uuid,
        name=job.actor_name,
        store_ids=None if ids is None else frozenset(ids),
        is_super=permissions is None,
        permissions={resource: frozenset(held) for resource, held in (permissions or {}).items()},
    )
    return Asked(kind, Format(job.format), job.store, actor, QueryDict(job.query))


# Afterwards


def get(store: Store, uuid: UUID) -> ExportJob | None:
    return ExportJob.objects.in_store(store).select_related("store").filter(uuid=uuid).first()


def may_be_fetched_by(job: ExportJob, actor: Actor) -> bool:
    """Return whether a reader of the list sees all that its file holds: it is its maker's view."""
    asked = asked_of(job)
    if not asked.kind.may_be_seen_by(actor):
        return False
    if asked.kind.hides_from(actor) and not asked.kind.hides_from(asked.actor):
        return False
    if actor.store_ids is None:
        return True
    return asked.actor.store_ids is not None and asked.actor.store_ids <= actor.store_ids


def link_to(job: ExportJob) -> str:
    """Return the path of a finished file, for whoever has it, for a day."""
    assert job.state == ExportState.DONE
    token = signing.TimestampSigner(salt=LINK_SALT).sign(str(job.uuid))
    return f"/api/{job.store.code}/admin/export/file/{token}"


def find_linked(store: Store, token: str) -> ExportJob | None:
    """
    Return the finished job that a link is of; None: it is wrong, or another store's.

    :raises LinkOver: it was right for a day. :raises FileGone: its file is deleted by now.
    """
    signer = signing.TimestampSigner(salt=LINK_SALT)
    try:
        job = get(store, UUID(signer.unsign(token)))
    except (signing.BadSignature, ValueError):
        return None
    if job is None:
        return None
    try:
        signer.unsign(token, max_age=LINK_LASTS)
    except signing.SignatureExpired as error:
        raise LinkOver from error
    if job.state != ExportState.DONE:
        raise FileGone
    return job


def download(job: ExportJob) -> HttpResponse:
    """Answer a finished file."""
    response = StreamingHttpResponse(
        job.file.open("rb").chunks(), content_type=CONTENT_TYPES[Format(job.format)]
    )
    at = job.created_at.astimezone(job.store.zone)
    _name(response, f"{job.kind}-{at:%Y-%m-%d-%H-%M-%S}.{job.format}")
    response["Content-Length"] = str(job.size)
    return response  # type: ignore[return-value]  # it streams


def _name(response: StreamingHttpResponse, name: str) -> None:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"


def forget(*, run: Run, now: datetime | None = None) -> None:
    """Delete files that have had their time: they hold customers' data. What they were stays."""
    limit = (now or clock.now()) - FILE_LASTS
    old = ExportJob.objects.filter(state=ExportState.DONE, finished_at__lt=limit)
    for job in old.order_by("pk").iterator(chunk_size=200):
        with run.chunk() as done:
            _take_back(job)
            done["files"] = 1


def forget_in_exports(store: Store) -> None:
    """
    Take back a store's files when somebody is forgotten: they may be in any of them.

    A file can be made anew at any time. What is being written now was read before, and fails.
    """
    now = clock.now()
    running = ExportJob.objects.in_store(store).filter(state=ExportState.RUNNING)
    for job in running.select_for_update(of=("self",)):
        ExportJob.objects.filter(pk=job.pk).update(
            state=ExportState.FAILED,
            error="A customer was forgotten meanwhile. Please take the list out again.",
            finished_at=now,
            updated_at=now,
        )
        # Nobody may be at it, or come back to it.
        transaction.on_commit(lambda job=job: _forget_all(job))  # type: ignore[misc]  # bound now
    done = ExportJob.objects.in_store(store).filter(state=ExportState.DONE)
    for job in done.iterator(chunk_size=200):
        _take_back(job)


def _forget_all(job: ExportJob) -> None:
    _forget_parts(job)
    default_storage.delete(_file_name(job))


def _take_back(job: ExportJob) -> None:
    storage, name = job.file.storage, job.file.name
    assert name is not None
    ExportJob.objects.filter(pk=job.pk).update(state=ExportState.OVER, file="", size=0)
    # After commit: a rollback must still find the file.
    transaction.on_commit(lambda: storage.delete(name))


def to_json(job: ExportJob, actor: Actor) -> dict[str, Any]:
    """Return a job as the API and programs see it; its file has no address for who sees less."""
    is_done = job.state == ExportState.DONE
    return {
        "exportId": str(job.uuid),
        "kind": job.kind,
        "format": job.format,
        "filters": dict(QueryDict(job.query).lists()),
        "state": job.state,
        "rowsDone": job.rows_done,
        "rowsTotal": job.rows_total,
        "size": job.size if is_done else None,
        "downloadUrl": link_to(job) if is_done and may_be_fetched_by(job, actor) else None,
        "error": job.error or None,
        "createdAt": formats.date_time(job.created_at, job.store.zone),
        "finishedAt": formats.date_time(job.finished_at, job.store.zone),
    }
