"""
Forms: what a request's body must look like, and the answer that says where it does not (GEN-2).

A form is a DRF serializer under Open Loyalty's conventions: an empty string is an omission except
in texts that may be blank, blanks around values do not count, flags are 1/0 or true/false.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from loyalty.core.api import formats
from loyalty.core.errors import DomainError, InvalidFields

NOT_BLANK = "This value should not be blank."
_MISSING_CODES = {"required", "blank", "null", "empty"}

INTEGER_MAX = 2**31 - 1

# A node of the answer: {} for a faultless field.
Layout = dict[str, Any]


class Form(serializers.Serializer[Any]):
    # The base of every form; `source` of a field is the command's name for it. No docstring: the
    # OpenAPI document would show it for every form without one of its own.

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            _bound(getattr(field, "child", field))
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = {
                name: cleaned
                for name, value in data.items()
                if (field := self.fields.get(name)) is not None
                and (cleaned := _cleaned(field, value)) is not _OMITTED
            }
        elif data == "" or data == []:
            # An empty compound: a form cannot send `{}`, and PHP writes an empty map as [].
            data = {}
        return super().to_internal_value(data)


@dataclass(frozen=True)
class FormOf:
    """Which form a view's method takes, and the name that its body is wrapped in (None: bare)."""

    form: type[serializers.Serializer[Any]]
    root: str | None = None


class DateTime(serializers.Field[datetime, Any, str, Any]):
    """An instant, in Open Loyalty's ways of writing; without an offset in the store's zone."""

    default_error_messages = {"invalid": "This value is not a valid datetime."}
    openapi = {"type": "string", "examples": ["2017-10-05 10:59", "2017-10-05T10:59:00+02:00"]}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            return formats.parse_date_time(str(data), self.context.get("zone") or ZoneInfo("UTC"))
        except (ValueError, OverflowError):
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        return formats.date_time(value, self.context.get("zone") or ZoneInfo("UTC"))


class Day(serializers.Field[date, Any, str, Any]):
    """A calendar day; a time that comes with it is dropped."""

    default_error_messages = {"invalid": "This value is not a valid date."}
    openapi = {"type": "string", "examples": ["1990-01-31"]}

    def to_internal_value(self, data: Any) -> date:
        try:
            return formats.parse_day(str(data))
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class Amount(serializers.DecimalField):
    """Points or money: at most 16 digits before the point and `decimal_places` behind it."""

    def __init__(self, *, decimal_places: int = 2, **options: Any) -> None:
        super().__init__(
            max_digits=16 + decimal_places,
            decimal_places=decimal_places,
            coerce_to_string=False,
            **options,
        )


class FormRefused(Exception):
    """A body that its form refuses. `layout`: of all known fields; `errors`: about the whole."""

    def __init__(self, layout: Layout, errors: Sequence[str] = ()) -> None:
        super().__init__("form refused")
        self.layout = layout
        self.errors = list(errors)

    @property
    def answer(self) -> dict[str, Any]:
        return {"form": {"children": self.layout}, "errors": self.errors}


def check(form: serializers.BaseSerializer[Any]) -> Any:
    """Return a bound form's values. :raises FormRefused: with every known field in the layout."""
    if form.is_valid():
        return form.validated_data
    raise FormRefused(layout_of(form, form.errors), _texts(_own_errors(form.errors)))


def refusal_of(form: serializers.BaseSerializer[Any], error: DomainError) -> FormRefused | None:
    """
    Say a command's refusal in the words of the form that carried its input.

    None: the refusal is about no field of the form.
    """
    faults = (
        error.errors if isinstance(error, InvalidFields) else {error.field or "": [error.message]}
    )
    errors: dict[str, Any] = {}
    top: list[str] = []
    for path, texts in faults.items():
        if not path or not _nest(form, path.split("."), list(texts), errors):
            top.extend(texts)
    if not errors:
        return None
    return FormRefused(layout_of(form, errors), top)


def layout_of(form: Any, errors: Any) -> Layout:
    """List every child of a form, clean ones as {}, compound ones with their own children."""
    layout: Layout = {}
    for name, field in form.fields.items():
        if not field.read_only:
            layout[name] = _node(field, errors.get(name) if isinstance(errors, Mapping) else None)
    return layout


