"""Kinds of settings: flags, numbers, choices, sets and compounds."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from loyalty.core.store_settings.base import (
    DAYS_MAX,
    NOT_A_CHOICE,
    NOT_VALID,
    TEXT_MAX,
    Setting,
    ValueRefused,
    as_flag,
    as_list,
    as_whole,
)
from loyalty.core.store_settings.choices import IDENTIFIERS


class Flag(Setting[bool]):
    """A box to tick: a form that leaves it out says no."""

    def clean(self, raw: object) -> bool:
        return as_flag(raw)

    def empty(self) -> bool:
        return False


class Whole(Setting[int]):
    """A whole number, of days unless its name says otherwise, from `least` to `most`."""

    def __init__(
        self,
        wire: str,
        *,
        default: int,
        help: str,
        least: int = 0,
        most: int = DAYS_MAX,
        **options: Any,
    ) -> None:
        super().__init__(wire, default=default, help=help, **options)
        self.least = least
        self.most = most

    def clean(self, raw: object) -> int:
        return as_whole(raw, least=self.least, most=self.most)


class WholeOrNone(Setting[int | None]):
    """As `Whole`, but may have no value."""

    def __init__(self, wire: str, *, help: str, default: int | None = None, **options: Any) -> None:
        super().__init__(wire, default=default, help=help, **options)

    def clean(self, raw: object) -> int:
        # Below 1 is refused where the number counts: by the rules over several settings.
        return as_whole(raw, least=None)

    def empty(self) -> None:
        return None


E = TypeVar("E", bound=StrEnum)


class Choice(Setting[E]):
    def __init__(self, wire: str, *, default: E, help: str, **options: Any) -> None:
        super().__init__(wire, default=default.value, help=help, **options)
        self.choices = type(default)

    def to_python(self, stored: Any) -> E:
        return self.choices(stored)

    def clean(self, raw: object) -> str:
        try:
            return self.choices(str(raw)).value
        except ValueError as error:
            raise ValueRefused(NOT_A_CHOICE) from error


class TextSet(Setting[frozenset[str]]):
    """Some texts, in no order; of `choices` where given."""

    def __init__(
        self,
        wire: str,
        *,
        help: str,
        default: Iterable[str] = (),
        choices: tuple[str, ...] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(wire, default=list(default), help=help, **options)
        self.choices = choices

    def to_python(self, stored: Any) -> frozenset[str]:
        return frozenset(stored)

    def clean(self, raw: object) -> list[str]:
        texts: dict[str, None] = {}
        for item in as_list(raw):
            if not isinstance(item, str | int) or isinstance(item, bool):
                raise ValueRefused(NOT_VALID)
            text = str(item).strip()
            if self.choices is not None and text not in self.choices:
                raise ValueRefused(NOT_A_CHOICE)
            if len(text) > 255:
                raise ValueRefused("This value is longer than 255 characters.")
            if text:
                texts[text] = None
        return list(texts)

    def empty(self) -> list[str]:
        return []


class IdentifierOrder(Setting[tuple[str, ...]]):
    """
    In which order a purchase's customer data are tried (TX-6, SET-12).

    On the wire and stored: a list of {"priority": 1, "field": "email"}; read: the fields in order.
    """

    def to_python(self, stored: Any) -> tuple[str, ...]:
        return tuple(line["field"] for line in sorted(stored, key=lambda line: line["priority"]))

    def clean(self, raw: object) -> list[dict[str, Any]]:
        lines = []
        for item in as_list(raw):
            if not isinstance(item, Mapping):
                raise ValueRefused(NOT_VALID)
            if item.get("field") not in IDENTIFIERS:
                raise ValueRefused(NOT_A_CHOICE)
            lines.append(
                {"priority": as_whole(item.get("priority"), least=0), "field": item["field"]}
            )
        for name in ("priority", "field"):
            if len({line[name] for line in lines}) < len(lines):
                raise ValueRefused(f"Each {name} can be used only once.")
        return sorted(lines, key=lambda line: line["priority"])

    def empty(self) -> list[dict[str, Any]]:
        return []


class Credentials(Setting[Mapping[str, str]]):
    """A compound of texts, such as the access to another service."""

    def __init__(self, wire: str, *, fields: tuple[str, ...], help: str) -> None:
        super().__init__(wire, default={}, help=help, is_secret=True)
        self.fields = fields

    def clean(self, raw: object) -> dict[str, str]:
        if not isinstance(raw, Mapping):
            raise ValueRefused(NOT_VALID)
        if not all(isinstance(raw.get(field, ""), str) for field in self.fields):
            raise ValueRefused(NOT_VALID)
        return {field: raw.get(field, "").strip()[:TEXT_MAX] for field in self.fields}
