"""
Write CSV files of any length, a row at a time, that no spreadsheet takes for a program.

A cell that begins as a formula does is written behind an apostrophe; numbers, and phone numbers
with their plus, stay as they are.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse

_FORMULA = re.compile(r"[\s\0]*[=+\-@]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
# So that spreadsheets read the file as UTF-8.
_BYTE_ORDER_MARK = "\ufeff"


def answer(
    name: str, moment: datetime, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """
    Return a download named `<name with dashes>-YYYY-MM-DD-HH-mm-ss.csv`.

    `moment`: in the zone that the file's name is to tell. `rows` are read while they are sent.
    """
    response = StreamingHttpResponse(lines([header], rows), content_type="text/csv; charset=utf-8")
    file_name = f"{slug(name)}-{moment:%Y-%m-%d-%H-%M-%S}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def slug(name: str) -> str:
    """Return a name as a file may be called: letters, digits and dashes; `export` for none."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "export"


def lines(*groups: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the text of each row."""
    writer = csv.writer(_Echo())
    yield _BYTE_ORDER_MARK
    for rows in groups:
        for row in rows:
            yield writer.writerow([cell(value) for value in row])


def cell(value: object) -> str:
    """Return a value as text that is no formula; None is empty."""
    text = "" if value is None else str(value)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text
