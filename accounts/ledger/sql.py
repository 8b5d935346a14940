"""The ledger's own statements: prepared on the server, and each aware of its transaction."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection, transaction
from psycopg.types.numeric import Int8

from loyalty.core import sql as core_sql

Row = core_sql.Row
# Run a statement that reads only, with or without a transaction.
read = core_sql.read


def rows(statement: str, arguments: Mapping[str, Any]) -> list[Row]:
    """Run a statement inside the caller's transaction, and return the rows that it returns."""
    assert connection.in_atomic_block, "The ledger reads and writes under locks only."
    return core_sql.read(statement, arguments)


def once(statement: str | core_sql.Long, arguments: Mapping[str, Any]) -> list[Row]:
    """
    Run a statement that is a whole operation: it locks, decides and writes, all or nothing.

    Outside of a transaction it is one of its own, committed when this returns.
    """
    return core_sql.read(statement, arguments)


def whole(number: int | None) -> Int8 | None:
    """
    Return a number as the `bigint` that it is compared with.

    psycopg sends a small number as a `smallint`, and then prepares a statement for each mixture.
    """
    return None if number is None else Int8(number)


def atomic() -> AbstractContextManager[Any]:
    """
    Open a transaction, or join the caller's without a savepoint.

    A ledger operation refuses before it writes (but for settling what was due, which holds
    whatever comes of the operation), so its caller may catch a refusal and go on.
    """
    return nullcontext() if connection.in_atomic_block else transaction.atomic()
