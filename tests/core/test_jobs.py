"""A recurring job …"""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from loyalty.core import clock, jobs, locks
from loyalty.core.jobs import Job, Run
from loyalty.core.models import JobOutcome, JobRun, Store
from loyalty.core.selectors import jobs as selectors
from tests.factories import StoreFactory

pytestmark = pytest.mark.django_db


def job(work: Callable[[Run], None]) -> Job:
    return Job("of-a-test", "Test", "Does what a test wants.", {"things": "things"}, work, None)


def nothing(run: Run) -> None:
    pass


def three_chunks(run: Run) -> None:
    for _ in range(3):
        with run.chunk() as done:
            done["things"] = 2


def state_of(run: JobRun) -> tuple[str, dict[str, int], int]:
    return run.outcome, run.counts, run.chunks


def test_writes_down_what_it_has_done():
    jobs.run(job(three_chunks), started_by="anna")

    run = JobRun.objects.get()
    assert state_of(run) == ("done", {"things": 6}, 3)
    assert run.started_by == "anna"
    assert run.finished_at is not None
    assert run.duration == run.finished_at - run.started_at


def test_shows_its_progress_after_each_chunk():
    seen = []

    def work(run: Run) -> None:
        for _ in range(2):
            with run.chunk() as done:
                done["things"] = 5
            seen.append(state_of(selectors.list_runs(job(work), 1)[0]))

    jobs.run(job(work))

    assert seen == [("running", {"things": 5}, 1), ("running", {"things": 10}, 2)]


def test_that_fails_says_so_and_keeps_the_chunks_before():
    def work(run: Run) -> None:
        with run.chunk() as done:
            done["things"] = 1
        with run.chunk() as done:
            StoreFactory(code="LOST")
            done["things"] = 1
            raise RuntimeError("no paper\nKey (email)=(alice@example.com)")

    with pytest.raises(RuntimeError):
        jobs.run(job(work))

    run = JobRun.objects.get()
    assert state_of(run) == ("failed", {"things": 1}, 1)
    assert run.message == "RuntimeError: no paper"
    assert not Store.objects.filter(code="LOST").exists()


def test_goes_on_where_a_part_of_it_fails_and_says_so():
    def work(run: Run) -> None:
        run.report("Segment 7: ValueError")
        three_chunks(run)

    jobs.run(job(work))

    run = JobRun.objects.get()
    assert state_of(run) == ("failed", {"things": 6}, 3)
    assert run.message == "Segment 7: ValueError"


def test_that_is_asked_to_stop_is_interrupted():
    def work(run: Run) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.run(job(work))

    assert JobRun.objects.get().outcome == JobOutcome.INTERRUPTED


def test_folds_runs_with_nothing_to_do():
    for work in (nothing, nothing, nothing, three_chunks, nothing):
        jobs.run(job(work))

    runs = JobRun.objects.order_by("pk")
    assert [(run.outcome, run.times) for run in runs] == [
        ("nothing", 3),
        ("done", 1),
        ("nothing", 1),
    ]
    assert runs[0].started_at < runs[0].last_started_at <= runs[0].finished_at


def test_keeps_a_run_that_a_person_started():
    jobs.run(job(nothing))
    jobs.run(job(nothing), started_by="anna")
    jobs.run(job(nothing))

    assert list(JobRun.objects.order_by("pk").values_list("started_by", "times")) == [
        ("", 1),
        ("anna", 1),
        ("", 1),
    ]


def test_forgets_runs_of_long_ago(monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 3)
    other = JobRun.objects.create(job="other", started_at=clock.now(), updated_at=clock.now())
    for _ in range(5):
        jobs.run(job(three_chunks))

    assert JobRun.objects.filter(job="of-a-test").count() == 3
    assert JobRun.objects.filter(pk=other.pk).exists()


def test_that_was_killed_is_shown_as_interrupted():
    at = clock.now()
    JobRun.objects.create(
        job="of-a-test", started_at=at, updated_at=at + timedelta(seconds=4), chunks=2
    )

    [shown] = selectors.list_runs(job(nothing), 5)

    assert shown.outcome == JobOutcome.INTERRUPTED
    assert shown.finished_at == at + timedelta(seconds=4)


def test_writes_down_that_the_run_before_was_killed():
    at = clock.now()
    dead = JobRun.objects.create(
        job="of-a-test", started_at=at, updated_at=at + timedelta(seconds=4), chunks=2
    )

    jobs.run(job(three_chunks))

    dead.refresh_from_db()
    assert (dead.outcome, dead.duration) == (JobOutcome.INTERRUPTED, timedelta(seconds=4))


@pytest.fixture
def run_elsewhere() -> Iterator[None]:
    """Another process has the lock of the job."""
    ready, end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with locks.alone("job:of-a-test") as is_alone:
                assert is_alone
                ready.set()
                end.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(20)
    yield
    end.set()
    thread.join()


def test_ends_at_once_where_another_process_runs_it(run_elsewhere):
    """PE-8, LV-14, SG-5: a second run of the same job exits at once."""
    done = jobs.run(job(three_chunks))

    assert done is None
    assert not JobRun.objects.exists()


def test_is_shown_as_running_as_long_as_its_process_lives(run_elsewhere):
    JobRun.objects.create(job="of-a-test", started_at=clock.now(), updated_at=clock.now())

    assert selectors.list_latest()["of-a-test"].outcome == JobOutcome.RUNNING


