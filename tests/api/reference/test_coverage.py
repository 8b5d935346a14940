"""The replayed calls reach everything that is documented …"""

from dataclasses import replace

import pytest

from tests.api.access import endpoints
from tests.api.reference import catalogue, table
from tests.api.reference.facts import Call, read_calls


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return list(read_calls().values())


def test_each_endpoint_with_its_status(calls: list[Call]) -> None:
    assert catalogue.unanswered(calls) == []


def test_each_printed_example(calls: list[Call]) -> None:
    assert catalogue.unreplayed(calls) == []


def test_nothing_else(calls: list[Call]) -> None:
    assert [call.id for call in calls if catalogue.route_of(call) is None] == []


def test_the_endpoints_of_the_access_table() -> None:
    assert sorted(catalogue.read_endpoints()) == sorted(endpoints())


def test_what_is_printed_otherwise_has_a_reason(calls: list[Call]) -> None:
    assert [call.id for call in calls if call.printed and not call.slip] == []


def test_the_table_is_up_to_date(calls: list[Call]) -> None:
    assert table.FILE.read_text() == table.write(calls), "Run: python -m tests.api.reference"


def test_misses_an_endpoint_without_a_call(calls: list[Call]) -> None:
    others = [call for call in calls if call.path != "/api/admin/acl/accesses"]

    assert catalogue.unanswered(others) == ["GET admin/acl/accesses"]
    assert catalogue.unreplayed(others) == ["GET /api/admin/acl/accesses 200"]


def test_misses_an_endpoint_whose_call_is_answered_otherwise(calls: list[Call]) -> None:
    [call] = [call for call in calls if call.path == "/api/admin/acl/accesses"]
    others = [each for each in calls if each is not call]

    gaps = catalogue.unanswered([*others, replace(call, statuses=(404,))])

    assert gaps == ["GET admin/acl/accesses"]
