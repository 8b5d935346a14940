"""A database for a benchmark module, made before it and gone after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql


@contextmanager
def fresh() -> Iterator[None]:
    """Make the database of the settings, migrated and empty but for the DEFAULT store."""
    name = connection.settings_dict["NAME"]
    # Starts the embedded server, which psycopg alone would not.
    with connection._nodb_cursor():
        drop(name)
    _run("create database {}", name)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        drop(name)


def drop(name: str) -> None:
    _run("drop database if exists {} with (force)", name)


def parameters() -> dict[str, Any]:
    """Return what psycopg needs to open a connection of its own to the benchmark's database."""
    given = connection.get_connection_params()
    return {
        key: given[key] for key in ("dbname", "user", "password", "host", "port") if given.get(key)
    }


def _run(statement: str, name: str) -> None:
    with psycopg.connect(**parameters() | {"dbname": "postgres"}, autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(sql.Identifier(name)))  # type: ignore[arg-type]
