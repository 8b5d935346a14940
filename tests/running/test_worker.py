"""A real worker process on the broker of `CELERY_BROKER_URL` (unset: the file broker) …"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from loyalty import heartbeat

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

SECONDS_MAX = 60


class Worker:
    """Worker processes that share a queue and the test's database, and a file they write to."""

    def __init__(self, folder: Path) -> None:
        self.lines = folder / "lines"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = os.environ | {
            "TEST_QUEUE": f"test-{uuid.uuid4().hex}",
            "VAR_DIR": str(folder),
            "SECRET_KEY": "of a test",
            "DATABASE_URL": database_url(),
            # Redis gives a killed worker's task away after this time.
            "BROKER_VISIBILITY_TIMEOUT": "3",
        }

    def start(self) -> "subprocess.Popen[bytes]":
        command = ["-m", "celery", "-A", "tests.running.worker_app", "-q", "worker"]
        options = ["--pool", "solo", "--loglevel", "WARNING", "--without-mingle"]
        # RabbitMQ lets only one worker of a name in; tests run beside one another.
        options += ["--hostname", f"{uuid.uuid4().hex}@%h"]
        process = subprocess.Popen([sys.executable, *command, *options], env=self.environment)
        self.processes.append(process)
        return process

    def send(self, *arguments: object) -> None:
        code = f"""
from tests.running.worker_app import write_line
write_line.delay(*{json.dumps([str(self.lines), *arguments])})
"""
        subprocess.run([sys.executable, "-c", code], env=self.environment, check=True, timeout=60)

    def read(self) -> list[str]:
        """Return what tasks wrote, without the number of their process."""
        lines = self.lines.read_text().splitlines() if self.lines.exists() else []
        return [line.partition(" in ")[0] for line in lines]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        code = """
from tests.running.worker_app import app
with app.connection_for_write() as broker:
    broker.default_channel.queue_delete(app.conf.task_default_queue)
"""
        subprocess.run([sys.executable, "-c", code], env=self.environment, check=False, timeout=60)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    worker.end()


def test_runs_what_was_sent_before_it_came(worker: Worker):
    worker.send("first")
    worker.send("second")

    worker.start()

    wait_for(lambda: len(worker.read()) == 4)
    assert worker.read() == ["first began", "first ended", "second began", "second ended"]


def test_shows_a_sign_of_life(worker: Worker):
    worker.start()

    wait_for(lambda: heartbeat.get_silence() is not None)


def test_that_is_killed_leaves_its_task_to_the_next(worker: Worker):
    worker.send("long", 3)
    killed = worker.start()
    wait_for(lambda: worker.read() == ["long began"])
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    worker.start()

    wait_for(lambda: "long ended" in worker.read())
    assert worker.read() == ["long began", "long began", "long ended"]


def test_that_is_asked_to_stop_ends_its_task_first(worker: Worker):
    worker.send("last", 2)
    process = worker.start()
    wait_for(lambda: worker.read() == ["last began"])

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=SECONDS_MAX) == 0
    assert worker.read() == ["last began", "last ended"]


def test_two_of_them_never_run_one_task_twice(worker: Worker):
    for number in range(3):
        worker.send(f"{number}", 0.2)
    worker.start()
    worker.start()

    wait_for(lambda: sum("ended" in line for line in worker.read()) == 3)
    time.sleep(1)
    assert sorted(worker.read()) == sorted(
        f"{number} {what}" for number in range(3) for what in ("began", "ended")
    )


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, "It took too long."
        time.sleep(0.1)


def database_url() -> str:
    parts = connection.settings_dict
    login = f"{quote(parts['USER'])}:{quote(parts['PASSWORD'])}"
    if parts["HOST"].startswith("/"):
        return f"postgresql://{login}@/{parts['NAME']}?host={quote(parts['HOST'], safe='')}"
    port = f":{parts['PORT']}" if parts["PORT"] else ""
    return f"postgresql://{login}@{parts['HOST']}{port}/{parts['NAME']}"
