"""The files of exported lists …"""

import io
import json
import xml.etree.ElementTree as ElementTree
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from import_export.resources import Resource
from pyarrow import parquet

from loyalty.core.exports import writing
from loyalty.core.exports.columns import (
    columns_of,
    day,
    flag,
    moment,
    number,
    part,
    plain_row,
    text,
    whole,
)
from loyalty.core.exports.writing import Format

ROWS = (
    SimpleNamespace(
        name="=1+1",
        address={"city": "Łódź", "street": "a<b>&\x01"},
        points=Decimal("1234567890123.4500"),
        count=3,
        agreed=True,
        born=date(1990, 2, 3),
        created=datetime(2026, 7, 1, 10, tzinfo=UTC),
    ),
    SimpleNamespace(
        name=None, address=None, points=None, count=None, agreed=False, born=None, created=None
    ),
)


class Columns(Resource):
    name = text("name", "name")
    city = part("address.city", "address", "city")
    street = part("address.street", "address", "street")
    points = number("points", "points")
    count = whole("count", "count")
    agreed = flag("agreed", "agreed")
    born = day("born", "born")
    created = moment("created", "created")


def written(format: Format, rows=ROWS) -> bytes:
    columns = columns_of(Columns)
    page = [plain_row(columns, row, ZoneInfo("Europe/Warsaw")) for row in rows]
    return b"".join(writing.write(format, "things", columns, [page[:1], page[1:]]))


def test_csv_carries_no_formula():
    lines = written(Format.CSV).decode("utf-8-sig").split("\r\n")

    assert lines[0] == "name,address.city,address.street,points,count,agreed,born,created"
    assert lines[1].startswith("'=1+1,Łódź,")
    assert lines[1].endswith("1234567890123.45,3,true,1990-02-03,2026-07-01T12:00:00+02:00")
    assert lines[2] == ",,,,,false,,"


def test_json_lines_keep_every_digit():
    first, second = written(Format.JSON_LINES).splitlines()

    assert b'"points":1234567890123.45,' in first
    assert json.loads(second)["points"] is None


def test_xml_nests_names_with_dots_and_leaves_out_what_xml_cannot_hold():
    first, second = ElementTree.fromstring(written(Format.XML))

    assert first.findtext("address/city") == "Łódź"
    assert first.findtext("address/street") == "a<b>&"
    assert [child.tag for child in second] == ["address", "agreed"]


def test_a_workbook_has_texts_and_numbers():
    book = openpyxl.load_workbook(io.BytesIO(written(Format.XLSX)))
    _header, first, second = book.worksheets[0].iter_rows(values_only=True)

    assert first[0] == "=1+1"
    assert book.worksheets[0]["A2"].data_type == "s"
    assert first[3:6] == (1234567890123.45, 3, True)
    assert second[0] is None


def test_a_workbook_goes_on_in_a_further_sheet(monkeypatch):
    monkeypatch.setattr(writing, "SHEET_ROWS_MAX", 3)

    book = openpyxl.load_workbook(io.BytesIO(written(Format.XLSX, ROWS * 2)))

    assert [sheet.max_row for sheet in book.worksheets] == [3, 3, 1]


def test_parquet_has_typed_columns():
    table = parquet.read_table(io.BytesIO(written(Format.PARQUET)))

    assert table.to_pylist()[0] == {
        "name": "=1+1",
        "address.city": "Łódź",
        "address.street": "a<b>&\x01",
        "points": Decimal("1234567890123.4500"),
        "count": 3,
        "agreed": True,
        "born": date(1990, 2, 3),
        "created": datetime(2026, 7, 1, 10, tzinfo=UTC),
    }


def test_parquet_is_offered_only_where_it_can_be_written(monkeypatch):
    monkeypatch.setattr(writing, "_has_parquet", lambda: False)

    assert Format.PARQUET not in writing.offered()
    with pytest.raises(writing.FormatMissing):
        writing.check(Format.PARQUET)
