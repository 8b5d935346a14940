"""Find stores."""

import json
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from loyalty.core import sql
from loyalty.core.models import Store

_COLUMNS = ("id", "uuid", "code", "name", "currency", "is_active", "setting_values",
            "rules_version", "created_at")  # fmt: skip
_OPEN = f"select {', '.join(_COLUMNS)} from core_store where code = %s and is_active"  # noqa: S608  # the columns are ours


def find_open(code: str) -> Store | None:
    """Return the open store of a code. Every request asks, so the statement is written by hand."""
    rows = sql.read(_OPEN, (code,))
    if not rows:
        return None
    values: dict[str, Any] = dict(zip(_COLUMNS, rows[0], strict=True))
    # Django's connection leaves JSON as text.
    values["setting_values"] = json.loads(values["setting_values"])
    return Store.from_db(DEFAULT_DB_ALIAS, list(values), list(values.values()))
