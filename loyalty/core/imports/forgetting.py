"""Delete files that were brought in, and what is remembered of their rows: they tell of people."""

import zipfile
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from django.db import transaction

from loyalty.core import clock, sql
from loyalty.core.imports.formats import BLOCK_BYTES, Format
from loyalty.core.jobs import Run
from loyalty.core.models import ImportJob, ImportRow, Store

KEPT_FOR = timedelta(days=30)
FORGET_CHUNK = 5_000
ENCODINGS = ("utf-8", "cp1250", "utf-16-le")
TEXT_LENGTH_MIN = 3


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


def forget_in_imports(*, store: Store, things: Collection[UUID], texts: Collection[str]) -> None:
    """
    Empty the rows that made one of `things` or name a person by one of `texts`.

    A file that names them goes as a whole, after commit: its rows have done their work, and it is
    kept for a month only. One that is being worked on stays until then.
    """
    texts = [text for text in texts if len(text) >= TEXT_LENGTH_MIN]
    patterns = [f"%{_literal(text)}%" for text in texts]
    sql.write(ROWS, {"store": store.pk, "things": list(things), "patterns": patterns})
    if not texts:
        return
    for job in ImportJob.objects.in_store(store).exclude(file="").iterator(chunk_size=200):
        if not job.is_open and _names(job, texts):
            storage, name = job.file.storage, job.file.name
            ImportJob.objects.filter(pk=job.pk).update(file="")
            transaction.on_commit(lambda storage=storage, name=name: storage.delete(name))  # type: ignore[misc]  # bound now


def _literal(text: str) -> str:
    """Return a text as LIKE takes it literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _names(job: ImportJob, texts: Collection[str]) -> bool:
    wanted = {text.lower().encode(code, "ignore") for text in texts for code in ENCODINGS}
    overlap = max(map(len, wanted))
    try:
        with job.file.open("rb") as file:
            for part in _parts(file, Format(job.format)):
                tail = b""
                while block := part.read(BLOCK_BYTES):
                    # Letters beyond ASCII are not needed: these are addresses and numbers.
                    text = tail + block.lower()
                    if any(one in text for one in wanted):
                        return True
                    tail = text[-overlap:]
    except FileNotFoundError:  # the media folder was not moved along
        return False
    return False


def _parts(file: IO[bytes], format: Format) -> Iterator[IO[bytes]]:
    """Yield what a file is made of: a workbook is a packed folder."""
    if format != Format.XLSX:
        yield file
        return
    with zipfile.ZipFile(file) as folder:
        for name in folder.namelist():
            with folder.open(name) as part:
                yield part


ROWS = """
update core_importrow row set content = null, identifier = '', message = ''
from core_importjob job
where row.job_id = job.id and job.store_id = %(store)s::bigint and (
    row.object_uuid = any(%(things)s::uuid[])
    or row.content::text ilike any(%(patterns)s::text[])
    or row.identifier ilike any(%(patterns)s::text[])
    or row.message ilike any(%(patterns)s::text[])
)
returning row.id
"""
