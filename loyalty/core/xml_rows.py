"""
Read the rows of an XML file as plain trees, however long the file is.

The root's children are the rows. An element with elements in it becomes a dict of lists by name,
any other its text. Python's expat itself reads them: a document type, which could bring entities
that grow without end or read other files, is refused as soon as it begins.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, NoReturn
from xml.parsers import expat

Row = Mapping[str, list[Any]]

CHUNK_BYTES = 64 * 1024
DEPTH_MAX = 16
# Of one row; a purchase of a thousand lines with labels stays far below.
ROW_CHARACTERS_MAX = 4 * 1024 * 1024
# What an element counts for, besides its text: thousands of empty ones are not nothing.
ELEMENT_CHARACTERS = 32
# What the parser may hold back: it tells of a tag, comment or the like when that is complete.
TOKEN_BYTES_MAX = 4 * 1024 * 1024


class NotXML(Exception):
    """The file is no XML that we read, from some point on."""


def read_rows(file: IO[bytes]) -> Iterator[tuple[Row, int]]:
    """
    Yield the rows in order, each with its size in characters; one that is only text is empty.

    :raises NotXML: when the fault is met; the rows before it have been yielded.
    """
    reader = _Reader()
    while chunk := file.read(CHUNK_BYTES):
        yield from reader.feed(chunk)
    yield from reader.feed(b"", is_last=True)


def text_of(row: Row, *path: str) -> str:
    """Return the text of the first element at a path, stripped; "" where there is none."""
    node: Any = row
    for name in path:
        # A dict, as all compounds are: to ask for a Mapping takes longer than all the rest.
        found = node.get(name) if isinstance(node, dict) else None
        if not found:
            return ""
        node = found[0]
    return node.strip() if isinstance(node, str) else ""


def texts_of(row: Row, keys: Iterable[str]) -> dict[str, str]:
    """Return the texts of those of the keys that a row has; most columns of most rows are empty."""
    return {key: text for key in keys if key in row and (text := text_of(row, key))}


def row_of(row: Row, name: str) -> Row:
    """Return the first element of a name, an empty row where it is missing or no compound."""
    found = row.get(name)
    return found[0] if found and isinstance(found[0], dict) else {}


def rows_of(row: Row, *path: str) -> list[Row]:
    """Return the elements at a path, those of them that are compounds."""
    nodes: list[Any] = [row]
    for name in path:
        nodes = [child for node in nodes if isinstance(node, dict) for child in node.get(name, ())]
    return [node for node in nodes if isinstance(node, dict)]


class _Reader:
    def __init__(self) -> None:
        self.finished: list[tuple[Row, int]] = []
        # What is open, from the root on: children by name, and the pieces of text.
        self.open: list[tuple[dict[str, list[Any]], list[str]]] = []
        self.characters = 0
        self.fed = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.refuse_doctype

    def feed(self, chunk: bytes, *, is_last: bool = False) -> Iterator[tuple[Row, int]]:
        fault: Exception | None = None
        try:
            self.parser.Parse(chunk, is_last)
        except (expat.ExpatError, NotXML) as error:
            fault = error
        self.fed += len(chunk)
        if fault is None and self.fed - self.parser.CurrentByteIndex > TOKEN_BYTES_MAX:
            fault = NotXML("a row is too long")
        rows, self.finished = self.finished, []
        yield from rows
        if fault is not None:
            raise NotXML(str(fault)) from fault

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= DEPTH_MAX:
            raise NotXML("too deep")
        self.count(ELEMENT_CHARACTERS if self.open else 0)
        self.open.append(({}, []))

    def text(self, text: str) -> None:
        # Between the rows there is but space.
        if len(self.open) > 1:
            self.count(len(text))
            self.open[-1][1].append(text)

    def count(self, characters: int) -> None:
        self.characters += characters
        if self.characters > ROW_CHARACTERS_MAX:
            raise NotXML("a row is too long")

    def end(self, name: str) -> None:
        children, texts = self.open.pop()
        if len(self.open) == 1:
            self.finished.append((children, self.characters))
            self.characters = 0
        elif self.open:
            self.open[-1][0].setdefault(name, []).append(children or "".join(texts))

    def refuse_doctype(self, *declaration: Any) -> NoReturn:
        raise NotXML("a document type is not accepted")
