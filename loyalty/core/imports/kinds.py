"""
What kinds of rows files bring in, and what becomes of one row. Source: campaigns-people spec 9.

Each row is a command of its own: what is wrong with one is told and stops no other. The rooms
above register their kinds when they start.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from loyalty.core.actors import Actor
from loyalty.core.api.forms import NOT_BLANK
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import ImportJob, RowOutcome, Store
from loyalty.core.xml_rows import Row

# How the reference words the faults of a row's shape (IMP-3); they stand behind a node's name.
REQUIRED = "is required node"
NO_UUID = "should be UUID"
NO_INTEGER = "should be integer value"
NOT_VALID = "has an invalid value"
# Texts that begin so go on after a node's name; the commands' own are sentences.
SHAPE_WORDS = ("is ", "has ", "should ")
CANNOT_STORE = "Processing exception: The row cannot be stored."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """
    What became of one row. `identifier`: what the row calls itself; `uuid`: what it made.

    `outcome`: a duplicate is a row that was refused because what it brings is here already.
    """

    outcome: RowOutcome
    identifier: str
    message: str = ""
    uuid: UUID | None = None


class Kind:
    """
    Takes the rows of one kind of file; made anew for each file.

    `name` stands in the database. `root`, `element`: how its XML files begin, and each row.
    `columns`: path of a node, with dots, for each column that a table may have. `required`: those
    that a table must have. `id_key`: what the answer calls the id of what a row made; empty: the
    answer is the id itself. `shapes`: texts of the commands → texts of the reference.
    """

    name: ClassVar[str]
    title: ClassVar[Any]
    about: ClassVar[Any] = ""
    resource: ClassVar[str]
    root: ClassVar[str]
    element: ClassVar[str]
    columns: ClassVar[Sequence[str]]
    required: ClassVar[Sequence[str]] = ()
    # What else people call columns, in English and in Polish; accents and signs do not count.
    words: ClassVar[Mapping[str, Sequence[str]]] = {}
    # Short names of columns, in small letters, that may as well mean something else.
    vague: ClassVar[frozenset[str]] = frozenset()
    # Of these a comma in a number, or another way to write a day, is mended in tables.
    decimals: ClassVar[frozenset[str]] = frozenset()
    days: ClassVar[frozenset[str]] = frozenset()
    # Where a table writes what a row may have several of: the node of one, and the column that is
    # the same in all the lines of a row.
    many: ClassVar[str] = ""
    group_by: ClassVar[str] = ""
    id_key: ClassVar[str] = ""
    shapes: ClassVar[Mapping[str, str]] = {NOT_BLANK: REQUIRED}
    is_undoable: ClassVar[bool] = False
    # People send its files. False: we write them ourselves, of what somebody chose in a list.
    is_sent: ClassVar[bool] = True
    # What the audit trail calls its beginning.
    started_as: ClassVar[str] = "ImportFile"
    # Its rows are worth money, such as codes: they are shown to whoever may bring them in.
    is_secret: ClassVar[bool] = False
    # A page speaks of the kind itself, and a template would make one of it.
    do_not_call_in_templates: ClassVar[bool] = True
    # Rows that are written together in the background; each holds its locks until the last is.
    chunk_rows: ClassVar[int] = 100

    def __init__(self, store: Store, actor: Actor) -> None:
        self.store = store
        self.actor = actor

    @classmethod
    def for_job(cls, job: ImportJob, actor: Actor) -> "Kind":
        """Return what takes the rows of a job's file for somebody."""
        return cls(job.store, actor)

    @classmethod
    def may_be_read_by(cls, actor: Actor) -> bool:
        """Return whether somebody sees the rows themselves, and not only what became of a file."""
        may = actor.can_modify if cls.is_secret else actor.can_view
        return may(cls.resource)

    def identify(self, row: Row) -> str:
        """Return how a row calls itself."""
        raise NotImplementedError

    def take(self, row: Row) -> UUID:
        """
        Carry out one row; return the id of what it made.

        :raises DomainError: what is wrong with it.
        """
        raise NotImplementedError

    def node(self, path: str) -> str:
        """Return the row's name for an input of the command."""
        return path

    def is_duplicate(self, error: DomainError) -> bool:
        """Tell whether a refusal says that what a row brings is here already."""
        return False

    def undo(self, uuid: UUID) -> None:
        """
        Take back what a row made.

        :raises DomainError: it cannot be any more.
        """
        raise NotImplementedError

    def process(self, row: Row) -> Result:
        identifier = self.identify(row)
        try:
            uuid = self.take(row)
        except DomainError as error:
            return self.refused(error, identifier)
        return Result(RowOutcome.DONE, identifier, uuid=uuid)

    def refused(self, error: DomainError, identifier: str) -> Result:
        """Return what became of a row that a command refused."""
        if isinstance(error, InvalidFields):
            message = f"Convert exception: {self.told(error.errors)}"
        else:
            message = f"Processing exception: {error.message}"
        return Result(self._outcome(error), identifier, message)

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        """Carry out some rows in the caller's transaction; none of them undoes another."""
        return [self.process_apart(row) for row in rows]

    def process_apart(self, row: Row) -> Result:
        """Carry out a row, and tell of one that the database refuses as of any other."""
        try:
            with transaction.atomic():
                return self.process(row)
        except (DataError, IntegrityError):
            # Its text quotes the row.
            logger.exception("A row of kind %s cannot be stored", self.name)
            return Result(RowOutcome.BAD, self.identify(row), CANNOT_STORE)

    def told(self, errors: Mapping[str, Sequence[str]]) -> str:
        """Return the faults of a row's nodes in one line."""
        faults = ((self.node(path), text) for path, texts in errors.items() for text in texts)
        return "; ".join(f"{node} {self._worded(text)}" for node, text in faults)

    def _worded(self, text: str) -> str:
        if text.startswith(SHAPE_WORDS):
            return text
        return self.shapes.get(text, f"is refused: {text}")

    def _outcome(self, error: DomainError) -> RowOutcome:
        return RowOutcome.DUPLICATE if self.is_duplicate(error) else RowOutcome.BAD


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


_kinds: dict[str, type[Kind]] = {}


def register(*kinds: type[Kind]) -> None:
    _kinds.update({kind.name: kind for kind in kinds})


def list_all() -> list[type[Kind]]:
    """Return the kinds of files that people send."""
    return [kind for kind in _kinds.values() if kind.is_sent]


def every() -> list[type[Kind]]:
    """Return all kinds, also those whose files we write ourselves."""
    return list(_kinds.values())


def get(name: str) -> type[Kind] | None:
    """Return a kind of files that people send."""
    kind = _kinds.get(name)
    return kind if kind is not None and kind.is_sent else None


def of(job: ImportJob) -> type[Kind]:
    """Return the kind of a job's rows, also of those that were chosen in a list."""
    kind = _kinds.get(job.kind)
    assert kind is not None, f"There is no kind of import called {job.kind}."
    return kind
