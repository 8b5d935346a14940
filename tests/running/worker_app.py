"""The project's Celery application with one more task, and a queue of the test's own."""

import os
import time
from pathlib import Path

from loyalty.celery import app

app.conf.task_default_queue = os.environ["TEST_QUEUE"]


@app.task(name="tests.write_line")
def write_line(path: str, line: str, seconds: float = 0) -> None:
    """Say that a task began, take a while, say that it ended."""
    note(path, f"{line} began")
    time.sleep(seconds)
    note(path, f"{line} ended")


def note(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{line} in {os.getpid()}\n")
