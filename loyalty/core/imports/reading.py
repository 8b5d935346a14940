"""Read the rows of a file of any format as the trees that its kind takes."""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, Any, cast

from loyalty.core.imports import formats, sheets
from loyalty.core.imports.formats import LINE_CHARACTERS_MAX, BadLine, Format
from loyalty.core.imports.kinds import Kind
from loyalty.core.xml_rows import DEPTH_MAX, NotXML, Row, read_rows

# Lines of one row, such as the items of a purchase.
LINES_MAX = 2_000
# What the file of refused rows says of each; it is no column of anybody's.
ERROR_COLUMN = "import_error"

# What an escape in JSON can bring, and no text has.
HALF_A_PAIR = re.compile("[\ud800-\udfff]")
DAY_WITH_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
DAY_AND_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(:00)?", re.ASCII)
# One or two digits behind the comma, or more than three: three may part thousands.
DECIMAL_COMMA = re.compile(r"(-?\d{1,3}(?:[ \u00a0\u202f]?\d{3})*),(\d{1,2}|\d{4,})", re.ASCII)


@dataclass(slots=True)
class FileRow:
    """
    One row. `content`: what the file says, as JSON can carry it. `fault`: why it is no row;
    `breaks_off`: nothing behind it can be read. `size`: in characters, more or less.
    """

    row: Row
    content: Any
    fault: str = ""
    breaks_off: bool = False
    size: int = 0


@dataclass(frozen=True)
class Source:
    """A file, and how it is read. `mapping`: name of a column in the file → column of the kind."""

    format: Format
    kind: type[Kind]
    dialect: Mapping[str, str]
    header: Sequence[str] = ()
    mapping: Mapping[str, str] | None = None


def read(file: IO[bytes], source: Source) -> Iterator[FileRow]:
    """Yield the rows of a file from its beginning, in constant memory; faults are rows, too."""
    file.seek(0)
    if source.format == Format.XML:
        return _read_xml(file)
    if source.format == Format.JSON_LINES:
        return _read_json_lines(file, source)
    return _joined(_read_table(file, source), source)


def _read_xml(file: IO[bytes]) -> Iterator[FileRow]:
    try:
        for row, size in read_rows(file):
            yield FileRow(row, row, size=size)
    except NotXML as error:
        yield FileRow({}, None, f"The file breaks off: {error}", breaks_off=True)


def _read_json_lines(file: IO[bytes], source: Source) -> Iterator[FileRow]:
    encoding = source.dialect["encoding"]
    text = io.TextIOWrapper(formats.Keeping(file), encoding=encoding)  # type: ignore[type-var]
    while line := text.readline(LINE_CHARACTERS_MAX):
        if len(line) == LINE_CHARACTERS_MAX and not line.endswith("\n"):
            formats.skip_line(text)
            yield FileRow({}, None, "The line is too long.")
        elif line.strip():
            row = _of_json(line, source.kind)
            row.size = len(line)
            yield row


def _of_json(line: str, kind: type[Kind]) -> FileRow:
    # Of a line that is no row its text is kept, to be mended; escapes stay as they are written.
    text = line.rstrip("\r\n").replace("\0", "")
    try:
        # Numbers stay as they are written.
        value = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return FileRow({}, text, "The line is not JSON.")
    if fault := _fault_of_json(value):
        return FileRow({}, text, fault)
    if not isinstance(value, dict):
        return FileRow({}, value, "The line is no JSON object.")
    value.pop(ERROR_COLUMN, None)
    tree: dict[str, list[Any]] = {column: [""] for column in _plain_columns(kind)}
    for path, each in value.items():
        _put(tree, path.split("."), _node(path, each))
    return FileRow(tree, value)


def _node(name: str, value: Any) -> Any:
    """Return a JSON value as the XML formats have it; lists stand below the name of one of them."""
    if isinstance(value, dict):
        tree: dict[str, list[Any]] = {}
        for key, each in value.items():
            tree.setdefault(key, []).append(_node(key, each))
        return tree
    if isinstance(value, list):
        one = name.rpartition(".")[2].removesuffix("s")
        return {one: [_node(one, each) for each in value]}
    if name.rpartition(".")[2] == "labels":
        return _labels(str(value or ""))
    return sheets.text_of(value)


def _fault_of_json(value: Any) -> str:
    """Say what no database takes of a value that was read, or what nobody's row has."""
    level = [value]
    for _ in range(DEPTH_MAX):
        texts = [each for each in level if isinstance(each, str)]
        texts += [key for each in level if isinstance(each, dict) for key in each]
        for text in texts:
            if "\0" in text:
                return "The line holds a NUL character."
            if HALF_A_PAIR.search(text):
                return "The line holds half a surrogate pair."
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return ""
    return "The line is nested too deep."


def _lines(file: IO[bytes], source: Source) -> Iterator[Sequence[str] | BadLine]:
    if source.format == Format.XLSX:
        for cells in sheets.read(file):
            yield [sheets.text_of(cell) for cell in cells]
    else:
        yield from formats.csv_lines(file, dict(source.dialect))


