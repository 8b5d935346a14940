"""
Take up a file: keep it, say what its columns are, then have it checked or its rows taken.

Source: campaigns-people spec 9.1.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import IO

from celery import current_app
from django.core.files.base import File
from django.db import transaction
from kombu.exceptions import OperationalError

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports import columns, formats, jobs
from loyalty.core.imports.formats import Format
from loyalty.core.imports.kinds import Kind
from loyalty.core.imports.reading import ERROR_COLUMN
from loyalty.core.models import ImportJob, ImportState, Store
from loyalty.core.services import audit


class MissingColumns(DomainError):
    """The file lacks columns that its rows need."""

    code = "missing_columns"
    field = "file"

    def __init__(self, missing: Iterable[str]) -> None:
        super().__init__(f"The file lacks columns: {', '.join(sorted(missing))}.")


class TooFewColumns(DomainError):
    """The file has fewer columns than its rows need."""

    code = "too_few_columns"
    field = "file"

    def __init__(self, required: Sequence[str]) -> None:
        super().__init__(f"The file has too few columns. Its rows need: {', '.join(required)}.")


class NotReady(DomainError):
    """This file cannot be brought in now."""

    code = "import_not_ready"


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
    Keep an uploaded file as a draft, for somebody to say what its columns are.

    Proposed is what they were the last time, or what their names mean.

    :raises Unreadable: nothing was kept. :raises TooFewColumns: nor was this.
    """
    job = look_at(store, kind, file, name, actor, now or clock.now())
    if _is_table(job) and len(_named(job.header)) < len(kind.required):
        raise TooFewColumns(kind.required)
    job.mapping = propose(store, kind, job.header)
    with stored(job, file):
        job.save(force_insert=True)
    return job


def bring_in(
    *,
    store: Store,
    kind: type[Kind],
    file: IO[bytes],
    name: str,
    actor: Actor,
    mapping: Mapping[str, str] | None = None,
    is_check: bool = False,
    is_again: bool = False,
    now: datetime | None = None,
) -> ImportJob:
    """
    Keep a file, and have its rows taken in the background; nothing is kept of one that is refused.

    `mapping`: None: its columns are what they were the last time, or those that they are called.
    `is_check`: its rows are gone through, and nothing of them is kept. `is_again`: see `start`.

    :raises Unreadable: it is no file of rows. :raises MissingColumns: it lacks some.
    :raises InvalidFields: the mapping names a column that is not there, or one twice.
    """
    now = now or clock.now()
    job = look_at(store, kind, file, name, actor, now)
    if mapping is None:
        job.mapping = known_mapping(store, kind, job.header)
    else:
        job.mapping = _checked(mapping, job)
    if missing := missing_columns(job):
        raise MissingColumns(missing)
    with stored(job, file):
        job.save(force_insert=True)
        if is_check:
            return check(job=job, now=now)
        return start(job=job, actor=actor, is_again=is_again, now=now)


def propose(store: Store, kind: type[Kind], header: Sequence[str]) -> dict[str, str]:
    """Return what the columns of a table were the last time, or what their names mean."""
    return _remembered(store, kind, header) or columns.propose(header, kind)


def known_mapping(store: Store, kind: type[Kind], header: Sequence[str]) -> dict[str, str]:
    """Return what the columns of a table were the last time, or are by the names they have."""
    return _remembered(store, kind, header) or columns.guess(header, kind)


@transaction.atomic
def map_columns(*, job: ImportJob, mapping: Mapping[str, str]) -> None:
    """
    Say which columns of a table are which of its kind's; the next such file is mapped likewise.

    :raises NotReady: its rows are being taken, or were.
    :raises InvalidFields: a column is unknown, or meant twice.
    """
    _require_ready(_locked(job))
    job.mapping = _checked(mapping, job)
    job.updated_at = clock.now()
    job.save(update_fields=["mapping", "updated_at"])


@transaction.atomic
def discard(*, job: ImportJob) -> None:
    """
    Throw a file away of which no row was taken, with all that is known of it.

    :raises NotReady: it was started before.
    """
    locked = _locked(job)
    _require_ready(locked)
    storage, name = locked.file.storage, locked.file.name
    locked.delete()
    # After commit: a rollback must still find the file.
    assert name is not None
    transaction.on_commit(lambda: storage.delete(name))


@transaction.atomic
def check(*, job: ImportJob, now: datetime | None = None) -> ImportJob:
    """Have a draft gone through in the background, without keeping anything."""
    return _begin(job, ImportState.CHECKING, now or clock.now())


@transaction.atomic
def start(
    *,
    job: ImportJob,
    actor: Actor,
    is_again: bool = False,
    is_woken: bool = True,
    now: datetime | None = None,
) -> ImportJob:
    """
    Have a file's rows taken in the background.

    A file of the same content that was taken before changes nothing, unless `is_again`.
    `is_woken`: False where the caller does the work itself.

    :raises NotReady: it was started before. :raises MissingColumns: its mapping lacks some.
    """
    now = now or clock.now()
    if not is_again and jobs.find_earlier(job) is not None:
        locked = _locked(job)
        _require_ready(locked)
        locked.state = ImportState.REPEATED
        locked.finished_at = locked.updated_at = now
        locked.save(update_fields=["state", "finished_at", "updated_at"])
        return locked
    locked = _begin(job, ImportState.RUNNING, now, is_woken=is_woken)
    audit_start(locked, actor, now)
    return locked


