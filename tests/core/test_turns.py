"""Long jobs take turns: …"""

import signal
from os import getpid, kill

import pytest
from django.core.files.storage import default_storage

from loyalty.core import tasks, turns
from loyalty.core.imports import drafts, kinds, running
from loyalty.core.models import ImportJob, ImportState
from tests.core.imports.conftest import as_csv, keep, mona, person, shop  # noqa: F401  # fixtures
from tests.running.test_killed_jobs import end_of, in_a_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """Return the messages for next turns that were sent."""
    found = []
    monkeypatch.setattr(tasks.bring_in_files, "delay", lambda *message: found.append(message))
    return found


@pytest.fixture
def begin(keep, mona, monkeypatch):  # noqa: F811  # the fixtures
    """`begin(rows)` is a file of some customers that is being brought in, two in a chunk."""
    monkeypatch.setattr(kinds.get("customers"), "chunk_rows", 2)
    made = 0

    def start(rows: int) -> ImportJob:
        nonlocal made
        made += rows
        people = [person(made + number) for number in range(rows)]
        return drafts.start(job=keep(as_csv(people)), actor=mona)

    return start


def state_of(job):
    job.refresh_from_db()
    return job.state, job.rows_done


def test_a_long_one_lets_a_short_one_through(begin, sent, monkeypatch):
    monkeypatch.setattr(turns, "ROUND_SECONDS", 0)
    long, short = begin(6), begin(2)

    tasks.bring_in_files()
    assert (state_of(long), state_of(short)) == (("running", 2), ("running", 2))
    tasks.bring_in_files(short.pk, 1)

    assert (state_of(long), state_of(short)) == (("running", 2), ("done", 2))
    assert sent == [(long.pk, 1), (short.pk, 1)]


def test_one_that_breaks_down_stops_no_other(begin, sent):
    broken, whole = begin(2), begin(2)
    default_storage.delete(broken.file.name)

    assert tasks.bring_in_files() == 2

    assert (state_of(broken), state_of(whole)) == (("running", 0), ("done", 2))
    tasks.bring_in_files()
    tasks.bring_in_files()
    assert state_of(broken) == ("failed", 0)


def test_a_message_of_a_turn_that_was_had_is_dropped(begin, sent, monkeypatch):
    monkeypatch.setattr(turns, "ROUND_SECONDS", 0)
    job = begin(8)

    assert [tasks.bring_in_files(job.pk, turn) for turn in (0, 0, 1, 0, 1, 7)] == [2, 0, 2, 0, 0, 0]

    assert sent == [(job.pk, 1), (job.pk, 2)]


@pytest.mark.django_db(transaction=True)
def test_a_message_whose_worker_was_killed_is_good_again(begin, sent, monkeypatch):
    job = begin(8)

    def die(now):
        kill(getpid(), signal.SIGKILL)

    assert end_of(in_a_process(lambda: running.run(job.pk, tell=die))) == -signal.SIGKILL
    assert state_of(job) == ("running", 2)

    assert tasks.bring_in_files(job.pk, 0) == 6
    assert state_of(job) == ("done", 8)


def test_one_that_kills_every_worker_is_given_up(begin, sent):
    job = begin(4)
    ImportJob.objects.filter(pk=job.pk).update(attempts=turns.DEATHS_MAX)

    assert tasks.bring_in_files() == 0

    job.refresh_from_db()
    assert (job.state, job.error) == (ImportState.FAILED, turns.KILLED)
