"""
Fill pools in the background: load codes from a file, or generate them. Source: POOL-3, POOL-5.

Chunk by chunk, each committed with how far it is: constant memory, and a stopped job goes on where
it was. Several workers may be at it; none takes a job that another one has.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import IO, cast

from celery import current_app
from django.core.files.base import File
from django.db import transaction
from kombu.exceptions import OperationalError

from campaigns import codes as patterns
from campaigns import events
from campaigns.models import PoolJob, PoolJobKind, PoolJobStatus, RewardCampaign
from campaigns.services import campaign_validation as validation
from campaigns.services import pool_files, pools
from loyalty.core import clock, uploads
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.jobs import Run
from loyalty.core.models import uuid7
from loyalty.core.services import audit

CODES_PER_CHUNK = 20_000
BYTES_PER_CHUNK = 512 * 1024
CODES_MAX = 100_000_000
PATTERN_MAX = 64
SEPARATORS = re.compile(rb"[;\r\n]")
OPEN = (PoolJobStatus.WAITING, PoolJobStatus.RUNNING)

NO_ROOM = "The pattern needs more # signs: its codes could be guessed."


@transaction.atomic
def generate(
    *,
    campaign: RewardCampaign,
    pattern: str,
    count: int,
    actor: Actor,
    now: datetime | None = None,
) -> PoolJob:
    """
    Have `count` codes generated into a pool. In `pattern` each # is random, % checks them.

    :raises NoPool: a kind of reward without codes.
    :raises InvalidFields: no such count, or a pattern whose codes could be guessed.
    """
    faults: dict[str, list[str]] = {}
    if not 1 <= count <= CODES_MAX:
        faults["count"] = [f"This value should be between 1 and {CODES_MAX}."]
    elif not patterns.has_room(pattern, count):
        faults["pattern"] = [NO_ROOM]
    if len(pattern) > PATTERN_MAX or pattern != pattern.strip():
        faults["pattern"] = [validation.NOT_VALID]
    if faults:
        raise InvalidFields(faults)
    job = _new_job(campaign, PoolJobKind.GENERATE, count, now or clock.now())
    job.pattern = pattern
    return _started(job, actor)


@uploads.atomic()
def load(
    *,
    campaign: RewardCampaign,
    file: File,  # type: ignore[type-arg]  # of bytes, as Django's uploads are
    actor: Actor,
    now: datetime | None = None,
) -> PoolJob:
    """
    Have the codes of a text file added to a pool; semicolons and line ends part them (POOL-5).

    :raises NoPool: a kind of reward without codes. :raises InvalidFields: the file is empty.
    :raises BadLines: of some lines nothing can be made; nothing was begun.
    """
    if not file.size:
        raise InvalidFields({"file": [validation.BLANK]})
    file.seek(0)
    pool_files.check(cast("IO[bytes]", file))
    file.seek(0)
    job = _new_job(campaign, PoolJobKind.LOAD, file.size, now or clock.now())
    uploads.keep(job.file, f"{uuid7()}.txt", file)
    return _started(job, actor)


def _new_job(campaign: RewardCampaign, kind: PoolJobKind, total: int, now: datetime) -> PoolJob:
    if not campaign.has_pool:
        raise pools.NoPool
    return PoolJob(store=campaign.store, campaign=campaign, kind=kind, total=total, created_at=now)


def _started(job: PoolJob, actor: Actor) -> PoolJob:
    job.save(force_insert=True)
    audit.record(
        actor,
        store=job.store,
        event_type="FillCampaignPool",
        entity_type="Campaign",
        entity_id=job.campaign.uuid,
        data={"job": str(job.uuid), "kind": job.kind, "total": job.total},
        now=job.created_at,
    )
    transaction.on_commit(_wake)
    return job


def _wake() -> None:
    """Have the codes made now; where the broker is away, the schedule comes within a minute."""
    with suppress(OperationalError):
        current_app.send_task("campaigns.fill_pools")


def run_all(*, run: Run | None = None) -> int:
    """Work on every open job until it is done; return how many chunks were written."""
    run = run or Run()
    for job_id in list(PoolJob.objects.filter(status__in=OPEN).order_by("pk").values_list("pk")):
        is_open = True
        while is_open:
            with run.chunk() as done:
                is_open = run_chunk(job_id[0])
                done["portions"] = int(is_open)
    return run.counts["portions"]


@transaction.atomic
def run_chunk(job_id: int, *, now: datetime | None = None) -> bool:
    """Do the next piece of a job; False: it is done, failed, or another worker has it."""
    now = now or clock.now()
    found = PoolJob.objects.select_for_update(skip_locked=True, of=("self",))
    job = found.select_related("campaign__store").filter(pk=job_id, status__in=OPEN).first()
    if job is None:
        return False
    job.status = PoolJobStatus.RUNNING
    job.started_at = job.started_at or now
    try:
        # A chunk that cannot be brought in leaves nothing behind but what is said of it.
        with transaction.atomic():
            _work(job)
    except InvalidFields as error:
        job.status, job.error = PoolJobStatus.FAILED, error.message
    if job.done >= job.total and job.status == PoolJobStatus.RUNNING:
        job.status = PoolJobStatus.DONE
    if job.status != PoolJobStatus.RUNNING:
        job.finished_at = now
        events.pool_changed(job.campaign, added=job.added, removed=0, now=now)
        _drop_file(job)
    job.save()
    return True


def _work(job: PoolJob) -> None:
    if job.kind == PoolJobKind.GENERATE:
        wanted = min(CODES_PER_CHUNK, job.total - job.added)
        added = pools.append_codes(job.campaign, patterns.generate(job.pattern, wanted))
        job.added += added
        job.skipped += wanted - added
        return
    with job.file.open("rb") as file:
        codes, offset = read_codes(cast("IO[bytes]", file), offset=job.offset)
    added = pools.append_codes(job.campaign, codes)
    job.offset = offset
    job.added += added
    job.skipped += len([code for code in codes if code.strip()]) - added


def read_codes(
    file: IO[bytes], *, offset: int, size: int = BYTES_PER_CHUNK
) -> tuple[Sequence[str], int]:
    """
    Return the codes from `offset` on in about `size` bytes, and where the next ones begin.

    A code that the block cuts is left to the next block. :raises InvalidFields: it is no text, or a
    code is longer than a whole block.
    """
    file.seek(offset)
    block = file.read(size)
    end = len(block)
    if len(block) == size:
        cut = max(block.rfind(sign) for sign in (b";", b"\n", b"\r"))
        if cut < 0:
            raise InvalidFields({"coupons": [validation.TOO_LONG]})
        end = cut + 1
    part = block[:end]
    if offset == 0:
        part = part.removeprefix(b"\xef\xbb\xbf")
    try:
        return [code.decode() for code in SEPARATORS.split(part)], offset + end
    except UnicodeDecodeError as error:
        raise InvalidFields({"coupons": [pool_files.Fault.NOT_TEXT.value]}) from error


def _drop_file(job: PoolJob) -> None:
    """Delete the stored file after commit: a rollback must still find it."""
    if name := job.file.name:
        storage = job.file.storage
        transaction.on_commit(lambda: storage.delete(name))
        job.file = ""
