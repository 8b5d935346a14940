"""Read the first sheet of a workbook (XLSX) row by row."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

# Every text of a workbook stands in one part of it, which is held in memory.
SHARED_BYTES_MAX = 48 * 1024 * 1024
# A sheet has a million rows at most.
PART_BYTES_MAX = 4 * 1024 * 1024 * 1024
PARTS_MAX = 2_000
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
    Yield the rows, each a tuple of values.

    :raises NotAWorkbook: it is broken, or would need too much memory.
    """
    _check(file)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # Styles and extensions that the library does not know.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            if not book.worksheets:
                raise NotAWorkbook("it has no sheet")
            yield from book.worksheets[0].iter_rows(values_only=True)
    except (ParseError, InvalidFileException, KeyError, ValueError, TypeError, OSError) as error:
        raise NotAWorkbook(str(error)) from error
    except zipfile.BadZipFile as error:
        raise NotAWorkbook(str(error)) from error


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
                shared = part.filename.endswith("sharedStrings.xml")
                if part.file_size > (SHARED_BYTES_MAX if shared else PART_BYTES_MAX):
                    raise NotAWorkbook("it is too large; save it as CSV")
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(BEGINNING_BYTES):
                            raise NotAWorkbook("a document type is not accepted")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise NotAWorkbook(str(error)) from error
