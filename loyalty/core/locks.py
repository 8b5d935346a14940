"""What only one process may do at a time, and what to do where several wait in a circle."""

import functools
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from psycopg.errors import DeadlockDetected

from loyalty.core import sql

logger = logging.getLogger(__name__)

DEADLOCKS_MAX = 3
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """
    Hold the lock of a name; says False where another process has it.

    It belongs to the connection and not to a transaction: it lasts over many, and is free again as
    soon as its process dies. Nobody waits for it.
    """
    [(is_alone,)] = sql.read("select pg_try_advisory_lock(%s::bigint)", (number(name),))
    try:
        yield bool(is_alone)
    finally:
        if is_alone:
            _release(name)


def held(names: Iterable[str]) -> set[str]:
    """Return those of these names whose lock some process has at the moment."""
    rows = sql.read(HELD, ())
    numbers = {row[0] for row in rows}
    return {name for name in names if number(name) in numbers}


def number(name: str) -> int:
    """Return the number that stands for a name among the locks."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _release(name: str) -> None:
    try:
        sql.read("select pg_advisory_unlock(%s::bigint)", (number(name),))
    except (DatabaseError, InterfaceError):
        # The lock went with the connection. What broke that is on its way up already.
        logger.warning("The lock %s was lost with its connection", name)
        connection.close()


def again_after_deadlock(
    command: Callable[Arguments, Answer],
) -> Callable[Arguments, Answer]:
    """
    Let a command begin again that the server ended to break a circle of waiting ones.

    Commands lock in one order; this is for circles that nobody foresaw, and for rows such as new
    labels that many write. For commands of one transaction, which must read what they decide on
    anew. Within a caller's transaction the caller is the one to begin again.
    """

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        if connection.in_atomic_block:
            return command(*args, **kwargs)
        for _ in range(DEADLOCKS_MAX):
            try:
                return command(*args, **kwargs)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
                logger.warning("%s begins again: %s", command.__qualname__, error)
        return command(*args, **kwargs)

    return run


# A number of 64 bits stands there in two halves.
HELD = """
select (classid::bigint << 32) | objid::bigint from pg_locks
where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
"""
