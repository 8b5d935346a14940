"""CSV files …"""

from datetime import UTC, datetime

import pytest

from loyalty.core import csv_rows


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")', id="formula"),
        pytest.param("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0", id="plus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("-2+3", "'-2+3", id="minus"),
        pytest.param("  =1", "'  =1", id="blanks-before"),
        pytest.param("\t=1", "'\t=1", id="tab"),
        pytest.param("+48601234567", "+48601234567", id="phone"),
        pytest.param("-12.5", "-12.5", id="number"),
        pytest.param("Alice", "Alice", id="word"),
        pytest.param(None, "", id="nothing"),
    ],
)
def test_hold_no_formulas(value: object, expected: str) -> None:
    assert csv_rows.cell(value) == expected


def test_are_called_by_name_and_moment() -> None:
    answer = csv_rows.answer(
        'Ala "ma" kota\r\n', datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), ["A"], [["x,y"], ["z"]]
    )

    assert answer["Content-Disposition"] == (
        'attachment; filename="Ala-ma-kota-2026-03-04-05-06-07.csv"'
    )
    assert b"".join(answer).decode() == '\ufeffA\r\n"x,y"\r\nz\r\n'  # type: ignore[arg-type]


def test_have_a_name_even_without_letters() -> None:
    assert csv_rows.slug("żółć"[:1]) == "export"
