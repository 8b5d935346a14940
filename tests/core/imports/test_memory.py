"""However a file is made, little of it is in memory at a time …"""

import io
import tracemalloc
import zipfile
from collections.abc import Iterable
from contextlib import closing
from itertools import chain, repeat
from xml.sax.saxutils import escape

import openpyxl
import pytest

from loyalty.core.imports import chunks, formats, kinds, reading, sheets
from loyalty.core.imports.formats import Format
from loyalty.core.imports.reading import Source

MEGABYTE = 1024 * 1024
BLOCK = 8 * 1024
SIZE = 32 * MEGABYTE
PEAK_MAX = 20 * MEGABYTE
HEADER = ("email", "firstName")
PERSON = b"<customer><email>a@example.com</email></customer>"


class Endless(io.RawIOBase):
    """A file of a beginning, and one piece again and again, that is nowhere whole."""

    def __init__(self, beginning: bytes, piece: bytes, end: bytes = b"") -> None:
        self.parts = (beginning, piece, end)
        self.seek(0)

    def readable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        assert place == 0
        beginning, piece, end = self.parts
        block = piece * (BLOCK // len(piece) or 1)
        self.pieces = chain([beginning], repeat(block, SIZE // len(block)), [end])
        self.rest = b""
        return 0

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size and (piece := next(self.pieces, None)) is not None:
            self.rest += piece
        found, self.rest = self.rest[:size], self.rest[size:]
        return found


def workbook(beginning: str, piece: str, end: str) -> io.BytesIO:
    """A small workbook whose sheet unpacks to much more."""
    plain, packed = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    block = (piece * (MEGABYTE // len(piece))).encode()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name))
        with new.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{SHEET}"><sheetData>{NAMES}{beginning}'.encode())
            for _number in range(SIZE // MEGABYTE):
                sheet.write(block)
            sheet.write(f"{end}</sheetData></worksheet>".encode())
    return packed


def shared_workbook(texts: Iterable[str]) -> io.BytesIO:
    """A workbook of one column whose texts stand in the part that all sheets share."""
    plain, packed = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    ours = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml")
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in ours:
                new.writestr(name, old.read(name).replace(b"</Types>", TEXTS_PART + b"</Types>"))
        count = 0
        with new.open("xl/sharedStrings.xml", "w") as part:
            part.write(f'<sst xmlns="{SHEET}">'.encode())
            for text in texts:
                part.write(f"<si><t>{escape(text)}</t></si>".encode())
                count += 1
            part.write(b"</sst>")
        with new.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{SHEET}"><sheetData>'.encode())
            for number in range(count):
                sheet.write(f'<row><c t="s"><v>{number}</v></c></row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
    return packed


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TEXTS_PART = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
NAMES = (
    '<row r="1"><c t="inlineStr"><is><t>email</t></is></c>'
    '<c t="inlineStr"><is><t>firstName</t></is></c></row>'
)
TEXT = '<c t="inlineStr"><is><t>'


def faults_of(file, format, dialect=None):
    """Read a file to its end; return the faults, how many rows there are, and the most memory."""
    kind = kinds.get("customers")
    mapping = {name: name for name in HEADER}
    source = Source(format, kind, dialect or {}, HEADER, mapping)
    tracemalloc.start()
    try:
        faults, count = [], 0
        for row in reading.read(file, source):
            count += 1
            if row.fault:
                faults.append(row.fault)
        return faults, count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


TOO_LONG = "The file breaks off: a row is too long"


@pytest.mark.parametrize(
    ("file", "faults", "rows"),
    [
        pytest.param(Endless(b"<a>", b"\n" * 1024, PERSON + b"</a>"), [], 1, id="space"),
        pytest.param(Endless(b"<a><b><c>", b"x" * 1024), [TOO_LONG], 1, id="text"),
        pytest.param(Endless(b"<a><b>", b"<c/>"), [TOO_LONG], 1, id="empty-elements"),
        pytest.param(Endless(b"<a><!--", b"x" * 1024), [TOO_LONG], 1, id="comment"),
        pytest.param(Endless(b"<!--", b"x" * 1024), [TOO_LONG], 1, id="comment-before"),
        pytest.param(Endless(b'<a><b c="', b"x" * 1024), [TOO_LONG], 1, id="attribute"),
        pytest.param(Endless(b"<a><?b ", b"x" * 1024), [TOO_LONG], 1, id="instruction"),
        pytest.param(Endless(b"<a><b><![CDATA[", b"x" * 1024), [TOO_LONG], 1, id="cdata"),
        pytest.param(Endless(b"<a><", b"x" * 1024), [TOO_LONG], 1, id="name"),
    ],
)
def test_of_xml(file, faults, rows):
    found, count, peak = faults_of(file, Format.XML)

    assert (found, count) == (faults, rows)
    assert peak < PEAK_MAX


BEGIN = b"email;firstName\n"
LAST = b"\nb@example.com;Bob\n"


@pytest.mark.parametrize(
    ("file", "fault", "rows"),
    [
        pytest.param(
            Endless(BEGIN, b"x" * 1024, LAST),
            "Line 2 cannot be read: it is too long.",
            2,
            id="line",
        ),
        pytest.param(
            Endless(BEGIN, b";" * 1024, LAST),
            "Line 2 cannot be read: it is too long.",
            2,
            id="cells",
        ),
        pytest.param(
            Endless(BEGIN + b'"', b"x" * 200_000 + b"\n", LAST),
            "Line 2 cannot be read: field larger than field limit (131072).",
            None,
            id="field",
        ),
    ],
)
def test_of_csv(file, fault, rows):
    found, count, peak = faults_of(file, Format.CSV, {"encoding": "utf-8", "delimiter": ";"})

    assert found[0] == fault
    assert rows is None or (count, len(found)) == (rows, 1)
    assert peak < PEAK_MAX


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(Endless(b"", b"x" * 1024), id="one-line"),
        pytest.param(Endless(b"", b"\0" * 1024), id="nothing-but-nul"),
        pytest.param(Endless(b'"', b"x" * 1024), id="one-quote"),
    ],
)
def test_of_a_first_line_without_end(file):
    tracemalloc.start()
    try:
        with pytest.raises(formats.Unreadable, match="The first line must name"):
            formats.look_at(file)
        assert tracemalloc.get_traced_memory()[1] < PEAK_MAX
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("parts", "faults"),
    [
        pytest.param((f"<row>{TEXT}", "x" * 1024, "</t></is></c></row>"), [TOO_LONG], id="text"),
        pytest.param(("<row>", "<c/>", "</row>"), [TOO_LONG], id="cells"),
        pytest.param(("<!--", "x" * 1024, "-->"), [TOO_LONG], id="comment"),
        pytest.param(("", '<row r="9999999999"/>', ""), [], id="rows"),
        pytest.param(
            ("", '<row><c r="XFD9" t="n"><v>1</v></c></row>' + "\n" * 983, ""),
            ["A cell stands outside of the named columns."] * 32 * 1024,
            id="wide",
        ),
    ],
)
def test_of_a_workbook_that_unpacks_to_much(parts, faults):
    file = workbook(*parts)
    assert len(file.getvalue()) < MEGABYTE

    found, _count, peak = faults_of(file, Format.XLSX)

    assert found == faults
    assert peak < PEAK_MAX


def test_of_a_workbook_whose_description_unpacks_to_much():
    plain, packed = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            more = " " * SIZE if name == "xl/styles.xml" else ""
            new.writestr(name, old.read(name).decode() + more)

    with pytest.raises(formats.Unreadable, match="it is too large; save it as CSV"):
        formats.look_at(packed)


def test_of_a_workbook_whose_texts_stand_apart():
    """Excel writes each text once, in a part of its own; cells name them by their numbers."""
    count = 200_000
    file = shared_workbook(f"ann{number:06}@example.com and more of it" for number in range(count))
    tracemalloc.start()

    rows = sum(1 for _row in sheets.read(file))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert rows == count
    assert peak < 8 * MEGABYTE


def test_reads_texts_that_stand_apart():
    file = shared_workbook(["email", "Zażółć & more", "a_x005F_b"])

    assert list(sheets.read(file)) == [("email",), ("Zażółć & more",), ("a_b",)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("begin", "row", "end"),
    [
        pytest.param(b"<a>", b"<b><c>%s</c></b>" % (b"x" * 800_000), b"</a>", id="xml"),
        pytest.param(
            b"email;firstName;lastName;active;gender;agreement1\n",
            b";".join([b"x" * 130_000] * 6) + b"\n",
            b"",
            id="csv",
        ),
        pytest.param(b"", b'{"email": "%s"}\n' % (b"x" * 800_000), b"", id="json"),
    ],
)
def test_of_a_chunk_of_long_rows(keep, begin, row, end):
    job = keep(begin + row * 20 + end)

    with closing(chunks.Pieces(job)) as pieces:
        lengths = [len(piece) for piece in iter(lambda: pieces.take(1_000), [])]

    assert sum(lengths) == 20
    assert max(lengths) <= 11
