"""
Look at a file before anything is done with it: what it is, whole or not, and what its columns are.

What a file is called does not count, only what it holds.
"""

import codecs
import csv
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from django.db.models import TextChoices

from loyalty.core.errors import DomainError
from loyalty.core.imports import sheets

BLOCK_BYTES = 256 * 1024
HEADER_CHARACTERS_MAX = 64 * 1024
COLUMNS_MAX = 500
LINE_CHARACTERS_MAX = 1024 * 1024
# What is kept of a line that cannot be read, to be mended.
BEGINNING_CHARACTERS = 64 * 1024
DELIMITERS: Final = (";", ",", "\t", "|")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Tried in this order where no mark tells.
ENCODINGS = ("utf-8", "cp1250")


class Format(TextChoices):
    XML = "xml", "XML"
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    JSON_LINES = "jsonl", "JSON lines"

    @property
    def is_table(self) -> bool:
        return self in {Format.CSV, Format.XLSX}


class Unreadable(DomainError):
    """The file cannot be read."""

    code = "unreadable_file"
    field = "file"


@dataclass(frozen=True)
class Look:
    """`digest`: SHA-256 in hexadecimal. `header`: a table's columns, as it calls them."""

    format: Format
    digest: str
    size: int
    dialect: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()


def look_at(file: IO[bytes]) -> Look:
    """
    Read a file once, from its beginning, in constant memory.

    :raises Unreadable: it is empty, of another format, in no encoding that we know, or its header
        cannot serve.
    """
    scan = _Scan(file)
    if not scan.size:
        raise Unreadable("The file is empty.")
    if scan.head.startswith(b"PK\x03\x04"):
        return _look_at_archive(file, scan)
    if scan.encoding is None:
        raise Unreadable("The file is not text, nor a workbook (XLSX).")
    text = scan.head.decode(scan.encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    dialect = {"encoding": scan.encoding}
    if text.startswith("<"):
        return Look(Format.XML, scan.digest, scan.size)
    if text.startswith("{"):
        return Look(Format.JSON_LINES, scan.digest, scan.size, dialect)
    if not text:
        raise Unreadable("The file is empty.")
    file.seek(0)
    dialect["delimiter"] = _delimiter(text)
    first = next(csv_lines(file, dialect), [])
    if isinstance(first, BadLine):
        raise Unreadable("The first line must name the columns.")
    header = _checked(first)
    return Look(Format.CSV, scan.digest, scan.size, dialect, header)


def digest_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a CSV file, or several, that cannot be parted into cells. `text`: its beginning."""

    fault: str
    text: str


def csv_lines(file: IO[bytes], dialect: dict[str, str]) -> Iterator[list[str] | BadLine]:
    """Yield the lines, and go on behind those that cannot be read."""
    wrapper = io.TextIOWrapper(Keeping(file), encoding=dialect["encoding"], newline="")  # type: ignore[type-var]
    lines = _Lines(wrapper)
    reader = csv.reader(lines, delimiter=dialect["delimiter"], strict=True)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadLine(f"Line {lines.span} cannot be read: {error}.", lines.beginning)
        else:
            yield cells


class _Lines:
    """The lines of a text, none of which is held in memory where it is too long."""

    def __init__(self, text: IO[str]) -> None:
        self.text = text
        self.number = 0
        self.begin()

    def begin(self) -> None:
        """Note that the next line begins a row."""
        self.first = self.number + 1
        self.beginning = ""

    @property
    def span(self) -> str:
        return f"{self.first}" if self.number <= self.first else f"{self.first}–{self.number}"

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(LINE_CHARACTERS_MAX)
        if not line:
            raise StopIteration
        self.number += 1
        self.beginning = (self.beginning + line[:BEGINNING_CHARACTERS])[:BEGINNING_CHARACTERS]
        if len(line) == LINE_CHARACTERS_MAX and not line.endswith(("\n", "\r")):
            skip_line(self.text)
            raise csv.Error("it is too long")
        return line


def skip_line(text: IO[str]) -> None:
    """Read to the end of a line, piece by piece."""
    while (more := text.readline(LINE_CHARACTERS_MAX)) and not more.endswith(("\n", "\r")):
        pass


class Keeping(io.RawIOBase):
    """Hands a file on without closing it when the reader of its text goes."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)

    read1 = read

    def readinto(self, buffer: "bytearray") -> int:  # type: ignore[override]
        block = self.file.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


class _Scan:
    """One pass over a file: its digest, its size, and the encodings that it may be in."""

    def __init__(self, file: IO[bytes]) -> None:
        file.seek(0)
        digest = hashlib.sha256()
        self.size = 0
        self.head = b""
        decoders: dict[str, codecs.IncrementalDecoder] = {}
        while block := file.read(BLOCK_BYTES):
            if not self.size:
                self.head = block[:HEADER_CHARACTERS_MAX]
                decoders = {
                    name: codecs.getincrementaldecoder(name)() for name in self._candidates(block)
                }
            digest.update(block)
            self.size += len(block)
            decoders = {name: each for name, each in decoders.items() if _decodes(each, block)}
        decoders = {n: each for n, each in decoders.items() if _decodes(each, b"", is_last=True)}
        self.digest = digest.hexdigest()
        self.encoding = next(iter(decoders), None)

    @staticmethod
    def _candidates(block: bytes) -> tuple[str, ...]:
        for mark, encoding in BYTE_ORDER_MARKS:
            if block.startswith(mark):
                return (encoding,)
        # UTF-16 without its mark: every other byte of plain letters is zero.
        if b"\0" in block[:64]:
            return ("utf-16-le",) if block[1:2] == b"\0" else ("utf-16-be",)
        return ENCODINGS


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, is_last: bool = False) -> bool:
    try:
        decoder.decode(block, is_last)
    except UnicodeError:
        return False
    return True


def _look_at_archive(file: IO[bytes], scan: _Scan) -> Look:
    file.seek(0)
    try:
        if not sheets.is_workbook(file):
            raise Unreadable("The file is a ZIP archive. Unpack it, and send the file inside.")
        header = _checked([sheets.text_of(value) for value in next(sheets.read(file), ())])
    except (zipfile.BadZipFile, sheets.NotAWorkbook) as error:
        raise Unreadable(f"The workbook cannot be read: {error}") from error
    return Look(Format.XLSX, scan.digest, scan.size, {}, header)


def _delimiter(text: str) -> str:
    """Return the sign that parts the cells of the first line: the one that is in it most often."""
    counts = Counter(text.split("\n", 1)[0])
    return max(DELIMITERS, key=lambda sign: counts[sign])


def _checked(cells: list[str]) -> tuple[str, ...]:
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise Unreadable("The first line must name the columns.")
    if any("\0" in name for name in header):
        raise Unreadable("The first line holds a NUL character.")
    if len(header) > COLUMNS_MAX:
        raise Unreadable(f"The file has more than {COLUMNS_MAX} columns.")
    for name, count in Counter(filter(None, header)).items():
        if count > 1:
            raise Unreadable(f"The column {name} stands there {count} times.")
    return tuple(header)
