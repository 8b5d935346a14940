"""
Write rows as files of any length, piece by piece: whatever the format, only a page is in memory.

No format carries a formula: CSV cells that begin as one are written behind an apostrophe, and the
cells of a workbook say that they are text.
"""

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson
from django.db.models import TextChoices

from loyalty.core import csv_rows
from loyalty.core.errors import DomainError
from loyalty.core.exports.columns import Column, Holds, Plain

Page = Sequence[Sequence[Plain]]
# What a sheet of a workbook may have, its header among them.
SHEET_ROWS_MAX = 1_048_576
CELL_LENGTH_MAX = 32_767
PIECE_BYTES = 64 * 1024


class Format(TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    XML = "xml", "XML"
    JSON_LINES = "jsonl", "JSON lines"
    PARQUET = "parquet", "Parquet"


CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.XML: "application/xml; charset=utf-8",
    Format.JSON_LINES: "application/jsonl; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class FormatMissing(DomainError):
    """This server does not write Parquet: the extra `parquet` is not installed."""

    code = "format_missing"
    field = "format"


def offered() -> list[Format]:
    """Return the formats that this server writes."""
    return [each for each in Format if each is not Format.PARQUET or _has_parquet()]


def check(format: Format) -> None:
    """:raises FormatMissing: the server lacks what writes it."""
    if format not in offered():
        raise FormatMissing


def write(format: Format, kind: str, columns: Sequence[Column], pages: Iterable[Page]) -> Any:
    """Yield the pieces of a file. `kind`: what the rows are, for formats that name them."""
    return WRITERS[format](kind, columns, pages)


# CSV


def _csv(kind: str, columns: Sequence[Column], pages: Iterable[Page]) -> Iterator[bytes]:
    yield f"\ufeff{_csv_lines([[column.name for column in columns]])}".encode()
    for page in pages:
        yield _csv_lines(page).encode()


def _csv_lines(rows: Page) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[_csv_cell(value) for value in row] for row in rows])
    return buffer.getvalue()


def _csv_cell(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return csv_rows.cell(value)


# JSON lines


def _json_lines(kind: str, columns: Sequence[Column], pages: Iterable[Page]) -> Iterator[bytes]:
    names = [column.name for column in columns]
    is_number = [column.holds == Holds.NUMBER for column in columns]
    for page in pages:
        yield b"".join(
            orjson.dumps(
                {
                    # Digits as they are: a float would round them.
                    name: orjson.Fragment(str(value)) if number and value is not None else value
                    for name, number, value in zip(names, is_number, row, strict=True)
                },
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for row in page
        )


# XML

# What no XML may hold, not even as a reference.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _xml(kind: str, columns: Sequence[Column], pages: Iterable[Page]) -> Iterator[bytes]:
    """Write an element for each row; a column's name with dots, such as address.city, nests."""
    paths = [column.name.split(".") for column in columns]
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rows kind={quoteattr(kind)}>\n'.encode()
    for page in pages:
        yield "".join(_xml_row(paths, row) for row in page).encode()
    yield b"</rows>\n"


def _xml_row(paths: Sequence[list[str]], row: Sequence[Plain]) -> str:
    pieces = ["<row>"]
    open_block = ""
    for path, value in zip(paths, row, strict=True):
        block = path[0] if len(path) > 1 else ""
        if block != open_block:
            pieces += [f"</{open_block}>"] if open_block else []
            pieces += [f"<{block}>"] if block else []
            open_block = block
        if value is not None:
            pieces.append(f"<{path[-1]}>{_xml_text(value)}</{path[-1]}>")
    pieces.append(f"</{open_block}></row>\n" if open_block else "</row>\n")
    return "".join(pieces)


def _xml_text(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_FORBIDDEN.sub("", str(value)), {"\r": "&#13;"})


# XLSX: the least that a workbook is made of; its sheets are written straight into the archive.

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _xlsx(kind: str, columns: Sequence[Column], pages: Iterable[Page]) -> Iterator[bytes]:
    pipe = _Pipe()
    header = _sheet_row([(column.name, False) for column in columns])
    is_number = [column.holds in {Holds.NUMBER, Holds.WHOLE} for column in columns]
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        sheets = 0
        rows = (row for page in pages for row in page)
        is_more = True
        while is_more:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'{_DECLARATION}<worksheet xmlns="{_SHEET}"><sheetData>'.encode())
                sheet.write(header.encode())
                count = 1
                for row in rows:
                    cells = list(zip(row, is_number, strict=True))
                    sheet.write(_sheet_row(cells).encode())
                    count += 1
                    yield from pipe.taken()
                    if count == SHEET_ROWS_MAX:
                        break
                is_more = count == SHEET_ROWS_MAX
                sheet.write(b"</sheetData></worksheet>")
        for name, content in _workbook(kind, sheets).items():
            archive.writestr(name, content)
    yield from pipe.taken(is_last=True)


def _sheet_row(cells: Sequence[tuple[Plain, bool]]) -> str:
    return f"<row>{''.join(_sheet_cell(value, number) for value, number in cells)}</row>"


def _sheet_cell(value: Plain, is_number: bool) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if is_number:
        return f"<c><v>{value}</v></c>"
    text = _xml_text(str(value)[:CELL_LENGTH_MAX])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _workbook(kind: str, sheets: int) -> dict[str, str]:
    numbers = range(1, sheets + 1)
    listed = "".join(
        f'<sheet name={quoteattr(f"{kind[:25]} {each}")} sheetId="{each}" r:id="rId{each}"/>'
        for each in numbers
    )
    related = "".join(
        f'<Relationship Id="rId{each}" Type="{_RELATIONS}/worksheet" '
        f'Target="worksheets/sheet{each}.xml"/>'
        for each in numbers
    )
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    typed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{each}.xml" ContentType="{kinds}.worksheet+xml"/>'
        for each in numbers
    )
    return {
        "xl/workbook.xml": f'{_DECLARATION}<workbook xmlns="{_SHEET}" xmlns:r="{_RELATIONS}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"{_DECLARATION}<Relationships "
        f'xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
        "_rels/.rels": f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "[Content_Types].xml": f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f"{typed}</Types>",
    }