def test_runs_again_once_the_other_process_has_ended():
    for _ in range(2):
        assert jobs.run(job(three_chunks)) is not None


def round_of(work: Callable[[Run], None], **options) -> JobRun | None:
    """A round that is over after its first chunk."""
    return jobs.run(job(work), seconds=0, **options)


def test_waits_after_a_round_and_goes_on_with_the_same_run():
    left = [3, 4, 5]

    def work(run: Run) -> None:
        while left:
            with run.chunk() as done:
                done["things"] = left.pop(0)

    waiting = round_of(work)
    seen = state_of(JobRun.objects.get())
    while waiting is not None and waiting.outcome == JobOutcome.WAITING:
        waiting = round_of(work, after=(waiting.pk, waiting.chunks))

    assert seen == ("waiting", {"things": 3}, 1)
    assert state_of(JobRun.objects.get()) == ("done", {"things": 12}, 3)


def test_sends_for_its_next_round(monkeypatch):
    sent = []
    begin = jobs.get("forget-answers").task
    monkeypatch.setitem(jobs._jobs, "forget-answers", job(three_chunks))
    monkeypatch.setattr(jobs, "ROUND_SECONDS", 0)
    monkeypatch.setattr(begin, "delay", lambda **options: sent.append(options))

    assert begin() == "waiting"

    run = JobRun.objects.get()
    assert sent == [{"after": (run.pk, 1)}]


@pytest.mark.parametrize(
    ("options", "is_taken"),
    [
        pytest.param({"after": (1, 1)}, True, id="its-message"),
        pytest.param({"after": (1, 0)}, False, id="a-message-that-came-twice"),
        pytest.param({"after": (7, 1)}, False, id="a-message-of-another-run"),
        pytest.param({}, False, id="the-schedule"),
        pytest.param({"started_by": "anna"}, True, id="a-person"),
    ],
)
def test_that_waits_goes_on_once_for(options, is_taken):
    waiting = round_of(three_chunks)
    JobRun.objects.filter(pk=waiting.pk).update(id=1)

    done = round_of(three_chunks, **options)

    assert (done is not None) == is_taken
    assert JobRun.objects.get().chunks == 1 + is_taken


def test_whose_message_was_lost_goes_on_by_the_schedule():
    waiting = round_of(three_chunks)
    JobRun.objects.update(updated_at=clock.now() - jobs.LOST_AFTER - timedelta(seconds=1))

    assert round_of(three_chunks).pk == waiting.pk


def test_that_waits_is_ended_by_the_command(monkeypatch):
    monkeypatch.setitem(jobs._jobs, "of-a-test", job(three_chunks))
    round_of(three_chunks)

    call_command("run_job", "of-a-test")

    assert state_of(JobRun.objects.get()) == ("done", {"things": 8}, 4)


def test_does_not_wait_before_it_has_done_something():
    """Else work that looks at everything from the beginning would never come to its end."""

    def work(run: Run) -> None:
        for number in range(3):
            with run.chunk() as done:
                done["things"] = int(number == 2)

    assert round_of(work).outcome == JobOutcome.DONE


def test_remembers_its_faults_while_it_waits():
    def work(run: Run) -> None:
        if not run.faults:
            run.report("Segment 7: ValueError")
            three_chunks(run)

    waiting = round_of(work)
    done = round_of(work, after=(waiting.pk, waiting.chunks))

    assert (done.outcome, done.message) == (JobOutcome.FAILED, "Segment 7: ValueError")


def test_is_not_taken_for_a_fault_of_a_part_of_its_work():
    def work(run: Run) -> None:
        for _ in range(2):
            try:
                three_chunks(run)
            except Exception as error:  # noqa: BLE001  # what such a job does
                run.report(str(error))

    assert round_of(work).outcome == JobOutcome.WAITING


def test_counts_nothing_that_was_rolled_back():
    run = Run()

    def half_a_chunk() -> None:
        with run.chunk() as done:
            done["things"] = 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_a_chunk()

    assert not run.counts


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("expire-points", None, id="done"),
        pytest.param("bake-bread", 2, id="no-such-job"),
    ],
)
def test_is_run_by_a_command(name, code):
    if code is None:
        call_command("run_job", name)
        assert JobRun.objects.get().started_by == "run_job"
    else:
        with pytest.raises(SystemExit) as end:
            call_command("run_job", name)
        assert end.value.code == code


def test_fails_as_a_command_with_code_1(monkeypatch, capsys):
    def work(run: Run) -> None:
        run.report("Segment 7: ValueError")

    monkeypatch.setitem(jobs._jobs, "of-a-test", job(work))

    with pytest.raises(SystemExit) as end:
        call_command("run_job", "of-a-test")

    assert end.value.code == 1
    assert "Segment 7" in capsys.readouterr().err


def test_does_not_run_as_a_command_beside_another_process(monkeypatch, run_elsewhere):
    monkeypatch.setitem(jobs._jobs, "of-a-test", job(three_chunks))

    with pytest.raises(SystemExit) as end:
        call_command("run_job", "of-a-test")

    assert end.value.code == 3
    assert not JobRun.objects.exists()


def test_is_listed_by_the_command(capsys):
    call_command("run_job")

    names = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [known.name for known in jobs.list_all()]
    assert "recalculate-levels" in names
