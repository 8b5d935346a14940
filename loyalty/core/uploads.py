"""Files that belong to rows: stored inside a transaction, and gone where it is undone."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.fields.files import FieldFile

_Stored = list[tuple[Storage, str]]
# What the innermost transaction that is open has stored so far.
_stored: ContextVar[_Stored | None] = ContextVar("stored", default=None)


@contextmanager
def atomic() -> Iterator[None]:
    """
    Open a transaction, or a savepoint, whose rollback also takes the files that it has stored.

    Around several such ones it takes those of all. A process that dies leaves its files behind.
    """
    around, stored = _stored.get(), _Stored()
    token = _stored.set(stored)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        for storage, name in stored:
            # The failure that is on its way says more.
            with suppress(OSError):
                storage.delete(name)
        raise
    else:
        if around is not None:
            around.extend(stored)
    finally:
        _stored.reset(token)


def keep(field: FieldFile, name: str, file: File) -> None:  # type: ignore[type-arg]  # of bytes
    """Store a file as a row's, which the caller saves. Needs `atomic`."""
    field.save(name, file, save=False)
    _note(field.storage, str(field.name))


def keep_beside(storage: Storage, name: str, file: ContentFile[bytes]) -> str:
    """Store a file that no column names; return its name. Needs `atomic`."""
    kept = storage.save(name, file)
    _note(storage, kept)
    return kept


def _note(storage: Storage, name: str) -> None:
    stored = _stored.get()
    assert stored is not None, "Nobody would take the file away again."
    stored.append((storage, name))
