"""
Read the filters of lists from a query.

What makes no sense (an id that is none, a date that there is not) finds nothing or counts as not
asked: lists refuse nobody.
"""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict

from loyalty.core.api import formats

# An id that nothing has: what is asked for by a malformed one.
NOTHING_HAS = UUID(int=0)

_DAY = re.compile(r"\s*\d{4}-\d{2}-\d{2}\s*", re.ASCII)
_LABEL = re.compile(r"labels\[(\w{0,9})\]\[(key|value)\]", re.ASCII)


def flag(query: Mapping[str, str], name: str) -> bool | None:
    word = (query.get(name) or "").strip().lower()
    return {"1": True, "true": True, "0": False, "false": False}.get(word)


def labels(query: QueryDict) -> list[tuple[str | None, str | None]]:
    """
    Read `labels[0][key]=a&labels[0][value]=b&labels[1][key]=c`; either half may be left out.

    `labels[]` is a label of its own each time, as it is in a body.
    """
    found: dict[str, dict[str, str]] = {}
    for name, values in query.lists():
        if match := _LABEL.fullmatch(name):
            for place, value in enumerate(values):
                if isinstance(value, str) and value:
                    found.setdefault(match[1] or f"{name}{place}", {})[match[2]] = value
    return [(label.get("key"), label.get("value")) for label in found.values()]


def uuid(query: Mapping[str, str], name: str) -> UUID | None:
    text = (query.get(name) or "").strip()
    return _uuid(text) if text else None


def uuids(query: QueryDict, name: str) -> list[UUID]:
    """Read `name[]=…`, as often as it stands there; `name` means the same."""
    shape = re.compile(rf"{re.escape(name)}(\[\w{{0,9}}\])?", re.ASCII)
    return [
        _uuid(text)
        for key, texts in query.lists()
        if shape.fullmatch(key)
        for text in texts
        if isinstance(text, str) and text.strip()
    ]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        return NOTHING_HAS


def moment(
    query: Mapping[str, str], name: str, zone: ZoneInfo, *, is_end: bool = False
) -> datetime | None:
    """Return an instant; a bare day that ends a range is meant to its end."""
    # In a query the `+` of an offset has become a blank.
    text = re.sub(r" (\d{2}:?\d{2})$", r"+\1", (query.get(name) or "").strip())
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}\+\d{2}:?\d{2}", text):
        text = text.replace("+", " ")
    try:
        instant = formats.parse_date_time(text, zone)
    except (ValueError, OverflowError):
        return None
    if is_end and _DAY.fullmatch(text):
        last = instant.astimezone(zone).date()
        end = datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
        return end - timedelta(microseconds=1)
    return instant


def amount(query: Mapping[str, str], name: str, *, below: Decimal) -> Decimal | None:
    """Return a number between `-below` and `below`, which what it is compared with can hold."""
    try:
        value = Decimal((query.get(name) or "").strip()[:40])
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < below else None
