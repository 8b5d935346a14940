"""Input fields that the forms of people share."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts import access
from loyalty.core.errors import NotFound
from loyalty.core.models import Store

NO_CHOICE = "The value you selected is not a valid choice."


class Phone(serializers.CharField):
    """
    A phone number.

    A form that was not encoded, as in many a script with curl, brings a leading plus as a blank.
    """

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and data[:1] == " " and data[1:2].isdigit():
            data = f"+{data[1:]}"
        return super().to_internal_value(data)


class LevelId(serializers.Field[Any, Any, Any, Any]):
    """The id of a level of the store."""

    openapi = {"type": "string", "format": "uuid"}

    default_error_messages = {"unknown": NO_CHOICE}

    def to_internal_value(self, data: Any) -> Any:
        try:
            return self.find(self.context["store"], str(data))
        except NotFound:
            self.fail("unknown")

    def to_representation(self, value: Any) -> str:
        return str(value.uuid)

    def find(self, store: Store, text: str) -> Any:
        return access.get_level(store, text)


class PosId(LevelId):
    """The id of a point of sale of the store."""

    def find(self, store: Store, text: str) -> Any:
        return access.get_pos(store, text)


class SellerId(LevelId):
    """The id of a seller of the store."""

    def find(self, store: Store, text: str) -> Any:
        return access.get_seller(self.context["view"].actor, store, text)


class Labels(serializers.Field[Any, Any, Any, Any]):
    """Labels written `key1:val1;key2:val2`, or as a list of objects with `key` and `value`."""

    openapi = {"type": "string"}

    default_error_messages = {"invalid": "Write labels as key1:value1;key2:value2."}

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        if isinstance(data, str):
            return [_label(part) for part in data.split(";") if part.strip()]
        if not isinstance(data, list):
            self.fail("invalid")
        return [self._of_object(item) for item in data]

    def to_representation(self, value: Any) -> Any:
        return value

    def _of_object(self, item: Any) -> dict[str, str]:
        if not isinstance(item, Mapping):
            self.fail("invalid")
        key, value = item.get("key", ""), item.get("value") or ""
        if not isinstance(key, str) or not isinstance(value, str | int):
            self.fail("invalid")
        return {"key": key, "value": str(value)}


def _label(text: str) -> dict[str, str]:
    key, _, value = text.partition(":")
    return {"key": key.strip(), "value": value.strip()}
