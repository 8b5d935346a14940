"""
Run the ledger's own statements on Django's connection, prepared on the server.

Django's cursor writes the arguments into the text of each statement, which the server then parses
and plans anew. `psycopg.Cursor` sends them apart, so that a statement that comes again is planned
once per connection. Django's wrapper around it keeps the query log, the query counts of tests and
the translation of database errors.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from psycopg.types.numeric import Int8

Row = tuple[Any, ...]


def rows(statement: str, arguments: Mapping[str, Any]) -> list[Row]:
    """Run a statement inside the caller's transaction, and return the rows that it returns."""
    assert connection.in_atomic_block, "The ledger reads and writes under locks only."
    return _fetch(statement, arguments)


def once(statement: str, arguments: Mapping[str, Any]) -> list[Row]:
    """
    Run a statement that is a whole operation: it locks, decides and writes, all or nothing.

    Outside of a transaction it is one of its own, committed when this returns.
    """
    connection.ensure_connection()
    return _fetch(statement, arguments)


def whole(number: int | None) -> Int8 | None:
    """
    Return a number as the `bigint` that it is compared with.

    psycopg sends a small number as a `smallint`, and then prepares a statement for each mixture.
    """
    return None if number is None else Int8(number)


def read(statement: str, arguments: Mapping[str, Any]) -> list[Row]:
    """Run a statement that reads only, with or without a transaction."""
    connection.ensure_connection()
    return _fetch(statement, arguments)


def _fetch(statement: str, arguments: Mapping[str, Any]) -> list[Row]:
    db: Any = connections[DEFAULT_DB_ALIAS]
    raw = psycopg.Cursor(db.connection)
    if not db.execute_wrappers and not db.queries_logged:
        # Nobody looks on: only Django's kinds of database errors are wanted.
        db.validate_no_broken_transaction()
        with db.wrap_database_errors:
            raw.execute(statement, arguments)
            return raw.fetchall()
    # What connection.cursor() does, but for the cursor's class.
    with db._prepare_cursor(raw) as cursor:
        cursor.execute(statement, arguments)
        return list(cursor.fetchall())


def atomic() -> AbstractContextManager[Any]:
    """
    Open a transaction, or join the caller's without a savepoint.

    A ledger operation refuses before it writes (but for settling what was due, which holds
    whatever comes of the operation), so its caller may catch a refusal and go on.
    """
    return nullcontext() if connection.in_atomic_block else transaction.atomic()
