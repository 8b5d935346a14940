"""Set and take away a store's pictures and its conditions. Source: SET-20, SET-21."""

from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.utils.crypto import get_random_string

from loyalty.core import clock, pictures, uploads
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import CONDITIONS, PictureName, Store, StoreFile
from loyalty.core.services import audit

SIZE = pictures.Bounds(width_min=200, height_min=200, width_max=2560, height_max=1440)
KINDS = frozenset({"PNG", "JPEG"})
# Icons of an installed page.
COPIES = ((192, 192), (512, 512))
PDF_BYTES_MAX = 10 * 1024 * 1024
# Programs that read PDF look for the mark in the first kilobyte.
PDF_MARK, PDF_MARK_WITHIN = b"%PDF-", 1024
NAME_MAX = 255


class ConditionsRefused(DomainError):
    """This file is not a PDF of at most 10 MB."""

    code = "conditions_refused"
    field = "file"


@uploads.atomic()
def set_picture(
    *,
    store: Store,
    name: PictureName,
    upload: BinaryIO,
    actor: Actor,
    now: datetime | None = None,
) -> StoreFile:
    """
    Show a picture in place of the one before, with its small copies.

    :raises PictureRefused: no PNG or JPEG of at most 2 MB, or not within 200 to 2560 by 200 to 1440
        pixels.
    """
    file = pictures.checked(upload, kinds=KINDS, bounds=SIZE)
    copies = {f"{width}x{height}": pictures.fitted(file, width, height) for width, height in COPIES}
    assert file.name is not None
    mime_type = pictures.content_type(file.name)
    return _put(store, name.value, file, copies, mime_type, upload, actor, now)


@uploads.atomic()
def set_conditions(
    *, store: Store, upload: BinaryIO, actor: Actor, now: datetime | None = None
) -> StoreFile:
    """
    Show these conditions in place of those before.

    :raises ConditionsRefused: no PDF, or above 10 MB.
    """
    content = upload.read(PDF_BYTES_MAX + 1)
    if len(content) > PDF_BYTES_MAX or PDF_MARK not in content[:PDF_MARK_WITHIN]:
        raise ConditionsRefused
    file = ContentFile(content, name=f"{get_random_string(20)}.pdf")
    return _put(store, CONDITIONS, file, {}, "application/pdf", upload, actor, now)


@transaction.atomic
def remove(*, store: Store, name: str, actor: Actor, now: datetime | None = None) -> None:
    """Take a file away, if there is one: a picture's place shows ours again."""
    found = _locked(store, name)
    if found is None:
        return
    _drop(found)
    found.delete()
    _record(actor, store, name, found.original_name, None, now or clock.now())


def _put(
    store: Store,
    name: str,
    file: ContentFile[bytes],
    copies: dict[str, ContentFile[bytes]],
    mime_type: str,
    upload: BinaryIO,
    actor: Actor,
    now: datetime | None,
) -> StoreFile:
    now = now or clock.now()
    row = _locked(store, name) or StoreFile(store=store, name=name)
    before = row.original_name or None
    if row.pk is not None:
        _drop(row)
    row.mime_type, row.updated_at = mime_type, now
    row.original_name = _plain_name(getattr(upload, "name", ""))
    assert file.name is not None
    uploads.keep(row.file, file.name, file)
    folder = PurePath(str(row.file.name)).parent
    row.copies = {
        size: uploads.keep_beside(row.file.storage, str(folder / str(copy.name)), copy)
        for size, copy in copies.items()
    }
    row.save()
    _record(actor, store, name, before, row.original_name, now)
    return row


def _locked(store: Store, name: str) -> StoreFile | None:
    """Lock the store, so that of two who set the same file one waits, and find its present one."""
    Store.objects.select_for_update(no_key=True).get(pk=store.pk)
    return StoreFile.objects.in_store(store).filter(name=name).first()


def _drop(row: StoreFile) -> None:
    storage: Storage = row.file.storage
    for name in (str(row.file.name), *row.copies.values()):
        transaction.on_commit(lambda name=name: storage.delete(name))  # type: ignore[misc]


def _plain_name(name: str | None) -> str:
    """Return what a file was called where it came from, without the folders of there."""
    return PurePath((name or "").replace("\\", "/")).name[-NAME_MAX:] or "file"


def _record(
    actor: Actor, store: Store, name: str, old: str | None, new: str | None, now: datetime
) -> None:
    audit.record(
        actor,
        store=store,
        event_type="UpdateStoreFile" if new else "RemoveStoreFile",
        entity_type="Settings",
        entity_id=store.uuid,
        data={name: {"old": old, "new": new}},
        now=now,
    )