class _Pipe(io.RawIOBase):
    """A file that cannot be searched: what an archive writes into it is handed on."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def taken(self, *, is_last: bool = False) -> Iterator[bytes]:
        if self.size >= PIECE_BYTES or (is_last and self.size):
            yield b"".join(self.pieces)
            self.pieces.clear()
            self.size = 0


# Parquet


def _parquet(kind: str, columns: Sequence[Column], pages: Iterable[Page]) -> Iterator[bytes]:
    """Its end names where its pieces lie, so it goes through a file on the disk."""
    import pyarrow as arrow
    from pyarrow import parquet

    types = {
        Holds.TEXT: arrow.string(),
        Holds.NUMBER: arrow.decimal128(20, 4),
        Holds.WHOLE: arrow.int64(),
        Holds.FLAG: arrow.bool_(),
        Holds.MOMENT: arrow.timestamp("s", tz="UTC"),
        Holds.DAY: arrow.date32(),
    }
    schema = arrow.schema([(column.name, types[column.holds]) for column in columns])
    with tempfile.TemporaryFile() as file:
        with parquet.ParquetWriter(file, schema) as writer:
            for page in pages:
                arrays = [
                    arrow.array([_typed(row[place], column.holds) for row in page], field.type)
                    for place, (column, field) in enumerate(zip(columns, schema, strict=True))
                ]
                writer.write_batch(arrow.record_batch(arrays, schema=schema))
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


def _typed(value: Plain, holds: Holds) -> Any:
    return value if value is None else _TYPED.get(holds, lambda each: each)(value)


_TYPED: dict[Holds, Callable[[Any], Any]] = {
    Holds.TEXT: str,
    Holds.NUMBER: Decimal,
    Holds.MOMENT: datetime.fromisoformat,
    Holds.DAY: date.fromisoformat,
}


def _has_parquet() -> bool:
    from importlib.util import find_spec

    return find_spec("pyarrow") is not None


WRITERS: dict[Format, Callable[[str, Sequence[Column], Iterable[Page]], Iterator[bytes]]] = {
    Format.CSV: _csv,
    Format.JSON_LINES: _json_lines,
    Format.XML: _xml,
    Format.XLSX: _xlsx,
    Format.PARQUET: _parquet,
}
