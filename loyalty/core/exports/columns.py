"""
The columns of exported files: resources of django-import-export whose fields say what they hold.

A value travels as plain JSON from the database to the file, whatever the format, so that a job can
set it down between chunks: numbers and times as text, exactly as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from import_export.fields import Field
from import_export.resources import Resource

Plain = str | int | bool | None


class Holds(StrEnum):
    """What stands in a column: programs that read typed files are told."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    MOMENT = "moment"
    DAY = "day"


class Cell(Field):  # type: ignore[misc]  # the library is not typed
    """
    One column. `attribute`: what is read of a row, with `__` between its parts, or a function.
    """

    def __init__(self, name: str, attribute: str | Callable[[Any], Any], holds: Holds) -> None:
        is_path = isinstance(attribute, str)
        super().__init__(attribute=attribute if is_path else None, column_name=name)
        self.holds = holds
        self.read = _reader(attribute) if isinstance(attribute, str) else attribute

    def get_value(self, instance: Any, **options: Any) -> Any:
        return self.read(instance)


def text(name: str, attribute: str | Callable[[Any], Any]) -> Cell:
    return Cell(name, attribute, Holds.TEXT)


def number(name: str, attribute: str | Callable[[Any], Any]) -> Cell:
    return Cell(name, attribute, Holds.NUMBER)


def whole(name: str, attribute: str | Callable[[Any], Any]) -> Cell:
    return Cell(name, attribute, Holds.WHOLE)


def flag(name: str, attribute: str | Callable[[Any], Any]) -> Cell:
    return Cell(name, attribute, Holds.FLAG)


def moment(name: str, attribute: str | Callable[[Any], Any]) -> Cell:
    return Cell(name, attribute, Holds.MOMENT)


def day(name: str, attribute: str | Callable[[Any], Any]) -> Cell:
    return Cell(name, attribute, Holds.DAY)


def part(name: str, attribute: str, key: str) -> Cell:
    """One key of a JSON object, such as an address."""
    read = _reader(attribute)
    return text(name, lambda row: (read(row) or {}).get(key))


def labels(name: str, attribute: str) -> Cell:
    """Labels, as Open Loyalty's forms write them: `key:value;key:value`."""
    read = _reader(attribute)
    return text(
        name,
        lambda row: ";".join(f"{each['key']}:{each['value']}" for each in read(row) or ()),
    )


@dataclass(frozen=True)
class Column:
    name: str
    holds: Holds
    read: Callable[[Any], Any]


_columns: dict[type[Resource], tuple[Column, ...]] = {}


def columns_of(resource: type[Resource]) -> tuple[Column, ...]:
    """Return a resource's columns in order, read once: the library looks them up for each row."""
    if resource not in _columns:
        cells = resource().get_export_fields()
        _columns[resource] = tuple(
            Column(each.column_name, each.holds, each.read) for each in cells
        )
    return _columns[resource]


def plain_row(columns: tuple[Column, ...], row: Any, zone: ZoneInfo) -> list[Plain]:
    return [_plain(column.read(row), zone) for column in columns]


def _plain(value: Any, zone: ZoneInfo) -> Plain:
    if value is None or value == "":
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        # Choices of the database are texts of their own kind.
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return figure(value)
    if isinstance(value, dict | list | tuple):
        return orjson.dumps(value, default=str).decode()
    return str(value)


def figure(amount: Decimal) -> str:
    """Return an amount without the zeros that only the database's column gives it."""
    written = f"{amount:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _reader(path: str) -> Callable[[Any], Any]:
    """Return what reads `level__uuid` of a row: None where a part on the way is None."""
    steps = path.split("__")

    def read(row: Any) -> Any:
        value = row
        for step in steps:
            if value is None:
                return None
            value = getattr(value, step)
        return value

    return read
