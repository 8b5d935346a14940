"""
Bring files in: at once or in the background, in chunks, so that a killed worker loses nothing.

Source: campaigns-people spec 9.1.
"""

import gc
import secrets
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any, cast
from uuid import UUID

from celery import current_app
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from loyalty.core import clock, locks, turns
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.api import formats as written
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports import formats, kinds, reading
from loyalty.core.imports.formats import Format, Unreadable
from loyalty.core.imports.kinds import Kind, Result
from loyalty.core.imports.reading import FileRow, Source
from loyalty.core.jobs import Run, describe
from loyalty.core.models import ImportJob, ImportRow, ImportState, RowOutcome, Store
from loyalty.core.services import audit

ATTEMPTS_MAX = 3
Teller = Callable[[ImportJob], object]
IDENTIFIER_MAX = 255
MESSAGE_MAX = 2_000
KNOWN_ROW = "Processing exception: This row was brought in before, by a file of the same content."
CUT_OFF = "The request ended before the file did. The rows that are counted here were taken."
# Refused rows that are kept to be shown and mended; those behind them are only counted. So many
# take a third of a gigabyte, until they are forgotten.
REFUSED_KEPT_MAX = 1_000_000
KEPT_FOR = timedelta(days=30)
FORGET_CHUNK = 5_000
OPEN = (ImportState.CHECKING, ImportState.RUNNING)


class MissingColumns(DomainError):
    """The file lacks columns that its rows need."""

    code = "missing_columns"
    field = "mapping"


class NotReady(DomainError):
    """This file cannot be brought in now."""

    code = "import_not_ready"


class NotUndoable(DomainError):
    """Only points that were brought in can be taken back, and only once."""

    code = "import_not_undoable"


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
    Keep an uploaded file under a name that tells its time (IMP-1), as a draft.

    Its columns are guessed as they were mapped the last time, or by their names.

    :raises Unreadable: nothing was kept.
    """
    now = now or clock.now()
    look = formats.look_at(file)
    job = _new(store, kind, look.format, name, actor, now)
    job.size, job.digest, job.dialect = look.size, look.digest, look.dialect
    job.header = list(look.header)
    job.mapping = _remembered(job) or reading.guess_mapping(look.header, kind)
    file.seek(0)
    job.file.save(_stored_name(job), File(file), save=False)
    job.save(force_insert=True)
    return job


def map_columns(*, job: ImportJob, mapping: Mapping[str, str]) -> None:
    """
    Say which columns of a table are which of its kind's; the next such file is mapped likewise.

    :raises InvalidFields: a column is unknown, or meant twice.
    """
    kind = kind_of(job)
    chosen = {name: column for name, column in mapping.items() if column}
    faults: dict[str, list[str]] = {}
    for name, column in chosen.items():
        if name not in job.header or column not in kind.columns:
            faults[name] = [f"There is no column {column}."]
        elif list(chosen.values()).count(column) > 1:
            faults[name] = [f"Two columns are mapped to {column}."]
    if faults:
        raise InvalidFields(faults)
    job.mapping = chosen
    job.updated_at = clock.now()
    job.save(update_fields=["mapping", "updated_at"])


@transaction.atomic
def check(*, job: ImportJob, now: datetime | None = None) -> ImportJob:
    """Have a draft gone through in the background, without keeping anything."""
    return _begin(job, ImportState.CHECKING, now or clock.now())


@transaction.atomic
def start(
    *, job: ImportJob, actor: Actor, is_again: bool = False, now: datetime | None = None
) -> ImportJob:
    """
    Have a file's rows taken in the background.

    A file of the same content that was taken before changes nothing, unless `is_again`.

    :raises NotReady: it was started before. :raises MissingColumns: its mapping lacks some.
    """
    now = now or clock.now()
    if not is_again and find_earlier(job) is not None:
        locked = _locked(job)
        _require_ready(locked)
        locked.state = ImportState.REPEATED
        locked.finished_at = locked.updated_at = now
        locked.save(update_fields=["state", "finished_at", "updated_at"])
        return locked
    locked = _begin(job, ImportState.RUNNING, now)
    _audit_start(job, actor, now)
    return locked


def find_earlier(job: ImportJob) -> ImportJob | None:
    """Return the last job that took rows of a file of the same content, or is about to."""
    same = ImportJob.objects.in_store(job.store).filter(digest=job.digest, kind=job.kind)
    taken = Q(state=ImportState.RUNNING) | Q(state=ImportState.DONE, rows_ok__gt=0)
    return same.filter(taken).exclude(pk=job.pk).order_by("-pk").first()


def kind_of(job: ImportJob) -> type[Kind]:
    kind = kinds.get(job.kind)
    assert kind is not None, f"There is no kind of import called {job.kind}."
    return kind


def _new(
    store: Store, kind: type[Kind], format: str, name: str, actor: Actor, now: datetime
) -> ImportJob:
    return ImportJob(
        store=store,
        kind=kind.name,
        format=format,
        name=name.replace("\0", "")[-255:] or "file",
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_uuid=actor.uuid,
        actor_name=actor.name,
        created_at=now,
        updated_at=now,
    )


def _stored_name(job: ImportJob) -> str:
    at = job.created_at.astimezone(job.store.zone)
    return f"{job.kind}-{at:%Y-%m-%d-%H-%M-%S}-{secrets.token_hex(4)}.{job.format}"


def _remembered(job: ImportJob) -> dict[str, str] | None:
    """Return how the store's last file of the same header was mapped."""
    if not job.header:
        return None
    alike = ImportJob.objects.in_store(job.store).filter(kind=job.kind, header=job.header)
    last = alike.exclude(state=ImportState.DRAFT).order_by("-pk").first()
    return last.mapping if last is not None else None


