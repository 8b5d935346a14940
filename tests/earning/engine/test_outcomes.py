"""Kept explanations …"""

from decimal import Decimal

from earning import engine
from earning.engine.outcomes import LineChange, LineExclusion

WRITTEN_BY_LAYOUT_1 = {
    "v": 1,
    "points": "72.00",
    "exact": "72.000",
    "refusal": None,
    "customer": {"level": 3, "segments": [5, 8], "status": "active"},
    "purchased_at": "2026-03-14T10:30:00+00:00",
    "pos": None,
    "lines": [
        {"sku": "123", "value": "12.00", "points": "72.000", "delivery": False, "labels": []},
        {"sku": "DLV", "value": "5.00", "points": "0", "delivery": True, "labels": [["a", "b"]]},
    ],
    "rules": [
        {
            "id": 7,
            "uuid": "01a1fdbf-1d1a-7703-b191-0c5f7aa8a160",
            "name": "Spend",
            "type": "points",
            "points": "24.00",
            "reason": None,
            "detail": {},
            "changes": [[0, "0", "24.00", "2.00", []]],
            "excluded": [[1, "delivery", ""]],
        },
        {
            "id": 9,
            "uuid": "01a1fdbf-1d1a-7703-b191-0c5f7aa8a161",
            "name": "Triple",
            "type": "multiply_for_product",
            "points": "48.000",
            "reason": None,
            "detail": {},
            "changes": [[0, "24.00", "72.000", "3.0", [["a", "b"]]]],
            "excluded": [],
        },
    ],
}


def test_of_the_first_layout_are_still_read():
    found = engine.from_json(WRITTEN_BY_LAYOUT_1)

    [spend, triple] = found.outcomes
    assert spend.excluded == (LineExclusion(1, engine.Exclusion.DELIVERY),)
    assert triple.changes == (
        LineChange(0, Decimal("24.00"), Decimal("72.000"), Decimal("3.0"), (("a", "b"),)),
    )
    assert [line.is_delivery for line in found.lines] == [False, True]


def test_leave_out_what_a_reader_can_tell():
    again = engine.to_json(engine.from_json(WRITTEN_BY_LAYOUT_1))

    [_, triple] = again["rules"]
    assert sorted(triple) == ["changes", "id", "name", "points", "type", "uuid"]
    assert triple["changes"] == [(0, "72.000", "3.0", (("a", "b"),))]
    assert engine.from_json(again) == engine.from_json(WRITTEN_BY_LAYOUT_1)
