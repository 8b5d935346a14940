"""The audit trail's old and new values …"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from loyalty.core.services import audit


def test_name_only_what_differs():
    old = {"name": "Bagno", "active": True, "pos": 1}
    new = {"name": "Rynek", "active": True, "street": "x"}

    assert audit.changes(old, new) == {
        "name": {"old": "Bagno", "new": "Rynek"},
        "pos": {"old": 1, "new": None},
        "street": {"old": None, "new": "x"},
    }


def test_are_nothing_where_nothing_changed():
    assert audit.changes({"value": Decimal("10.00")}, {"value": Decimal(10)}) == {}


def test_never_hold_a_secret():
    changed = audit.changes({"key": audit.Secret("old-key")}, {"key": audit.Secret("new-key")})

    assert changed == {"key": {"old": "***", "new": "***"}}
    assert audit.changes({"key": audit.Secret("")}, {"key": audit.Secret("k")}) == {
        "key": {"old": "", "new": "***"}
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("10.0000"), "10"),
        (Decimal("0.15"), "0.15"),
        (Decimal(1000), "1000"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00+00:00"),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({"a": (Decimal("1.50"),)}, {"a": ["1.5"]}),
        (None, None),
        (True, True),
    ],
)
def test_are_written_as_json_can_carry_them(value: object, written: object):
    assert audit.plain(value) == written
