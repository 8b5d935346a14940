"""Answers …"""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer

from loyalty.core.api.rendering import QuickJSONRenderer

ANSWER = {
    "text": "Zażółć \u2028 <b>",
    "amount": Decimal("12.30"),
    "number": 1.5,
    "whole": 2**53,
    "none": None,
    "at": datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
    "day": date(2026, 3, 1),
    "uuid": UUID(int=7),
    "lazy": gettext_lazy("Points"),
    "pair": ("a", "b"),
    "by_number": {1: "one"},
}


def test_say_the_same_as_the_frameworks_own():
    said = QuickJSONRenderer().render(ANSWER)

    assert said.decode() == JSONRenderer().render(ANSWER).decode().replace("\\u2028", "\u2028")


def test_are_indented_for_whoever_asks():
    asked = "application/json; indent=2"

    assert QuickJSONRenderer().render({"a": 1}, asked) == b'{\n  "a": 1\n}'


def test_without_a_value_are_empty():
    assert QuickJSONRenderer().render(None) == b""
