"""A file of codes is looked through, and its bad lines are named …"""

import io
import tracemalloc

import pytest

from campaigns.services import pool_files
from campaigns.services.pool_files import BadLines, Fault

LONG = b"x" * 256


def faults_of(content: bytes) -> tuple[list[tuple[int, Fault]], int]:
    try:
        pool_files.check(io.BytesIO(content))
    except BadLines as refusal:
        return refusal.faults.first, refusal.faults.count
    return [], 0


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param(b"A\n" + LONG + b"\nB", [2], id="unix"),
        pytest.param(b"A\r\n\r\n" + LONG, [3], id="windows-and-a-blank-line"),
        pytest.param(b"A\rB\r" + LONG + b"\r", [3], id="old-mac"),
        pytest.param(b"A;" + LONG + b";" + LONG + b"\n" + LONG, [1, 2], id="two-in-a-line"),
        pytest.param("é".encode() * 256, [1], id="characters"),
        pytest.param("é".encode() * 255, [], id="bytes-do-not-count"),
        pytest.param(b" " * 300 + b"A" + b" " * 300, [], id="blanks-are-trimmed"),
        pytest.param(b"\xef\xbb\xbfA\nB;C\n", [], id="good"),
        pytest.param(b"", [], id="empty"),
    ],
)
def test_by_their_numbers(content, lines):
    found, count = faults_of(content)

    assert found == [(line, Fault.TOO_LONG) for line in lines]
    assert count == len(lines)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 300, 5000])
def test_whatever_the_size_of_the_blocks(monkeypatch, size):
    monkeypatch.setattr(pool_files, "BLOCK_BYTES", size)
    content = b"A\r\n" + "żółw".encode() + b"\r\n\xff\xfe;B\r\r\n" + b"y" * 9000 + b"\r\nC\n" + LONG

    assert faults_of(content) == (
        [(3, Fault.NOT_TEXT), (5, Fault.TOO_LONG), (7, Fault.TOO_LONG)],
        3,
    )


def test_the_first_five_and_how_many_more():
    found, count = faults_of(b"\n".join([LONG] * 12))

    assert [line for line, _ in found] == [1, 2, 3, 4, 5]
    assert count == 12


def test_in_constant_memory_even_without_a_line_end():
    class Endless(io.RawIOBase):
        left = 64

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return b"z" * size if self.left >= 0 else b""

    tracemalloc.start()
    with pytest.raises(BadLines):
        pool_files.check(Endless())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 * pool_files.BLOCK_BYTES
