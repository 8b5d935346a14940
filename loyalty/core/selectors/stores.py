"""Find stores."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from loyalty.core import sql
from loyalty.core.models import Store

_COLUMNS = ("id", "uuid", "code", "name", "currency", "is_active", "setting_values",
            "rules_version", "created_at")  # fmt: skip
# For statements of other rooms that read the store beside what they are about, in one round trip:
# the columns, and the join, which takes the code as its parameter.
COLUMNS = ", ".join(f"store.{column}" for column in _COLUMNS)
WIDTH = len(_COLUMNS)
JOIN = "left join core_store store on store.code = %s and store.is_active"
_OPEN = f"select {', '.join(_COLUMNS)} from core_store where code = %s and is_active"  # noqa: S608  # the columns are ours


def find_open(code: str) -> Store | None:
    """Return the open store of a code. Every request asks, so the statement is written by hand."""
    rows = sql.read_first(_OPEN, (code,))
    return store_of(rows[0]) if rows else None


def store_of(row: Sequence[Any]) -> Store | None:
    """Return the store of a row of `COLUMNS`; None where an outer join found none."""
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    if values["id"] is None:
        return None
    # Django's connection leaves JSON as text.
    values["setting_values"] = json.loads(values["setting_values"])
    return Store.from_db(DEFAULT_DB_ALIAS, list(values), list(values.values()))
