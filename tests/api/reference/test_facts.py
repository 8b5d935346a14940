"""The comparison with the reference …"""

import pytest

from tests.api.reference.facts import differences, missing


@pytest.mark.parametrize(
    ("value", "documented", "lines"),
    [
        pytest.param({"total": 1}, {"total": "number"}, [], id="as-printed"),
        pytest.param({"total": 1, "more": 2}, {"total": "number"}, [], id="keys-of-ours"),
        pytest.param({}, {"total": "number"}, [".total is missing"], id="missing"),
        pytest.param({}, {"total?": "number"}, [".total is missing"], id="missing-optional"),
        pytest.param({"total": None}, {"total?": "number"}, [], id="null-where-optional"),
        pytest.param(
            {"total": None}, {"total": "number"}, [".total: None is no number"], id="null"
        ),
        pytest.param({}, {"total!": "number"}, [], id="of-another-type"),
        pytest.param({"a": True}, {"a": "number"}, [".a: True is no number"], id="bool-as-number"),
        pytest.param({"a": "1"}, {"a": "number"}, [".a: '1' is no number"], id="text-as-number"),
        pytest.param([{"a": 1}, {}], [{"a": "number"}], ["[].a is missing"], id="each-entry"),
        pytest.param({}, ["any"], [": {} is no list"], id="object-as-list"),
        pytest.param(
            {"total": 0, "rows": []},
            {"rows": ["any"], "total": "number"},
            [".rows is not the first key"],
            id="list-not-first",
        ),
        pytest.param({"2026": 1}, {"*": "number"}, [], id="map"),
        pytest.param([], {"*": "number"}, [], id="empty-map"),
        pytest.param({"x": "1"}, {"*": "number"}, [".x: '1' is no number"], id="map-of-texts"),
    ],
)
def test_tells_of_every_difference(value, documented, lines):
    assert differences(value, documented) == lines


@pytest.mark.parametrize(
    ("value", "key", "lines"),
    [
        pytest.param({"a": {"b": 1}}, "a.b", [], id="there"),
        pytest.param({"a": {}}, "a.b", [".a.b is missing"], id="missing"),
        pytest.param({"a": {}}, "a.b!", [], id="of-another-type"),
        pytest.param({}, "a!.b", [], id="within-what-is-of-another-type"),
        pytest.param({"a": None}, "a.b", [], id="of-nothing"),
        pytest.param({"a": [{"b": 1}, {}]}, "a[].b", [".a[].b is missing"], id="each-entry"),
        pytest.param({"a": [{}]}, "a[]!.b", [".a[].b is missing"], id="each-entry-of-some-types"),
        pytest.param({"a": []}, "a[].b", [], id="no-entries"),
        pytest.param({"a": {"x": 1}}, "a[].b", [".a[]: {'x': 1} is no list"], id="no-list"),
    ],
)
def test_tells_of_every_key_that_clients_miss(value, key, lines):
    assert missing(value, key) == lines
