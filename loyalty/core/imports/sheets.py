"""Read the first sheet of a workbook (XLSX) row by row."""

import warnings
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from datetime import date, datetime, time
from tempfile import TemporaryFile
from typing import IO, Any, NoReturn
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError, ParserCreate

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHARED_STRINGS

# A sheet has a million rows at most, and so many texts.
PART_BYTES_MAX = 4 * 1024 * 1024 * 1024
PARTS_MAX = 2_000
# Of what describes a workbook, which is held in memory, too: styles, names and the like.
DESCRIPTION_BYTES_MAX = 8 * 1024 * 1024
BLOCK_BYTES = 64 * 1024
# Of one row, with what a cell counts for besides its text.
ROW_CHARACTERS_MAX = 4 * 1024 * 1024
CELL_CHARACTERS = 32
# One more column than a file may have.
PLACES_MAX = 500
BEGINNING_BYTES = 1_024


class NotAWorkbook(Exception):
    """The file is no workbook that we read."""


def is_workbook(file: IO[bytes]) -> bool:
    """:raises zipfile.BadZipFile: it is broken."""
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        return "xl/workbook.xml" in archive.namelist()


def read(file: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    """
    Yield the rows that the sheet has, each a tuple of values, in constant memory.

    :raises NotAWorkbook: it is broken, or would need too much memory.
    """
    _check(file)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # Styles and extensions that the library does not know.
            warnings.simplefilter("ignore")
            reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
            reader.read_manifest()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
        with TemporaryFile() as file:
            yield from _rows(reader, _shared_texts(reader, file))
    except (
        ExpatError,
        IndexError,
        InvalidFileException,
        KeyError,
        OSError,
        OverflowError,
        ParseError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise NotAWorkbook(str(error)) from error


def _shared_texts(book: ExcelReader, file: IO[bytes]) -> "_SharedTexts":
    shared = _SharedTexts(file)
    part = book.package.find(SHARED_STRINGS)
    if part is not None:
        with book.archive.open(part.PartName[1:]) as source:
            shared.read(source)
    return shared


class _SharedTexts:
    """
    The texts of a workbook, which its cells name by their numbers; each stands there once.

    They are set down on the disk: those of a million people would fill the memory.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.ends = array("Q", [0])
        self.told: list[str] = []
        self.characters = self.fed = 0
        self.is_told = self.is_spoken = False
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = _refuse_doctype

    def read(self, source: IO[bytes]) -> None:
        while block := source.read(BLOCK_BYTES):
            self.parser.Parse(block, False)
            self.fed += len(block)
            if self.fed - self.parser.CurrentByteIndex > ROW_CHARACTERS_MAX:
                raise NotAWorkbook("a row is too long")
        self.parser.Parse(b"", True)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self.ends) - 1:
            raise IndexError(number)
        begin, end = self.ends[number], self.ends[number + 1]
        self.file.seek(begin)
        return self.file.read(end - begin).decode()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "si":
            self.told, self.characters = [], 0
        elif tag == "rPh":
            # How a text is said, in some languages.
            self.is_spoken = True
        self.is_told = tag == "t" and not self.is_spoken

    def text(self, text: str) -> None:
        if not self.is_told:
            return
        self.characters += len(text)
        if self.characters > ROW_CHARACTERS_MAX:
            raise NotAWorkbook("a row is too long")
        self.told.append(text)

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        self.is_told = False
        if tag == "si":
            # How the format writes an underscore that could be read as a sign's number.
            text = "".join(self.told).replace("x005F_", "").encode()
            self.file.write(text)
            self.ends.append(self.ends[-1] + len(text))
        elif tag == "rPh":
            self.is_spoken = False


def _rows(book: ExcelReader, shared: _SharedTexts) -> Iterator[tuple[Any, ...]]:
    """
    Yield the rows of the first sheet.

    The library's own reader keeps something of each row, and a row whole, however long.
    """
    paths = [rel.target for _sheet, rel in book.parser.find_sheets() if "worksheet" in rel.Type]
    if not paths:
        raise NotAWorkbook("it has no sheet")
    sheet = _Sheet(book.wb, shared)
    with book.archive.open(paths[0]) as source:
        while block := source.read(BLOCK_BYTES):
            yield from sheet.feed(block)
        yield from sheet.feed(b"", is_last=True)


class _Sheet:
    def __init__(self, book: Any, shared: _SharedTexts) -> None:
        self.book = book
        self.shared = shared
        self.finished: list[tuple[Any, ...]] = []
        self.cells: list[Any] = []
        self.characters = self.fed = 0
        # Of the open cell: its place, type and style, and its text while it is told.
        self.place, self.type, self.style = 0, "n", 0
        self.value: list[str] = []
        self.is_told = self.is_spoken = False
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = _refuse_doctype

    def feed(self, block: bytes, *, is_last: bool = False) -> Iterator[tuple[Any, ...]]:
        self.parser.Parse(block, is_last)
        self.fed += len(block)
        if self.fed - self.parser.CurrentByteIndex > ROW_CHARACTERS_MAX:
            raise NotAWorkbook("a row is too long")
        rows, self.finished = self.finished, []
        yield from rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self.cells, self.place, self.characters = [], -1, 0
        elif tag == "c":
            self.place = _place_of(attributes["r"]) if "r" in attributes else self.place + 1
            self.type = attributes.get("t", "n")
            self.style = int(attributes.get("s", 0))
            self.value = []
            self.count(CELL_CHARACTERS)
        elif tag == "rPh":
            # How a text is said, in some languages.
            self.is_spoken = True
        self.is_told = tag == "v" or (tag == "t" and not self.is_spoken)

    def text(self, text: str) -> None:
        if self.is_told:
            self.count(len(text))
            self.value.append(text)

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        self.is_told = False
        if tag == "row":
            self.finished.append(tuple(self.cells))
        elif tag == "c" and self.value:
            # Nobody asks for what stands beyond the columns that a file may have, but whether.
            place = min(self.place, PLACES_MAX)
            self.cells += [None] * (place + 1 - len(self.cells))
            self.cells[place] = self.read_cell("".join(self.value))
        elif tag == "rPh":
            self.is_spoken = False

    def read_cell(self, text: str) -> Any:
        if self.type == "s":
            return self.shared[int(text)]
        if self.type == "b":
            return text.strip() == "1"
        if self.type == "d":
            return from_ISO8601(text)
        if self.type != "n":
            return text
        number = float(text)
        if self.style in self.book._date_formats:
            is_span = self.style in self.book._timedelta_formats
            return from_excel(number, self.book.epoch, timedelta=is_span)
        return int(text) if text.strip().lstrip("-").isdigit() else number

    def count(self, characters: int) -> None:
        self.characters += characters
        if self.characters > ROW_CHARACTERS_MAX:
            raise NotAWorkbook("a row is too long")


def _refuse_doctype(*declaration: Any) -> NoReturn:
    raise NotAWorkbook("a document type is not accepted")


def _place_of(reference: str) -> int:
    """Return which column a cell such as AB12 stands in, from 0."""
    place = 0
    for letter in reference[:3]:
        if not "A" <= letter <= "Z":
            break
        place = place * 26 + ord(letter) - 64
    return place - 1


def text_of(value: Any) -> str:
    """Return a cell's value as the other formats write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _check(file: IO[bytes]) -> None:
    """Refuse what grows without end when it is unpacked, and document types with their entities."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX:
                raise NotAWorkbook("it has too many parts")
            for part in parts:
                if part.file_size > _size_max(part.filename):
                    raise NotAWorkbook("it is too large; save it as CSV")
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(BEGINNING_BYTES):
                            raise NotAWorkbook("a document type is not accepted")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise NotAWorkbook(str(error)) from error


def _size_max(name: str) -> int:
    is_streamed = name.startswith("xl/worksheets/") or name.endswith("sharedStrings.xml")
    is_description = name.endswith((".xml", ".rels")) and not is_streamed
    return DESCRIPTION_BYTES_MAX if is_description else PART_BYTES_MAX
