"""Take a chunk of rows, and write down what became of each of which something is to be said."""

from collections.abc import Container, Iterator, Sequence
from itertools import islice
from typing import IO, cast

from loyalty.core.imports import jobs, reading
from loyalty.core.imports.kinds import Kind, Result
from loyalty.core.imports.reading import FileRow
from loyalty.core.models import ImportJob, ImportRow, ImportState, RowOutcome

IDENTIFIER_MAX = 255
MESSAGE_MAX = 2_000
KNOWN_ROW = "Processing exception: This row was brought in before, by a file of the same content."
# Refused rows that are kept to be shown and mended; those behind them are only counted. So many
# take a third of a gigabyte, until they are forgotten.
REFUSED_KEPT_MAX = 1_000_000
# Fewer rows than asked for are read at once where they are as long as that.
PIECE_CHARACTERS_MAX = 8 * 1024 * 1024
COUNTED = ("rows_done", "rows_ok", "rows_bad", "rows_duplicate")


class Pieces:
    """The rows of a job's file, a chunk at a time."""

    def __init__(self, job: ImportJob) -> None:
        self.file = cast("IO[bytes]", job.file.open("rb"))
        self.size = job.size or 1
        self.rows: Iterator[FileRow] = reading.read(self.file, jobs.source_of(job))

    def skip(self, count: int) -> None:
        for _row in islice(self.rows, count):
            pass

    def take(self, count: int) -> list[FileRow]:
        """Return the next rows: `count`, fewer where they are long, none behind the last."""
        rows, size = [], 0
        for row in islice(self.rows, count):
            rows.append(row)
            size += row.size
            if size > PIECE_CHARACTERS_MAX:
                break
        return rows

    def read_in_thousandths(self) -> int:
        return min(self.file.tell() * 1000 // self.size, 1000)

    def close(self) -> None:
        self.file.close()


def take(
    kind: Kind, rows: Sequence[FileRow], *, before: Container[int] = (), first: int = 1
) -> list[Result]:
    """
    Carry out rows in the caller's transaction.

    `before`: numbers of those that were taken before; `first`: the number of the first of these.
    """
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


def note(job: ImportJob, kind: Kind, rows: Sequence[FileRow], results: Sequence[Result]) -> None:
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