def _node(field: Any, errors: Any) -> Layout:
    node: Layout = {}
    if isinstance(field, serializers.Serializer):
        if own := _texts(_own_errors(errors)):
            node["errors"] = own
        node["children"] = layout_of(field, errors if isinstance(errors, Mapping) else {})
    elif isinstance(field, serializers.ListSerializer | serializers.ListField):
        node = _list_node(field, errors)
    elif errors:
        node["errors"] = _texts(errors)
    return node


def _list_node(field: Any, errors: Any) -> Layout:
    """A collection: children by their number, only where one has a fault."""
    if not errors:
        return {}
    if isinstance(errors, Mapping) and not _own_errors(errors):
        items = {int(number): fault for number, fault in errors.items() if str(number).isdigit()}
    elif isinstance(errors, list) and any(isinstance(item, Mapping) for item in errors):
        items = dict(enumerate(errors))
    else:
        return {"errors": _texts(_own_errors(errors))}
    count = max(items, default=-1) + 1
    return {"children": [_node(field.child, items.get(number)) for number in range(count)]}


def _own_errors(errors: Any) -> Any:
    """Return the errors that are about a compound itself, not about one of its children."""
    if isinstance(errors, Mapping):
        return errors.get("non_field_errors", [])
    return errors or []


def _texts(errors: Any) -> list[str]:
    if isinstance(errors, str):
        errors = [errors]
    if isinstance(errors, Mapping):
        errors = [text for texts in errors.values() for text in _texts(texts)]
    return [_text(error) for error in errors if isinstance(error, str)]


def _text(error: str) -> str:
    if isinstance(error, ErrorDetail) and error.code in _MISSING_CODES:
        return NOT_BLANK
    return str(error)


def _nest(form: Any, path: list[str], texts: list[str], errors: dict[str, Any]) -> bool:
    """Put `texts` where the field of that source stands; say whether the form has it."""
    for name, field in form.fields.items():
        if field.source == "*" and isinstance(field, serializers.Serializer):
            # A compound of the form that is none of the command: its children are named directly.
            inner: dict[str, Any] = {}
            if _nest(field, path, texts, inner):
                _merge(errors.setdefault(name, {}), inner)
                return True
            continue
        if path[0] not in {name, field.source}:
            continue
        if len(path) == 1 or not isinstance(
            field, serializers.Serializer | serializers.ListSerializer
        ):
            errors[name] = texts
            return True
        if isinstance(field, serializers.Serializer):
            return _nest(field, path[1:], texts, errors.setdefault(name, {}))
        assert isinstance(field, serializers.ListSerializer)
        if len(path) < 3 or not path[1].isdigit():
            errors[name] = texts
            return True
        items = errors.setdefault(name, {})
        return _nest(field.child, path[2:], texts, items.setdefault(path[1], {}))
    return False


def _merge(errors: dict[str, Any], more: dict[str, Any]) -> None:
    for name, fault in more.items():
        if isinstance(fault, dict) and isinstance(errors.get(name), dict):
            _merge(errors[name], fault)
        else:
            errors[name] = fault


def _bound(field: Any) -> None:
    """Refuse whole numbers that no integer column takes, where the field itself has no bound."""
    if not isinstance(field, serializers.IntegerField):
        return
    if field.max_value is None:
        field.validators.append(MaxValueValidator(INTEGER_MAX))
    if field.min_value is None:
        field.validators.append(MinValueValidator(-INTEGER_MAX))


_OMITTED: Any = object()


def _cleaned(field: Any, value: Any) -> Any:
    """Return a raw value as DRF's field expects it; `_OMITTED` for one that was left empty."""
    if isinstance(field, serializers.CharField):
        if isinstance(value, Decimal):
            value = str(value)
        if value == "" and not field.allow_blank:
            return None if field.allow_null else _OMITTED
    elif isinstance(value, str):
        value = value.strip()
        if value == "" and isinstance(field, serializers.ListField | serializers.ListSerializer):
            return []
        if value == "":
            return None if field.allow_null else _OMITTED
    if value is None and not field.allow_null:
        return _OMITTED
    return value
