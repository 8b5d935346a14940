"""What every setting has, and how the values of forms are read."""

import re
from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")

NOT_BLANK = "This value should not be blank."
NOT_VALID = "This value is not valid."
NOT_A_CHOICE = "The value you selected is not a valid choice."
NOT_A_NUMBER = "This value should be a whole number."

DAYS_MAX = 36_500
TEXT_MAX = 2_000
LIST_MAX = 1_000


class ValueRefused(ValueError):
    """One value is not what its setting takes; the message is fit for people."""


class Group:
    """Settings that belong together; `values`: what is stored, by wire key."""

    values: Mapping[str, Any]


class Setting(Generic[T]):
    """
    One setting: how it is called, checked, stored and read.

    `wire`: the key in forms and answers. `default`: as it is stored in JSON. `required`: a form
    without it, or with an empty value, is refused. `is_kept_when_omitted`: a form that does not
    name it leaves it as it was; else it becomes what an empty field means for its type.
    `is_secret`: it lets somebody else act in the store's name; never written where people read.
    `is_own`: no vendor's API knows it; staff change it in the cockpit, and API forms leave it be.
    """

    attribute: str

    def __init__(
        self,
        wire: str,
        *,
        default: Any,
        help: str,
        required: bool = False,
        is_kept_when_omitted: bool = False,
        is_secret: bool = False,
        is_own: bool = False,
    ) -> None:
        self.wire = wire
        self.default = default
        self.help = help
        self.required = required
        self.is_kept_when_omitted = is_kept_when_omitted or is_own
        self.is_secret = is_secret
        self.is_own = is_own

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Group", owner: type) -> T: ...
    def __get__(self, instance: "Group | None", owner: type) -> "Self | T":
        if instance is None:
            return self
        return self.to_python(instance.values.get(self.wire, self.default))

    def to_python(self, stored: Any) -> T:
        """Turn the stored JSON value into what the attribute is typed as."""
        value: T = stored
        return value

    def clean(self, raw: object) -> Any:
        """Turn a form's value that is not empty into what is stored, or raise `ValueRefused`."""
        raise NotImplementedError

    def empty(self) -> Any:
        """Return what is stored for a field that was left empty."""
        return self.default


def as_flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower() if isinstance(raw, str | int) else ""
    if word in {"1", "true", "on", "yes"}:
        return True
    if word in {"0", "false", "off", "no"}:
        return False
    raise ValueRefused(NOT_VALID)


def as_whole(raw: object, *, least: int | None, most: int = DAYS_MAX) -> int:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, str) and re.fullmatch(r"[+-]?[0-9]{1,9}", raw.strip()):
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise ValueRefused(NOT_A_NUMBER)
    if least is not None and raw < least:
        raise ValueRefused(f"This value should be {least} or more.")
    if abs(raw) > most:
        raise ValueRefused(f"This value should be {most} or less.")
    return raw


def as_list(raw: object) -> list[Any]:
    """Accept a list, and what a form with numbered brackets makes of one: {"0": …, "1": …}."""
    if isinstance(raw, Mapping):
        raw = list(raw.values())
    if not isinstance(raw, list):
        raise ValueRefused(NOT_VALID)
    if len(raw) > LIST_MAX:
        raise ValueRefused(f"More than {LIST_MAX} values.")
    return raw
