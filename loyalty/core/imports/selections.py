"""
Do one thing with many rows of a list: those that were chosen become a file that we bring in.

So it goes on in chunks behind the last row written when its worker was killed, takes turns with
other long jobs, and tells what was refused, all as imports do.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import DataError, IntegrityError, transaction
from django.db.models import Model, QuerySet

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports import drafts, kinds
from loyalty.core.imports.kinds import Kind, Result, uuid_of
from loyalty.core.models import ImportJob, RowOutcome, Store
from loyalty.core.xml_rows import Row, text_of

# What is not answered: a row is left alone, and why.
Outcome = DomainError | None


class NobodyChosen(DomainError):
    """Nothing was chosen."""

    code = "nothing_chosen"


class Gone(DomainError):
    """It is not there any more."""

    code = "gone"


class AlreadySo(DomainError):
    """It was so already."""

    code = "already_so"


class CannotBeStored(DomainError):
    """The row cannot be stored."""

    code = "cannot_be_stored"


class SelectionKind(Kind):
    """
    One thing that is done with chosen rows of a model; its parameters are the job's `options`.

    `resource`: whose VIEW right shows what became of it. `modifies`: the MODIFY rights, all of
    them, that one has to have who begins it: those that doing it with a single row needs.
    """

    model: ClassVar[type[Model]]
    modifies: ClassVar[tuple[str, ...]]
    is_sent = False
    started_as = "ChangeMany"
    root = element = "chosen"
    columns = required = ("id",)

    job: ImportJob

    @classmethod
    def for_job(cls, job: ImportJob, actor: Actor) -> "SelectionKind":
        kind = cls(job.store, actor)
        kind.job = job
        return kind

    @property
    def options(self) -> Mapping[str, Any]:
        options: Mapping[str, Any] = self.job.options
        return options

    @classmethod
    def may_be_begun_by(cls, actor: Actor) -> bool:
        return all(actor.can_modify(right) for right in cls.modifies)

    @classmethod
    def may_be_read_by(cls, actor: Actor) -> bool:
        return all(actor.can_view(right) for right in (cls.resource, *cls.modifies))

    @classmethod
    def rows(cls, store: Store) -> "QuerySet[Any]":
        """Return the rows of a store that may be chosen."""
        return cls.model._default_manager.filter(store=store)

    @classmethod
    def named(cls, subject: Any) -> str:
        """Return what people call a row; no secret of it."""
        return str(subject)

    def check(self, subject: Any) -> None:
        """:raises DomainError: why a row is left alone, whatever is to be done."""

    def do(self, subject: Any) -> None:
        """
        Do it with one row.

        :raises DomainError: why not.
        """
        raise NotImplementedError

    def do_many(self, subjects: Sequence[Any]) -> list[Outcome]:
        """Do it with some rows in the caller's transaction; none of them undoes another."""
        return [self._do_apart(subject) for subject in subjects]

    def _do_apart(self, subject: Any) -> Outcome:
        try:
            with transaction.atomic():
                self.do(subject)
        except DomainError as refusal:
            return refusal
        except (DataError, IntegrityError):
            return CannotBeStored()
        return None

    def identify(self, row: Row) -> str:
        return text_of(row, "id")

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        uuids = [uuid_of(self.identify(row)) for row in rows]
        found = {each.uuid: each for each in self.rows(self.store).filter(uuid__in=uuids)}
        outcomes: dict[int, Outcome] = {}
        chosen: dict[int, Any] = {}
        for place, uuid in enumerate(uuids):
            subject = found.get(uuid)
            try:
                if subject is None:
                    raise Gone
                subject.store = self.store
                self.check(subject)
            except DomainError as refusal:
                outcomes[place] = refusal
            else:
                chosen[place] = subject
        outcomes |= dict(zip(chosen, self.do_many(list(chosen.values())), strict=True))
        return [self._told(uuid, outcomes[place]) for place, uuid in enumerate(uuids)]

    def _told(self, uuid: UUID | None, outcome: Outcome) -> Result:
        if outcome is None:
            return Result(RowOutcome.DONE, str(uuid), uuid=uuid)
        return Result(self._outcome(outcome), str(uuid), told_of(outcome), uuid=uuid)

    def is_duplicate(self, error: DomainError) -> bool:
        return isinstance(error, AlreadySo)


def told_of(refusal: DomainError) -> str:
    """Return a refusal in one line."""
    if isinstance(refusal, InvalidFields):
        return " ".join(text for texts in refusal.errors.values() for text in texts)
    return refusal.message


def begin(
    *,
    store: Store,
    kind: type[SelectionKind],
    uuids: Iterable[UUID],
    options: Mapping[str, Any],
    actor: Actor,
    key: str,
    is_woken: bool = True,
    now: datetime | None = None,
) -> ImportJob:
    """
    Have a thing done with chosen rows, in the background.

    `options`: as the kind has them, fit for JSON. `key`: drawn when the form was first shown; the
    same key again returns the job that it has begun. `is_woken`: False where the caller runs it.

    :raises NobodyChosen: there is no row.
    """
    uuid = uuid5(NAMESPACE_URL, f"selection:{store.pk}:{actor.kind}:{actor.id}:{key}")
    if (earlier := _find(store, uuid)) is not None:
        return earlier
    now = now or clock.now()
    with TemporaryFile() as file:
        count = 0
        for count, each in enumerate(uuids, 1):  # noqa: B007  # it is what remains of the loop
            file.write(b'{"id":"%s"}\n' % str(each).encode())
        if not count:
            raise NobodyChosen
        job = drafts.look_at(store, kind, file, kind.name, actor, now)
        job.uuid, job.options, job.rows_total = uuid, dict(options), count
        try:
            with drafts.stored(job, file):
                job.save(force_insert=True)
                return drafts.start(job=job, actor=actor, is_again=True, is_woken=is_woken, now=now)
        except IntegrityError:
            # The form was sent twice at once.
            if (earlier := _find(store, uuid)) is None:
                raise
            return earlier


def get(store: Store, uuid: UUID) -> ImportJob | None:
    """Return a job of chosen rows."""
    job = _find(store, uuid)
    return job if job is not None and not kinds.of(job).is_sent else None


def list_kinds() -> list[type[SelectionKind]]:
    return [kind for kind in kinds.every() if issubclass(kind, SelectionKind)]


def _find(store: Store, uuid: UUID) -> ImportJob | None:
    return ImportJob.objects.in_store(store).select_related("store").filter(uuid=uuid).first()