def _audit_start(job: ImportJob, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        store=job.store,
        event_type="ImportFile",
        entity_type="Import",
        entity_id=job.uuid,
        data={"kind": job.kind, "format": job.format, "size": job.size},
        now=now,
    )


def _begin(job: ImportJob, state: ImportState, now: datetime) -> ImportJob:
    locked = _locked(job)
    _require_ready(locked)
    if missing := _missing_columns(locked):
        raise MissingColumns(missing)
    locked.rows.all().delete()
    locked.state = state
    locked.rows_done = locked.rows_ok = locked.rows_bad = locked.rows_duplicate = 0
    locked.progress = locked.attempts = 0
    locked.error = ""
    locked.started_at = locked.finished_at = None
    locked.updated_at = now
    locked.save()
    transaction.on_commit(lambda: _wake(locked))
    return locked


def _missing_columns(job: ImportJob) -> str:
    """Return a sentence on the columns that a table lacks, or nothing."""
    if not Format(job.format).is_table:
        return ""
    missing = set(kind_of(job).required) - set(job.mapping.values())
    return f"The file lacks columns: {', '.join(sorted(missing))}." if missing else ""


def _wake(job: ImportJob) -> None:
    # Where the broker is away the schedule brings the next one.
    with suppress(OperationalError):
        current_app.send_task("loyalty.core.tasks.bring_in_files", (job.pk, job.turns))


def _require_ready(job: ImportJob) -> None:
    if job.state not in {ImportState.DRAFT, ImportState.CHECKED} or not job.file:
        raise NotReady


def _locked(job: ImportJob) -> ImportJob:
    return ImportJob.objects.select_for_update(of=("self",)).select_related("store").get(pk=job.pk)


# The work in the background


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
            _end(job, ImportState.FAILED, turns.KILLED)
            return 0
        _count_attempt(job)
        try:
            _work(job, seconds, tell)
        except Exception as error:
            if job.attempts >= ATTEMPTS_MAX:
                _end(job, ImportState.FAILED, describe(error))
            raise
        return job.rows_done - begun


def _count_attempt(job: ImportJob) -> None:
    job.attempts += 1
    job.started_at = job.started_at or clock.now()
    job.save(update_fields=["attempts", "started_at"])


def _work(job: ImportJob, seconds: float | None, tell: Teller | None) -> None:
    kind = kind_of(job)(job.store, actor_of(job))
    with closing(_Pieces(job)) as pieces, _collecting_between_chunks() as collect:
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


