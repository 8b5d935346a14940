"""
The state of the services behind the application: `GET /api/healthcheck`.

It answers when the database is down, so it is a plain view: no store, no sign-in, no session.
Source: UTL-3.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from loyalty import heartbeat
from loyalty.celery import app
from loyalty.embedded import EmbeddedDatabaseError
from loyalty.failures import only_read

logger = logging.getLogger(__name__)

OK = "OK"
PROBLEM = "Problem"
BROKER_SECONDS_MAX = 2


@dataclass(frozen=True)
class ServiceState:
    name: str
    status: str
    # For people; no addresses or passwords: anybody may call this.
    message: str


@never_cache
@only_read
def healthcheck(request: HttpRequest) -> HttpResponse:
    """Answer 204 when all is well, else 503 with the state of every service."""
    states = check_all()
    if all(state.status == OK for state in states):
        return HttpResponse(status=204)
    return JsonResponse([asdict(state) for state in states], status=503, safe=False)


def check_all() -> list[ServiceState]:
    checks: dict[str, Callable[[], str]] = {
        "PostgreSQL": check_database,
        "Broker": check_broker,
        "Worker": check_worker,
    }
    return [_run(name, check) for name, check in checks.items()]


class Down(Exception):
    """A service does not work; the sentence says how that shows."""


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError, EmbeddedDatabaseError) as error:
        # A connection that broke stays broken until it is closed.
        connection.close()
        raise Down("The database does not answer.") from error
    return "The database answers."


def check_broker() -> str:
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        return _check_broker_folder(settings.BROKER_DIR)
    with app.connection_for_write(connect_timeout=BROKER_SECONDS_MAX) as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS_MAX)
        except (*broker.connection_errors, OSError) as error:
            raise Down("The message broker does not answer.") from error
    return "The message broker answers."


def check_worker() -> str:
    try:
        silence = heartbeat.get_silence()
    except (DatabaseError, InterfaceError, EmbeddedDatabaseError) as error:
        raise Down("Unknown as long as the database does not answer.") from error
    if silence is None:
        raise Down("No worker has run yet.")
    if silence > heartbeat.SILENCE_MAX:
        raise Down(f"No worker has run for {int(silence.total_seconds())} seconds.")
    return "A worker runs."


def _check_broker_folder(folder: Path) -> str:
    try:
        probe = folder / f"probe-{id(folder)}"
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise Down("The message broker's folder cannot be written to.") from error
    return "The message broker's folder can be written to."


def _run(name: str, check: Callable[[], str]) -> ServiceState:
    try:
        return ServiceState(name, OK, check())
    except Down as down:
        logger.warning("Health check: %s is down: %s", name, down.__cause__ or down)
        return ServiceState(name, PROBLEM, str(down))
