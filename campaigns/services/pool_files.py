"""Look through a file of codes before any of them is brought in. Source: POOL-1, POOL-5."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import IO

from campaigns.services import campaign_validation as validation
from loyalty.core.errors import InvalidFields

BLOCK_BYTES = 512 * 1024
# So many lines are named.
NAMED_MAX = 5
# No character takes more bytes.
CODE_BYTES_MAX = 4 * validation.NAME_MAX
# What only a code can be that has to be looked at by itself.
_LONG = re.compile(rb"[^;\r\n]{%d,}" % (validation.NAME_MAX + 1))
_CODE = re.compile(rb"([^;\r\n]*)(\r\n|[;\r\n]|\Z)")
_LINE_ENDS = re.compile(rb"\r\n|[\r\n]")


class Fault(Enum):
    """What is wrong with a code; the value is what programs are told."""

    TOO_LONG = validation.TOO_LONG
    NOT_TEXT = "The file is not text in UTF-8."


@dataclass
class Faults:
    """The first lines that hold a fault, with it; `count`: of how many lines."""

    first: list[tuple[int, Fault]] = field(default_factory=list)
    count: int = 0
    last_line: int = 0

    def add(self, line: int, fault: Fault) -> None:
        """Note a fault; of one line the first one counts."""
        if line == self.last_line:
            return
        self.last_line, self.count = line, self.count + 1
        if len(self.first) < NAMED_MAX:
            self.first.append((line, fault))


class BadLines(InvalidFields):
    """Some lines of the file cannot be taken."""

    def __init__(self, faults: Faults) -> None:
        more = faults.count - len(faults.first)
        told = [f"Line {line}: {fault.value}" for line, fault in faults.first]
        super().__init__({"file": told + ([f"And {more} more lines."] if more else [])})
        self.faults = faults


def check(file: IO[bytes]) -> None:
    """
    Read a file of codes to its end, in constant memory, whatever it holds.

    :raises BadLines: codes that are too long, or no text.
    """
    faults, line = Faults(), 1
    for block in _blocks(file):
        if _LONG.search(block) or not _is_text(block):
            _look_closely(block, line, faults)
        line += len(_LINE_ENDS.findall(block)) if b"\r" in block else block.count(b"\n")
    if faults.count:
        raise BadLines(faults)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces that cut no code and no line end; of a long code its beginning."""
    left = b""
    while block := file.read(BLOCK_BYTES):
        block = left + block
        # What ends in \r may go on with \n.
        end = len(block) - block.endswith(b"\r")
        cut = max(block.rfind(sign, 0, end) for sign in (b";", b"\n", b"\r")) + 1
        left = block[cut:]
        if len(left) > 2 * CODE_BYTES_MAX:
            left = left[: 2 * CODE_BYTES_MAX] + b"\r" * left.endswith(b"\r")
        yield block[:cut]
    yield left


def _look_closely(block: bytes, line: int, faults: Faults) -> None:
    for found in _CODE.finditer(block):
        code, end = found.groups()
        if fault := _fault_of(code):
            faults.add(line, fault)
        line += end not in {b";", b""}


def _fault_of(code: bytes) -> Fault | None:
    if len(code.strip()) > CODE_BYTES_MAX:
        return Fault.TOO_LONG
    if not _is_text(code):
        return Fault.NOT_TEXT
    return Fault.TOO_LONG if len(code.decode().strip()) > validation.NAME_MAX else None


def _is_text(part: bytes) -> bool:
    try:
        part.decode()
    except UnicodeDecodeError:
        return False
    return True