class _Pieces:
    """The rows of a job's file, a chunk at a time."""

    def __init__(self, job: ImportJob) -> None:
        self.file = cast("IO[bytes]", job.file.open("rb"))
        self.size = job.size or 1
        self.rows: Iterator[FileRow] = reading.read(self.file, source_of(job))

    def skip(self, count: int) -> None:
        for _row in islice(self.rows, count):
            pass

    def take(self, count: int) -> list[FileRow]:
        return list(islice(self.rows, count))

    def read_in_thousandths(self) -> int:
        return min(self.file.tell() * 1000 // self.size, 1000)

    def close(self) -> None:
        self.file.close()


def source_of(job: ImportJob) -> Source:
    return Source(Format(job.format), kind_of(job), job.dialect, job.header, job.mapping)


def actor_of(job: ImportJob) -> Actor:
    """Return who sent the file, as the audit trail names them; they hold no rights any more."""
    return Actor(
        kind=ActorKind(job.actor_kind), id=job.actor_id, uuid=job.actor_uuid, name=job.actor_name
    )


def _write(job: ImportJob, kind: Kind, rows: Sequence[FileRow], progress: int) -> None:
    """Take a chunk of rows, and write down in the same transaction that they are taken."""
    is_check = job.state == ImportState.CHECKING
    with transaction.atomic():
        results = _tried(kind, rows) if is_check else _taken(kind, rows)
        _note(job, kind, rows, results)
        job.progress = progress
        job.attempts = 0
        job.updated_at = clock.now()
        job.save(update_fields=[*COUNTED, "progress", "attempts", "updated_at"])


COUNTED = ("rows_done", "rows_ok", "rows_bad", "rows_duplicate")


def _tried(kind: Kind, rows: Sequence[FileRow]) -> list[Result]:
    """Take rows and take it all back: what is written goes, and so does whoever waits for it."""
    with transaction.atomic():
        results = _taken(kind, rows)
        transaction.set_rollback(True)
    return results


def _taken(
    kind: Kind, rows: Sequence[FileRow], *, before: Container[int] = (), first: int = 1
) -> list[Result]:
    """Take rows. `before`: numbers of those that were taken before; `first`: the first's number."""
    told = {
        place: told
        for place, row in enumerate(rows)
        if (told := _told_without_taking(kind, row, is_known=first + place in before))
    }
    results = iter(kind.process_many([r.row for place, r in enumerate(rows) if place not in told]))
    return [told[place] if place in told else next(results) for place in range(len(rows))]


def _told_without_taking(kind: Kind, row: FileRow, *, is_known: bool) -> Result | None:
    if row.fault:
        return Result(RowOutcome.BAD, "", f"Convert exception: {row.fault}")
    if is_known:
        return Result(RowOutcome.DUPLICATE, kind.identify(row.row), KNOWN_ROW)
    return None


def _note(job: ImportJob, kind: Kind, rows: Sequence[FileRow], results: Sequence[Result]) -> None:
    """Count the rows, and keep those of which something is to be said."""
    is_kept = kind.is_undoable and job.state != ImportState.CHECKING
    told = []
    refused = job.rows_bad + job.rows_duplicate
    for number, (row, result) in enumerate(
        zip(rows, results, strict=True), start=job.rows_done + 1
    ):
        is_done = result.outcome == RowOutcome.DONE
        refused += not is_done
        if is_kept if is_done else refused <= REFUSED_KEPT_MAX:
            told.append(_row_of(job, number, row, result))
    ImportRow.objects.bulk_create(told, batch_size=1_000)
    outcomes = [result.outcome for result in results]
    job.rows_done += len(rows)
    job.rows_ok += outcomes.count(RowOutcome.DONE)
    job.rows_bad += outcomes.count(RowOutcome.BAD)
    job.rows_duplicate += outcomes.count(RowOutcome.DUPLICATE)


def _row_of(job: ImportJob, number: int, row: FileRow, result: Result) -> ImportRow:
    is_done = result.outcome == RowOutcome.DONE
    return ImportRow(
        job=job,
        number=number,
        outcome=result.outcome,
        identifier=result.identifier[:IDENTIFIER_MAX].replace("\0", ""),
        message=result.message[:MESSAGE_MAX].replace("\0", ""),
        content=None if is_done else row.content,
        object_uuid=result.uuid,
    )


def _end(job: ImportJob, state: ImportState, error: str = "") -> None:
    job.state = state
    job.error = error
    job.finished_at = job.updated_at = clock.now()
    job.progress = job.progress if error else 1000
    job.save(
        update_fields=["state", "error", "finished_at", "updated_at", "progress", "rows_total"]
    )


# A small file, answered at once


def keep_now(
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
    job = _new(store, kind, Format.XML, name, actor, now)
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
        job.mapping = _remembered(job) or reading.guess_mapping(look.header, kind)
        if missing := _missing_columns(job):
            job.error, job.finished_at = missing, now
    file.seek(0)
    job.file.save(_stored_name(job), File(file), save=False)
    with transaction.atomic():
        job.save(force_insert=True)
        _audit_start(job, actor, now)
    return job


def take_now(job: ImportJob, actor: Actor, *, is_again: bool = False) -> Iterator[Result]:
    """
    Take the rows of a file kept by `keep_now`, in chunks, and yield what becomes of each.

    A file that breaks off has lost some rows; one that cannot be read has none. Of points, a row
    that a file of the same content brought in before is a duplicate, unless `is_again`.

    :raises NotReady: a file of the same content is being taken at this moment.
    """
    if job.finished_at is not None:
        return
    with locks.alone(f"import:{job.store_id}:{job.kind}:{job.digest}") as is_alone:
        if not is_alone:
            refusal = NotReady("A file of the same content is being brought in at this moment.")
            job.error, job.finished_at = refusal.message, clock.now()
            job.save(update_fields=["error", "finished_at"])
            raise refusal
        before = set() if is_again else _taken_before(job)
        yield from _take_now(job, actor, before)


def _take_now(job: ImportJob, actor: Actor, before: Container[int]) -> Iterator[Result]:
    taker = kind_of(job)(job.store, actor)
    fault = ""
    with closing(_Pieces(job)) as pieces:
        while rows := pieces.take(taker.chunk_rows):
            if rows[0].breaks_off and not job.rows_done:
                fault = rows[0].fault
                break
            with transaction.atomic():
                results = _taken(taker, rows, before=before, first=job.rows_done + 1)
                _note(job, taker, rows, results)
                job.save(update_fields=COUNTED)
            yield from results
    job.state, job.error = ImportState.FAILED if fault else ImportState.DONE, fault
    job.rows_total = job.rows_done
    job.progress = 1000
    job.finished_at = job.updated_at = clock.now()
    job.save()


def _taken_before(job: ImportJob) -> set[int]:
    """Return the rows that files of the same content brought in, and that were not taken back."""
    if not kind_of(job).is_undoable:
        return set()
    rows = ImportRow.objects.filter(
        job__store=job.store, job__digest=job.digest, job__kind=job.kind, outcome=RowOutcome.DONE
    )
    return set(rows.filter(object_uuid__isnull=False).values_list("number", flat=True))


# Afterwards


def undo(*, job: ImportJob, actor: Actor, now: datetime | None = None) -> tuple[int, int]:
    """
    Take back what a file brought in, as far as that goes; return how many rows, and how many stay.

    Rows taken back are marked as they are, so that it may be begun again where it was stopped.

    :raises NotUndoable: of this kind nothing can be, or it was.
    """
    kind = kind_of(job)
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


def forget(*, run: Run, now: datetime | None = None) -> None:
    """Delete old files and the rows told of: both hold customers' data. The counts stay."""
    limit = (now or clock.now()) - KEPT_FOR
    old = ImportJob.objects.filter(created_at__lt=limit).exclude(file="")
    for job in old.order_by("pk").iterator(chunk_size=200):
        if job.is_open:
            continue
        rows = job.rows.order_by("pk").values_list("pk", flat=True)
        while ids := list(rows[:FORGET_CHUNK]):
            with run.chunk() as done:
                done["rows"] = ImportRow.objects.filter(pk__in=ids).delete()[0]
        with run.chunk() as done:
            storage, name = job.file.storage, job.file.name
            ImportJob.objects.filter(pk=job.pk).update(file="")
            transaction.on_commit(lambda storage=storage, name=name: storage.delete(name))  # type: ignore[misc]
            done["files"] = 1


def get(store: Store, uuid: UUID) -> ImportJob | None:
    return ImportJob.objects.in_store(store).select_related("store").filter(uuid=uuid).first()


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
        "createdAt": written.date_time(job.created_at, zone),
        "startedAt": written.date_time(job.started_at, zone),
        "finishedAt": written.date_time(job.finished_at, zone),
    }
