"""`manage.py serve`: everything that an installation on one machine needs, as one process tree."""

import errno
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from loyalty import static_files
from loyalty.embedded.base import get_cluster
from loyalty.supervisor import Program, Supervisor

PARTS = ("web", "worker", "scheduler")
WEB_SECONDS_MAX = 60
# One machine prepares the database when several start at once. Any number nobody else uses.
PREPARATION_LOCK = 7_305_118_120


class Command(BaseCommand):
    help = (
        "Bring the database up to date and run the web server, the task worker and the scheduler. "
        "Ctrl-C stops all of them."
    )
    # The checks would run before the database is started and migrated.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="load the demo store into an empty installation"
        )
        parser.add_argument(
            "--only",
            nargs="+",
            choices=PARTS,
            default=PARTS,
            help="run some parts here and the others elsewhere; one scheduler in all",
        )

    def handle(self, *, demo: bool, only: list[str], **options: Any) -> None:
        if "web" in only:
            require_free_port()
        supervisor = Supervisor()
        self.prepare(demo=demo)
        if "web" in only:
            supervisor.start(web())
            # First the answer that somebody waits for, then what works in the background.
            if supervisor.wait_until(is_listening, seconds_max=WEB_SECONDS_MAX):
                self.greet(demo=demo)
        if "worker" in only:
            for number in range(settings.TASK_WORKERS):
                supervisor.start(worker(number))
        if "scheduler" in only:
            supervisor.start(scheduler())
        code = supervisor.watch()
        connection.close()
        get_cluster().release(wait=True)
        sys.exit(code)

    def prepare(self, *, demo: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARATION_LOCK])
            if has_unapplied_migrations():
                self.stdout.write("Bringing the database up to date …")
                call_command("migrate", interactive=False, verbosity=0)
            if demo:
                call_command("load_demo", if_empty=True, stdout=self.stdout)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARATION_LOCK])
        if static_files.collect_if_changed():
            self.stdout.write("Collected the static files.")

    def greet(self, *, demo: bool) -> None:
        base = f"http://{shown_host()}:{settings.PORT}"
        demo_logins = ("user@example.com / loyalty", "admin / open", "john@doe.com / open")
        logins = demo_logins if demo else ("", "", "")
        self.stdout.write(
            f"\nLoyalty runs at {base}/\n\n"
            f"  Customers  {base}/portal/   {logins[0]}\n"
            f"  Staff      {base}/cockpit/  {logins[1]}\n"
            f"  Sellers    {base}/pos/      {logins[2]}\n"
            f"  Programs   {base}/api/      documented at {base}/api/doc\n\n"
            "Ctrl-C stops everything."
        )
        self.stdout.flush()


def web() -> Program:
    return Program(
        "The web server",
        [
            *program("granian"),
            *("--interface", "wsgi", "--host", settings.HOST, "--port", str(settings.PORT)),
            *("--workers", str(settings.WEB_WORKERS)),
            *("--blocking-threads", str(settings.WEB_THREADS)),
            # A thread keeps its database connection, and with it its prepared statements.
            *("--blocking-threads-idle-timeout", "600"),
            *("--workers-kill-timeout", "10", "--respawn-failed-workers", "--no-ws"),
            *("--log-level", "warning", "loyalty.wsgi:application"),
        ],
    )


def worker(number: int) -> Program:
    """
    Return a worker that runs one task at a time, in its own process.

    Celery's pools are supervisors, too. Ours is enough: a worker is half as big and stops at once.
    """
    return Program(
        f"Task worker {number + 1}",
        [
            *program("celery"),
            *("-A", "loyalty.celery", "-q", "worker", "--pool", "solo", "--loglevel", "WARNING"),
            *("--hostname", f"worker{number + 1}@%h", "--without-gossip", "--without-mingle"),
        ],
    )


def scheduler() -> Program:
    return Program(
        "The scheduler",
        [
            *program("celery"),
            *("-A", "loyalty.celery", "-q", "beat", "--loglevel", "WARNING", "--pidfile", ""),
        ],
    )


def program(name: str) -> list[str]:
    """Return the command of a program that is installed beside our interpreter."""
    return [sys.executable, str(Path(sys.executable).with_name(name))]


def has_unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def require_free_port() -> None:
    """
    Refuse to share the port with another program, or with another tree of ours.

    The web server itself would: its processes share theirs, and do not mind who else is there.

    :raises CommandError: somebody listens there, or nobody may; says what to do.
    """
    try:
        found = socket.getaddrinfo(
            settings.HOST, settings.PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _name, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            # Connections of a server that has just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        why = {
            errno.EADDRINUSE: "is used by another program, or Loyalty runs there already",
            errno.EACCES: "may only be opened by root",
        }.get(error.errno or 0, f"cannot be opened ({error.strerror})")
        raise CommandError(
            f"Port {settings.PORT} of {settings.HOST} {why}. "
            "Choose another one with PORT, such as PORT=8282."
        ) from error


def is_listening() -> bool:
    try:
        with socket.create_connection((shown_host(), settings.PORT), timeout=1):
            return True
    except OSError:
        return False


def shown_host() -> str:
    return "localhost" if settings.HOST in {"127.0.0.1", "0.0.0.0", "::"} else settings.HOST  # noqa: S104
