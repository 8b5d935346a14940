"""The reader of XML rows …"""

import tracemalloc
from io import BytesIO

import pytest

from loyalty.core.xml_rows import NotXML, read_rows, rows_of, text_of

BOMB = b"""<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a><b>&y;</b></a>"""


def rows(text: str) -> list:
    return [row for row, _size in read_rows(BytesIO(text.encode()))]


def test_yields_the_children_of_the_root():
    assert rows("<all><a><n>1</n></a><b><n> 2 </n></b></all>") == [{"n": ["1"]}, {"n": [" 2 "]}]


def test_keeps_repeated_elements_and_depth():
    [row] = rows("<all><a><i><k>1</k></i><i><k>2</k></i><t>é &amp; ü</t></a></all>")

    assert rows_of(row, "i") == [{"k": ["1"]}, {"k": ["2"]}]
    assert text_of(row, "t") == "é & ü"
    assert text_of(row, "i", "k") == "1"
    assert text_of(row, "i", "missing") == text_of(row, "missing", "k") == ""


@pytest.mark.parametrize("text", ["<all/>", "<all>text</all>"])
def test_finds_no_rows_where_there_are_none(text):
    assert rows(text) == []


def test_takes_a_row_of_text_as_an_empty_one():
    assert rows("<all><a>text</a></all>") == [{}]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no xml", id="text"),
        pytest.param(b"\x89PNG\r\n", id="picture"),
        pytest.param(BOMB, id="entities"),
        pytest.param(b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', id="foreign-file"),
        pytest.param(b"<a>" * 100, id="depth"),
        pytest.param("<a>\ud800</a>".encode("utf-8", "surrogatepass"), id="encoding"),
    ],
)
def test_refuses(raw):
    with pytest.raises(NotXML):
        list(read_rows(BytesIO(raw)))


def test_yields_what_came_before_the_fault():
    reader = read_rows(BytesIO(b"<all><a><n>1</n></a><a><n>2</a></all>"))

    row, _size = next(reader)
    assert row == {"n": ["1"]}
    with pytest.raises(NotXML):
        next(reader)


def test_tells_how_long_rows_are():
    file = BytesIO(b"<all><a><n>" + b"x" * 500 + b"</n></a><a/></all>")

    (_long, most), (_empty, least) = read_rows(file)

    assert 500 < most < 600
    assert least < 100


def test_holds_few_rows_at_a_time():
    row = b"<a><n>" + b"x" * 500 + b"</n></a>"
    file = BytesIO(b"<all>" + row * 20_000 + b"</all>")

    tracemalloc.start()
    count = sum(1 for _ in read_rows(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 2_000_000
