"""A form that was sent without encoding, as many a script with curl does …"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.api.open_loyalty.fields import Phone
from loyalty.core.api.formats import parse_date_time

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param(" 48601234567", "+48601234567", id="plus-that-became-a-blank"),
        pytest.param("+48601234567", "+48601234567", id="plus"),
        pytest.param("601 234 567", "601 234 567", id="blanks-between"),
        pytest.param("  601234567", "601234567", id="blanks-before"),
    ],
)
def test_keeps_the_plus_of_a_phone_number(sent, read):
    assert Phone().run_validation(sent) == read


@pytest.mark.parametrize(
    "sent",
    [
        "2022-02-20T09:45:04+0100",
        "2022-02-20T09:45:04 0100",
        "2022-02-20 09:45:04 01:00",
        "2022-02-20T09:45:04 +01:00",
    ],
)
def test_keeps_the_plus_of_an_offset(sent):
    assert parse_date_time(sent, WARSAW) == datetime(2022, 2, 20, 8, 45, 4, tzinfo=UTC)
