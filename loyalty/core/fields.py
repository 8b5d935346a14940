"""Columns of our own."""

import json
import zlib
from typing import Any

import orjson
from django.db import models

# The quickest level: half as long as the best, and hardly larger.
LEVEL = 1


def packed(value: Any) -> bytes:
    """Return a JSON value as a `PackedJSONField` keeps it."""
    return zlib.compress(orjson.dumps(value), LEVEL)


class PackedJSONField(models.BinaryField):  # type: ignore[type-arg]  # Django takes none at run time
    """
    A JSON value that is only ever read whole, compressed.

    The server neither parses nor packs nor searches it: of a text of some kilobytes it keeps a
    tenth, and every write of one is as much quicker.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else orjson.loads(zlib.decompress(bytes(value)))

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else packed(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj))
