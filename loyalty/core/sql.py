"""
Statements written by hand, for what every request reads: prepared on the server.

Django's cursor writes the arguments into the text of each statement, which the server then parses
and plans anew, and the ORM spends longer building such a small statement than the server running
it. `psycopg.Cursor` sends the arguments apart, so that a statement that comes again is planned once
per connection. Where somebody looks on, Django's wrapper around it keeps the query log and the
query counts of tests.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections

Row = tuple[Any, ...]


class Long:
    """
    A statement whose placeholders, `%(name)s`, were read once and for all.

    psycopg remembers those of short statements only, and takes half a millisecond to find the
    placeholders of one of some thousand characters, each time.
    """

    def __init__(self, statement: str) -> None:
        names: dict[str, int] = {}

        def numbered(found: re.Match[str]) -> str:
            return f"${names.setdefault(found[1], len(names) + 1)}"

        text = re.sub(r"%\((\w+)\)s", numbered, statement).replace("%%", "%")
        self.text = text.encode()
        self.names = tuple(names)


def as_json(value: Any) -> str:
    """Return a value as the JSON text of an argument: the quickest way for many rows at once."""
    return orjson.dumps(value).decode()


def write(statement: str, arguments: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    """Run a statement that writes, inside the caller's transaction; return what it returns."""
    assert connection.in_atomic_block
    return read(statement, arguments)


def read(statement: str | Long, arguments: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    """Run a statement that is a whole by itself, inside or outside of a transaction."""
    connection.ensure_connection()
    db: Any = connections[DEFAULT_DB_ALIAS]
    raw: Any
    text: str | bytes
    if isinstance(statement, Long):
        assert isinstance(arguments, Mapping)
        raw, text = psycopg.RawCursor(db.connection), statement.text
        arguments = [arguments[name] for name in statement.names]
    else:
        raw, text = psycopg.Cursor(db.connection), statement
    if not db.execute_wrappers and not db.queries_logged:
        # Nobody looks on: only Django's kinds of database errors are wanted.
        db.validate_no_broken_transaction()
        with db.wrap_database_errors:
            raw.execute(text, arguments)
            return list(raw.fetchall())
    # What connection.cursor() does, but for the cursor's class.
    with db._prepare_cursor(raw) as cursor:
        cursor.execute(text, arguments)
        return list(cursor.fetchall())


def read_first(statement: str | Long, arguments: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    """
    Read, before anything else in a request, and on a new connection where the kept one has died.

    A good answer shows that the connection lives as well as Django's own check would, which asks
    the server once more in each request.
    """
    db: Any = connections[DEFAULT_DB_ALIAS]
    is_kept = db.connection is not None and not db.in_atomic_block
    try:
        found = read(statement, arguments)
    except OperationalError:
        if not is_kept or db.is_usable():
            raise
        db.close()
        found = read(statement, arguments)
    db.health_check_done = True
    return found
