"""
Refused rows as a file in the format that they came in, to be mended and sent again.

Each says what is wrong with it: in a column or key of its own, in XML in a comment before the row.
Readers of imports leave all three out.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from loyalty.core import csv_rows
from loyalty.core.imports.formats import Format
from loyalty.core.imports.jobs import kind_of
from loyalty.core.imports.reading import ERROR_COLUMN
from loyalty.core.models import ImportJob, ImportRow, RowOutcome

CONTENT_TYPES = {
    Format.XML: "application/xml",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON_LINES: "application/x-ndjson",
}
BLOCK_BYTES = 64 * 1024
ROWS_AT_ONCE = 500
GRID_ROWS_MAX = 50
MARK = "\ufeff"

# Returns a row's message in the words of whoever reads it.
Tell = Callable[[str], str]


def stream(job: ImportJob, tell: Tell = str) -> Iterator[bytes]:
    """Yield the file, in constant memory. `tell`: the API hands the messages out as they are."""
    rows = job.rows.exclude(outcome=RowOutcome.DONE).exclude(content=None).order_by("number")
    found = rows.iterator(chunk_size=ROWS_AT_ONCE)
    kept_as = Format(job.format)
    if kept_as == Format.XML:
        return _xml(job, found, tell)
    if kept_as == Format.JSON_LINES:
        return _json_lines(found, tell)
    return _workbook(job, found, tell) if kept_as == Format.XLSX else _csv(job, found, tell)


@dataclass(frozen=True)
class GridLine:
    """A line of a refused row, to be mended on the spot: its cells by the names of their inputs."""

    number: int
    message: str
    cells: list[tuple[str, str, str]]


def grid(job: ImportJob, tell: Tell = str) -> list[GridLine]:
    """Return the first refused rows of a table, cell by cell: (input, column, text)."""
    if not Format(job.format).is_table:
        return []
    rows = job.rows.exclude(outcome=RowOutcome.DONE).exclude(content=None).order_by("number")
    return [
        GridLine(
            row.number,
            tell(row.message),
            [
                (f"cell-{row.number}-{place}-{column}", name, str(line.get(name, "")))
                for column, name in enumerate(job.header)
                if name and name != ERROR_COLUMN
            ],
        )
        for row in rows[:GRID_ROWS_MAX]
        for place, line in enumerate(
            row.content if isinstance(row.content, list) else [row.content]
        )
        if isinstance(line, dict)
    ]


def mended(job: ImportJob, texts: Mapping[str, str]) -> bytes:
    """Return the rows of the grid as a CSV file, with the texts of the inputs."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow([name for name in job.header if name and name != ERROR_COLUMN])
    for line in grid(job):
        writer.writerow([texts.get(field, text) for field, _column, text in line.cells])
    return file.getvalue().encode()


def _parts(row: ImportRow) -> list[Any]:
    """Return the lines of a table that make up a row."""
    return row.content if isinstance(row.content, list) else [row.content]


def _lines(job: ImportJob, rows: Iterator[ImportRow], tell: Tell) -> Iterator[list[str]]:
    """Yield the lines of a table; several of them may make up a row."""
    yield [*job.header, ERROR_COLUMN]
    for row in rows:
        for line in _parts(row):
            cells = line if isinstance(line, dict) else {}
            yield [*(str(cells.get(name, "")) for name in job.header), tell(row.message)]


def _csv(job: ImportJob, rows: Iterator[ImportRow], tell: Tell) -> Iterator[bytes]:
    yield MARK.encode()
    for line in _lines(job, rows, tell):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=job.dialect.get("delimiter", ","))
        writer.writerow([csv_rows.cell(value) for value in line])
        yield text.getvalue().encode()


def _workbook(job: ImportJob, rows: Iterator[ImportRow], tell: Tell) -> Iterator[bytes]:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in _lines(job, rows, tell):
        sheet.append([csv_rows.cell(value) for value in line])
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while block := file.read(BLOCK_BYTES):
            yield block


def _json_lines(rows: Iterator[ImportRow], tell: Tell) -> Iterator[bytes]:
    for row in rows:
        content = row.content
        if isinstance(content, dict):
            text = json.dumps(content | {ERROR_COLUMN: tell(row.message)}, ensure_ascii=False)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
        yield f"{text}\n".encode()


def _xml(job: ImportJob, rows: Iterator[ImportRow], tell: Tell) -> Iterator[bytes]:
    kind = kind_of(job)
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind.root}>\n'.encode()
    for row in rows:
        message = tell(row.message).replace("--", "- -")
        yield f"  <!-- {message} -->\n  {_element(kind.element, row.content)}\n".encode()
    yield f"</{kind.root}>\n".encode()


def _element(name: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"<{name}>{escape(str(value))}</{name}>"
    inner = "".join(_element(key, each) for key, many in value.items() for each in many)
    return f"<{name}>{inner}</{name}>"