def new(
    store: Store, kind: type[Kind], format: str, name: str, actor: Actor, now: datetime
) -> ImportJob:
    """Return what is to be known of a file, before it is kept."""
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


def missing_columns(job: ImportJob) -> set[str]:
    """Return which of the columns that its rows need a table lacks."""
    return set(jobs.kind_of(job).required) - set(job.mapping.values()) if _is_table(job) else set()


def audit_start(job: ImportJob, actor: Actor, now: datetime) -> None:
    """Write down in the audit trail who brings a file in."""
    audit.record(
        actor,
        store=job.store,
        event_type=jobs.kind_of(job).started_as,
        entity_type="Import",
        entity_id=job.uuid,
        data={"kind": job.kind, "format": job.format, "size": job.size},
        now=now,
    )


def store_file(job: ImportJob, file: IO[bytes]) -> None:
    """Copy a file to where it is kept, under a name that tells its time (IMP-1)."""
    at = job.created_at.astimezone(job.store.zone)
    name = f"{job.kind}-{at:%Y-%m-%d-%H-%M-%S}-{secrets.token_hex(4)}.{job.format}"
    file.seek(0)
    try:
        job.file.save(name, File(file), save=False)
    except BaseException:
        # Such as a disk that is full: what is there of it helps nobody.
        job.file.storage.delete(job.file.field.generate_filename(job, name))
        raise


@contextmanager
def stored(job: ImportJob, file: IO[bytes]) -> Iterator[None]:
    """Keep a file, and what is written of it meanwhile; none of both where that is refused."""
    store_file(job, file)
    assert job.file.name is not None
    try:
        with transaction.atomic():
            yield
    except BaseException:
        job.file.storage.delete(job.file.name)
        raise


def look_at(
    store: Store, kind: type[Kind], file: IO[bytes], name: str, actor: Actor, now: datetime
) -> ImportJob:
    """
    Return what a file is, before it is kept.

    :raises Unreadable: it is no file of rows.
    """
    look = formats.look_at(file)
    job = new(store, kind, look.format, name, actor, now)
    job.size, job.digest, job.dialect = look.size, look.digest, look.dialect
    job.header = list(look.header)
    return job


def _is_table(job: ImportJob) -> bool:
    return Format(job.format).is_table


def _named(header: Iterable[str]) -> list[str]:
    """Return the columns that people named, without the one that tells what was wrong."""
    return [name for name in header if name and name != ERROR_COLUMN]


def _checked(mapping: Mapping[str, str], job: ImportJob) -> dict[str, str]:
    kind = jobs.kind_of(job)
    chosen = {name: column for name, column in mapping.items() if column}
    faults: dict[str, list[str]] = {}
    for name, column in chosen.items():
        if name not in job.header:
            faults[name] = [f"The file has no column {name}."]
        elif column not in kind.columns:
            faults[name] = [f"There is no column {column}."]
        elif list(chosen.values()).count(column) > 1:
            faults[name] = [f"Two columns are mapped to {column}."]
    if faults:
        raise InvalidFields(faults)
    return chosen


def _remembered(store: Store, kind: type[Kind], header: Sequence[str]) -> dict[str, str] | None:
    """
    Return how the store's last file of the same header was mapped.

    A file of refused rows has one column more than the file that they came in.
    """
    if not header:
        return None
    headers = [list(header), [name for name in header if name != ERROR_COLUMN]]
    alike = ImportJob.objects.in_store(store).filter(kind=kind.name, header__in=headers)
    last = alike.exclude(state=ImportState.DRAFT).order_by("-pk").first()
    return last.mapping if last is not None else None


def _begin(
    job: ImportJob, state: ImportState, now: datetime, *, is_woken: bool = True
) -> ImportJob:
    locked = _locked(job)
    _require_ready(locked)
    if missing := missing_columns(locked):
        raise MissingColumns(missing)
    locked.rows.all().delete()
    locked.state = state
    locked.rows_done = locked.rows_ok = locked.rows_bad = locked.rows_duplicate = 0
    locked.progress = locked.attempts = 0
    locked.error = ""
    locked.started_at = locked.finished_at = None
    locked.updated_at = now
    locked.save()
    if is_woken:
        transaction.on_commit(lambda: _wake(locked))
    return locked


def _wake(job: ImportJob) -> None:
    # Where the broker is away the schedule brings the next one.
    with suppress(OperationalError):
        current_app.send_task("loyalty.core.tasks.bring_in_files", (job.pk, job.turns))


def _require_ready(job: ImportJob) -> None:
    if job.state not in {ImportState.DRAFT, ImportState.CHECKED} or not job.file:
        raise NotReady


def _locked(job: ImportJob) -> ImportJob:
    return ImportJob.objects.select_for_update(of=("self",)).select_related("store").get(pk=job.pk)
