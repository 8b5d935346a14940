"""
Statements written by hand, for what every request reads: prepared on the server.

Django's cursor writes the arguments into the text of each statement, which the server then parses
and plans anew, and the ORM spends longer building such a small statement than the server running
it. `psycopg.Cursor` sends the arguments apart, so that a statement that comes again is planned once
per connection. Django's wrapper keeps the query log and the query counts of tests.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

Row = tuple[Any, ...]


def write(statement: str, arguments: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    """Run a statement that writes, inside the caller's transaction; return what it returns."""
    assert connection.in_atomic_block
    return read(statement, arguments)


def read(statement: str, arguments: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    """Run a statement that reads only, inside or outside of a transaction."""
    connection.ensure_connection()
    cursor = connection._prepare_cursor(psycopg.Cursor(connection.connection))  # type: ignore[attr-defined]  # Django's own, without a stub
    with cursor:
        cursor.execute(statement, arguments)
        return list(cursor.fetchall())
