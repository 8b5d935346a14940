"""
Take turns at long work, so that one worker does all of it and everything else besides.

A long job is worked on for some seconds; then a message for its next turn goes to the end of the
queue, behind what others wait for. The message names the turn. A turn counts once it has ended, so
a message whose turn was had already, by the schedule or by another message, is dropped, while one
whose worker was killed is good again. Whatever gets lost, the schedule takes each open job up.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from kombu.exceptions import OperationalError

from loyalty.core import locks

logger = logging.getLogger(__name__)

# All the turns of a round. Four missed heartbeats of twenty seconds make the health check complain.
ROUND_SECONDS = 30.0
# The server notices a killed worker, and frees its lock, a moment later.
LOCK_SECONDS = 2.0
LOCK_POLL_SECONDS = 0.05
# Turns in a row that ended with the worker and wrote nothing: the work itself is what kills it.
DEATHS_MAX = 10
KILLED = "The worker was killed here again and again. Nothing more was tried."


class Turns(Protocol):
    """What a module of long jobs offers."""

    def open_turns(self) -> Mapping[int, int]:
        """Return which jobs are open, and which turn of each comes next; longest waiting first."""

    def run(self, job_id: int, *, seconds: float) -> int:
        """Work on a job for some seconds; return the rows. 0: another process is at it."""

    def end_turn(self, job_id: int) -> int | None:
        """Count a turn; return the next one's number, or None if the job is done."""


def take(jobs: Turns, task: Any, job_id: int | None, turn: int | None) -> int:
    """
    Work on one job, or on every open one, and send for the next turns; return the rows.

    What breaks one down stops no other, and is tried again by the schedule.
    """
    waiting = jobs.open_turns()
    if job_id is None:
        chosen = list(waiting)
    else:
        chosen = [job_id] if waiting.get(job_id, -1) == turn else []
    taken = 0
    for each in chosen:
        try:
            rows = jobs.run(each, seconds=ROUND_SECONDS / len(waiting))
        except Exception:
            logger.exception("%s cannot go on with %s", task.name, each)
            continue
        taken += rows
        if rows and (following := jobs.end_turn(each)) is not None:
            # Where the broker is away the schedule brings the next one.
            with suppress(OperationalError):
                task.delay(each, following)
    return taken


@contextmanager
def alone(name: str) -> Any:
    """Hold a job's lock; says False where another process still has it after a moment."""
    ends_at = time.monotonic() + LOCK_SECONDS
    while True:
        with locks.alone(name) as is_alone:
            if is_alone or time.monotonic() >= ends_at:
                yield is_alone
                return
        time.sleep(LOCK_POLL_SECONDS)


def end_of_turn(seconds: float | None) -> Callable[[], bool]:
    """
    Return what tells whether a turn is over; begun when the job has found its place again.
    """
    ends_at = None if seconds is None else time.monotonic() + seconds
    return lambda: ends_at is not None and time.monotonic() >= ends_at
