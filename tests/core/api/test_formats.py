"""Source: GEN-6, GEN-9."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.api import formats

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        (datetime(2019, 3, 14, 9, 29, 5, tzinfo=UTC), "Europe/Warsaw", "2019-03-14T10:29:05+0100"),
        (datetime(2019, 7, 14, 9, 29, 5, tzinfo=UTC), "Europe/Warsaw", "2019-07-14T11:29:05+0200"),
        (datetime(2019, 3, 14, 9, 29, 5, tzinfo=UTC), "UTC", "2019-03-14T09:29:05+0000"),
        (datetime(2019, 1, 1, 0, 0, tzinfo=UTC), "America/St_Johns", "2018-12-31T20:30:00-0330"),
    ],
)
def test_date_time(instant: datetime, zone: str, text: str):
    """GEN-6."""
    assert formats.date_time(instant, ZoneInfo(zone)) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("100.0000", "100"),
        ("12.5000", "12.5"),
        ("0.0000", "0"),
        ("-0.0100", "-0.01"),
        ("99999999999.9999", "99999999999.9999"),
    ],
)
def test_number(value: str, number: str):
    """GEN-9."""
    assert repr(formats.number(Decimal(value))) == number


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2017-10-05 10:59", datetime(2017, 10, 5, 8, 59, tzinfo=UTC)),
        ("2017-10-05", datetime(2017, 10, 4, 22, 0, tzinfo=UTC)),
        ("2017-10-05T10:59:30", datetime(2017, 10, 5, 8, 59, 30, tzinfo=UTC)),
        ("2017-10-05T10:59:30.123Z", datetime(2017, 10, 5, 10, 59, 30, tzinfo=UTC)),
        ("2017-10-05T10:59:30-05:00", datetime(2017, 10, 5, 15, 59, 30, tzinfo=UTC)),
        ("2018-02-02T11:39:17+0100", datetime(2018, 2, 2, 10, 39, 17, tzinfo=UTC)),
        (" 2017-10-05 10:59 ", datetime(2017, 10, 5, 8, 59, tzinfo=UTC)),
    ],
)
def test_parse_date_time(text: str, instant: datetime):
    assert formats.parse_date_time(text, WARSAW) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2017-13-01",
        "2017-02-30 10:00",
        "2017-10-05 25:00",
        "0000-01-01",
        "0999-12-31",
        "9999-12-31 23:59",
        "2017-10-05T10:59:30+99:00",
        "2017-10-05T10:59:30+01:99",
        "\uff12\uff10\uff11\uff17-10-05",
    ],
)
def test_parse_date_time_refuses(text: str):
    with pytest.raises(ValueError):
        formats.parse_date_time(text, WARSAW)


def test_parse_day_drops_the_time():
    assert formats.parse_day("1990-01-31T23:59:00+0100") == date(1990, 1, 31)


@pytest.mark.parametrize(("value", "whole"), [("12.99", 12), (None, None)])
def test_percent(value: Any, whole: int | None):
    """GEN-9."""
    assert formats.percent(Decimal(value) if value else None) == whole