def _read_table(file: IO[bytes], source: Source) -> Iterator[FileRow]:
    mapping = source.mapping or {}
    width = len(source.header)
    plain = _plain_columns(source.kind)
    places = [
        _Place(number, mapping[name], source.kind)
        for number, name in enumerate(source.header)
        if name in mapping and name != ERROR_COLUMN
    ]
    blank: dict[str, list[Any]] = {column: [""] for column in plain}
    lines = _lines(file, source)
    try:
        next(lines, None)
        for cells in lines:
            if isinstance(cells, BadLine):
                told = {source.header[0]: cells.text.rstrip("\r\n")}
                yield FileRow({}, _without_null(told), cells.fault, size=len(cells.text))
                continue
            if not any(cells):
                continue
            size = sum(map(len, cells))
            content = dict(zip(source.header, cells, strict=False))
            content.pop(ERROR_COLUMN, None)
            if fault := _fault_of(cells, width, source.format):
                yield FileRow({}, _without_null(content), fault, size=size)
                continue
            tree = blank.copy()
            for place in places:
                text = cells[place.number].strip() if place.number < len(cells) else ""
                if text or place.is_labels:
                    value = text if place.read is None else place.read(text)
                    _put_below(tree, place.parents, place.name, value)
            yield FileRow(tree, content, size=size)
    except (UnicodeError, sheets.NotAWorkbook) as error:
        yield FileRow({}, None, f"The file breaks off: {error}", breaks_off=True)


class _Place:
    """Where a column stands in the lines of a table, and in the rows that are made of them."""

    __slots__ = ("is_labels", "name", "number", "parents", "read")

    def __init__(self, number: int, column: str, kind: type[Kind]) -> None:
        self.number = number
        *self.parents, self.name = column.split(".")
        self.is_labels = column.endswith("labels")
        # What becomes of its text; None: it stays as it is.
        self.read: Callable[[str], Any] | None = None
        if self.is_labels:
            self.read = _labels
        elif column in kind.decimals or column in kind.days:
            self.read = partial(_mended, kind, column)


def _plain_columns(kind: type[Kind]) -> list[str]:
    """Return the nodes that every row has, empty if need be; XML files have to name them."""
    return [column for column in kind.columns if "." not in column and column != "labels"]


def _without_null(content: dict[str, str]) -> dict[str, str]:
    return {name: text.replace("\0", "") for name, text in content.items()}


def _fault_of(cells: Sequence[str], width: int, format: Format) -> str:
    if "\0" in "".join(cells):
        return "The line holds a NUL character."
    if format == Format.XLSX:
        # A sheet has no end of a line: empty cells stand or stand not.
        return "A cell stands outside of the named columns." if any(cells[width:]) else ""
    filled = len(cells)
    while filled > width and not cells[filled - 1]:
        filled -= 1
    if filled == width:
        return ""
    return f"The line has {filled} cells, the header {width}."


def _joined(rows: Iterator[FileRow], source: Source) -> Iterator[FileRow]:
    """Make one row of the lines that follow one another and name the same, such as a document."""
    kind = source.kind
    if not kind.group_by:
        yield from rows
        return
    held: FileRow | None = None
    lines = 0
    for row in rows:
        key = row.row.get(kind.group_by, [""])[0]
        if held is not None and key and not row.fault and key == held.row[kind.group_by][0]:
            lines += 1
            if lines > LINES_MAX:
                held.fault = "Too many lines make up this row."
                continue
            _add_line(held, row, kind)
            continue
        if held is not None:
            yield held
        held, lines = None, 1
        if row.fault or not key:
            yield row
        else:
            held = FileRow(row.row, [row.content], size=row.size)
    if held is not None:
        yield held


def _add_line(held: FileRow, row: FileRow, kind: type[Kind]) -> None:
    held.content.append(row.content)
    held.size += row.size
    outer, _, inner = kind.many.partition(".")
    for node in row.row.get(outer, ()):
        for each in node.get(inner, ()):
            tree = cast("dict[str, list[Any]]", held.row)
            tree.setdefault(outer, [{}])[0].setdefault(inner, []).append(each)


def _put(tree: dict[str, list[Any]], path: Sequence[str], value: Any) -> None:
    _put_below(tree, path[:-1], path[-1], value)


def _put_below(tree: dict[str, list[Any]], parents: Sequence[str], last: str, value: Any) -> None:
    for name in parents:
        below = tree.get(name)
        if below is None:
            below = tree[name] = [{}]
        elif not isinstance(below[0], dict):
            below[0] = {}
        tree = below[0]
    tree[last] = [value]


def _labels(text: str) -> dict[str, list[Any]]:
    """Read `key1:val1;key2:val2`."""
    parts = [part.partition(":") for part in text.split(";") if part.strip()]
    return {"label": [{"key": [key.strip()], "value": [value.strip()]} for key, _, value in parts]}


def _mended(kind: type[Kind], column: str, text: str) -> str:
    """Write a number or a day as XML files have it, where there is no doubt what is meant."""
    if column in kind.decimals and (found := DECIMAL_COMMA.fullmatch(text)):
        return f"{re.sub(r'[^0-9-]', '', found[1])}.{found[2]}"
    if column in kind.days:
        if found := DAY_WITH_DOTS.fullmatch(text):
            day, month, year = (int(part) for part in found.groups())
            try:
                return datetime(year, month, day).date().isoformat()  # noqa: DTZ001  # a day only
            except ValueError:
                return text
        if found := DAY_AND_TIME.fullmatch(text):
            return found[1]
    return text
