"""A connection that the database server has closed since the last request is opened anew."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from loyalty.core.models import Store
from tests.factories import CustomerFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient


@pytest.fixture
def path(transactional_db: None, store: Store) -> str:
    return f"{store.code}/admin/customer/{CustomerFactory(store).uuid}/status"


def end_connection() -> None:
    """End the test's connection as a restart of the server does, from another one."""
    pid = connection.connection.info.backend_pid
    given = connection.get_connection_params()
    known = {
        key: given[key] for key in ("dbname", "user", "password", "host", "port") if key in given
    }
    with psycopg.connect(**known) as other:
        assert other.execute("select pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)


def test_a_request_after_a_restart_of_the_server_is_answered(
    path: str, api: Callable[..., ApiClient]
) -> None:
    client = api(StaffFactory(is_super=True))
    assert client.get(path).status_code == 200

    end_connection()

    assert client.get(path).status_code == 200
