"""Exports of lists …"""

import os
import signal
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Customer, Level
from accounts.services import forgetting
from loyalty.core.actors import SYSTEM, Actor, ActorKind
from loyalty.core.exports import jobs, kinds, reading, writing
from loyalty.core.exports.jobs import Asked
from loyalty.core.exports.writing import Format
from loyalty.core.jobs import Run
from loyalty.core.models import AuditEntry, ExportJob, ExportState, Store
from tests.factories import StoreFactory
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory

NEWEST_FIRST = [f"ann{number}@example.com" for number in range(6, -1, -1)]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def shop(store: Store) -> Store:
    gold = LevelFactory(store, name="Gold")
    silver = LevelFactory(store, name="Silver", condition_value=100)
    for number in range(7):
        level = gold if number < 3 else silver
        CustomerFactory(store, email=f"ann{number}@example.com", level=level)
    CustomerFactory(StoreFactory(), email="eve@example.com")
    return store


def asked(store, query="", kind="customers", format=Format.CSV) -> Asked:
    found = kinds.get(kind)
    assert found is not None
    return Asked(found, format, store, SYSTEM, jobs.parse_query(query))


def emails(data: bytes) -> list[str]:
    lines = data.decode("utf-8-sig").splitlines()[1:]
    return [line.split(",")[1] for line in lines]


def content(job: ExportJob) -> bytes:
    job.refresh_from_db()
    with job.file.open("rb") as file:
        return file.read()


def test_hold_what_the_lists_filters_find(shop):
    found = b"".join(jobs.pieces(asked(shop, "q=ann3")))

    assert emails(found) == ["ann3@example.com"]


def test_hold_the_members_of_a_level(shop):
    gold = Level.objects.in_store(shop).get(translations__name="Gold")

    found = b"".join(jobs.pieces(asked(shop, f"level__id__exact={gold.pk}")))

    assert len(emails(found)) == 3


@pytest.mark.parametrize("query", ["nonsense=1", "level__id__exact=x", "p__q=1", "o=x", "o=1.-"])
def test_refuse_filters_that_the_list_has_not(shop, query):
    with pytest.raises(kinds.UnknownFilter):
        asked(shop, query).count(10)


def test_read_pages_by_key(shop, monkeypatch):
    def cost(rows):
        monkeypatch.setattr(reading, "PAGE_ROWS", rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(emails(b"".join(jobs.pieces(asked(shop))))) == 7
        return len(queries)

    one_page, further = cost(7), cost(4)

    # A customers' page: the rows, their levels' names, their lots and balances.
    assert further - one_page <= 4


@pytest.mark.parametrize("kind", sorted(kind.name for kind in kinds.list_all()))
def test_every_list_can_be_taken_out(shop, kind):
    found = b"".join(jobs.pieces(asked(shop, kind=kind)))

    header = found.decode("utf-8-sig").splitlines()[0]
    assert header == ",".join(column.name for column in kinds.get(kind).columns)


@pytest.mark.parametrize("format", list(Format))
def test_long_ones_are_written_in_parts(shop, format, monkeypatch):
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    monkeypatch.setattr(jobs, "PART_ROWS", 2)

    job = jobs.start(asked(shop, format=format))
    jobs.run(job.pk)

    data = content(job)
    assert (job.state, job.rows_done, job.size) == (ExportState.DONE, 7, len(data))
    if format is Format.CSV:
        assert data == b"".join(jobs.pieces(asked(shop)))
    assert default_storage.listdir("exports")[0] == []


def test_go_on_behind_the_last_part_after_a_worker_was_killed(shop, monkeypatch):
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    monkeypatch.setattr(jobs, "PART_ROWS", 2)
    job = jobs.start(asked(shop))

    class Killed(BaseException):
        pass

    def die(now):
        if now.parts == 2:
            # The next part was being written.
            default_storage.save(jobs._part(now, 2), default_storage.open(jobs._part(now, 1)))
            raise Killed

    with pytest.raises(Killed):
        jobs.run(job.pk, tell=die)
    jobs.run(job.pk)

    assert emails(content(job)) == NEWEST_FIRST


@pytest.mark.parametrize("format", [Format.CSV, Format.JSON_LINES])
@pytest.mark.django_db(transaction=True)
def test_end_in_the_same_file_wherever_the_worker_is_killed(shop, format, monkeypatch):
    """Real SIGKILLs: before the keys, before and after each part, while the file is written."""
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    monkeypatch.setattr(jobs, "PART_ROWS", 2)
    expected = b"".join(jobs.pieces(asked(shop, format=format)))
    job = jobs.start(asked(shop, format=format))
    points = [(jobs, "_set_keys_down"), (default_storage, "save"), (jobs, "_keep")]
    places = [(*point, 1) for point in points]
    places += [(default_storage, "save", 2), (jobs, "_keep", 2), (jobs, "_assemble", 1)]
    places += [(writing, "write", 1), (jobs, "_forget_parts", 1), (jobs, "_keep", 1)]

    deaths = [
        killed_at(holder, name, call, job, is_after=is_after)
        for holder, name, call in places
        for is_after in (False, True)
    ]
    in_time(lambda: jobs.run(job.pk) or not ExportJob.objects.get(pk=job.pk).is_open)

    assert deaths.count(-signal.SIGKILL) >= 9
    assert content(job) == expected
    assert (job.state, job.rows_done) == (ExportState.DONE, 7)
    assert default_storage.listdir("exports")[1] == [Path(job.file.name).name]
    assert default_storage.listdir("exports")[0] == []


def killed_at(holder, name, call, job, *, is_after):
    """Work on a job in a process that is killed before or after a call; return what ended it."""
    connection.close()
    if (child := os.fork()) == 0:
        real, left = getattr(holder, name), call

        def die(*args, **kwargs):
            nonlocal left
            left -= 1
            if left == 0 and not is_after:
                os.kill(os.getpid(), signal.SIGKILL)
            found = real(*args, **kwargs)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        try:
            setattr(holder, name, die)
            jobs.run(job.pk)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def in_time(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", "6543210", id="as-the-list-is"),
        pytest.param("o=0", "0123456", id="by-a-column"),
        pytest.param("o=-0", "6543210", id="downwards"),
        pytest.param("o=0&q=gold", "", id="with-a-filter"),
    ],
)
def test_follow_the_lists_order(shop, query, expected, monkeypatch):
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    monkeypatch.setattr(jobs, "PART_ROWS", 2)
    for customer in Customer.objects.in_store(shop):
        name = customer.email[3]
        Customer.objects.filter(pk=customer.pk).update(last_name=name)
    job = jobs.start(asked(shop, query))
    jobs.run(job.pk)

    assert emails(content(job)) == [f"ann{number}@example.com" for number in expected]
    assert content(job) == b"".join(jobs.pieces(asked(shop, query)))


def test_hold_each_row_once_though_it_moves_meanwhile(shop, monkeypatch):
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    monkeypatch.setattr(jobs, "PART_ROWS", 2)
    job = jobs.start(asked(shop, "o=0"))
    jobs.run(job.pk, seconds=0)
    Customer.objects.in_store(shop).filter(email="ann0@example.com").update(last_name="zzz")
    Customer.objects.in_store(shop).filter(email="ann6@example.com").update(last_name="aaa")

    jobs.run(job.pk)

    assert sorted(emails(content(job))) == [f"ann{number}@example.com" for number in range(7)]


def test_fail_after_three_attempts_in_vain(shop, monkeypatch):
    job = jobs.start(asked(shop))
    monkeypatch.setattr(jobs, "_assemble", lambda *args: 1 / 0)
    monkeypatch.setattr(jobs, "_set_down", lambda *args: True)

    for _attempt in range(3):
        with pytest.raises(ZeroDivisionError):
            jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == (ExportState.FAILED, "ZeroDivisionError: division by zero")
    assert jobs.run(job.pk) == 0


def test_links_end_after_a_day(shop, time_machine):
    job = jobs.start(asked(shop))
    jobs.run(job.pk)
    job.refresh_from_db()
    token = jobs.link_to(job).rpartition("/")[2]

    assert jobs.find_linked(shop, token) == job
    assert jobs.find_linked(StoreFactory(), token) is None
    assert jobs.find_linked(shop, token[:-1]) is None
    time_machine.move_to(timezone.now() + timedelta(hours=25), tick=False)
    with pytest.raises(jobs.LinkOver):
        jobs.find_linked(shop, token)
    assert jobs.find_linked(StoreFactory(), token) is None


def test_links_tell_that_the_file_was_deleted(shop):
    job = jobs.start(asked(shop))
    jobs.run(job.pk)
    job.refresh_from_db()
    token = jobs.link_to(job).rpartition("/")[2]

    jobs.forget_in_exports(shop)

    with pytest.raises(jobs.FileGone):
        jobs.find_linked(shop, token)


def test_files_are_forgotten_after_a_week(shop, django_capture_on_commit_callbacks):
    job = jobs.start(asked(shop))
    jobs.run(job.pk)
    job.refresh_from_db()
    name = job.file.name

    with django_capture_on_commit_callbacks(execute=True):
        jobs.forget(run=Run(), now=timezone.now() + timedelta(days=8))

    job.refresh_from_db()
    assert (job.state, job.file.name) == (ExportState.OVER, "")
    assert not default_storage.exists(name)


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        pytest.param({"VIEW"}, "••••", id="viewer"),
        pytest.param({"VIEW", "MODIFY"}, "CODE-1", id="editor"),
    ],
)
def test_jobs_see_what_their_actor_saw(shop, permissions, code):
    campaign = CampaignFactory(shop, coupons=("CODE-1",))
    sam = Actor(
        kind=ActorKind.STAFF,
        id=1,
        uuid=None,
        name="sam",
        permissions={"REWARD_CAMPAIGN": frozenset(permissions)},
    )
    wanted = asked(shop, f"campaign={campaign.uuid}", kind="codes")

    job = jobs.start(replace(wanted, actor=sam))
    jobs.run(job.pk)

    line = content(job).decode("utf-8-sig").splitlines()[1]
    assert line == f"{campaign.uuid},{code},false"


def test_are_audited_without_the_filters_values(shop):
    job = jobs.start(asked(shop, "q=ann3"))

    entry = AuditEntry.objects.get(event_type="ExportFile")
    assert entry.entity_id == str(job.uuid)
    assert entry.data == {"kind": "customers", "format": "csv", "filters": ["q"]}


# manage.py export_data


def test_the_command_writes_a_file(shop, tmp_path):
    path = tmp_path / "people.csv"

    call_command("export_data", "customers", "--filter", "q=ann3", "--output", str(path))

    assert emails(path.read_bytes()) == ["ann3@example.com"]


def test_the_command_goes_on_where_it_was_stopped(shop, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    monkeypatch.setattr(jobs, "PART_ROWS", 2)
    job = jobs.start(asked(shop), is_woken=False)
    jobs.run(job.pk, seconds=0)
    path = tmp_path / "people.csv"

    call_command("export_data", "customers", "--output", str(path))

    assert "Going on behind row 2." in capsys.readouterr().err
    assert len(emails(path.read_bytes())) == 7
    assert ExportJob.objects.count() == 1


@pytest.mark.parametrize(
    "arguments", [("nothing",), ("customers", "--filter", "x=1"), ("customers", "--store", "NONE")]
)
def test_the_command_says_when_it_cannot_begin(shop, arguments):
    with pytest.raises(SystemExit) as left:
        call_command("export_data", *arguments)

    assert left.value.code == 2


def test_takes_files_back_when_somebody_is_forgotten(shop, django_capture_on_commit_callbacks):
    done, running = jobs.start(asked(shop)), jobs.start(asked(shop))
    jobs.run(done.pk)
    done.refresh_from_db()
    name = done.file.name
    forgotten = Customer.objects.get(email="ann3@example.com")

    with django_capture_on_commit_callbacks(execute=True):
        forgetting.anonymize(customer=forgotten, actor=SYSTEM)

    done.refresh_from_db()
    running.refresh_from_db()
    assert not default_storage.exists(name)
    assert (done.state, done.file.name) == (ExportState.OVER, "")
    assert (running.state, jobs.run(running.pk)) == (ExportState.FAILED, 0)


def test_one_that_was_ended_while_it_worked_leaves_nothing(
    shop, tmp_path, django_capture_on_commit_callbacks
):
    job = jobs.start(asked(shop))
    seen = ExportJob.objects.get(pk=job.pk)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.forget_in_exports(shop)

    jobs._work(seen, None, None)

    job.refresh_from_db()
    assert job.state == ExportState.FAILED
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_one_that_was_ended_while_nobody_worked_leaves_nothing(
    shop, tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(jobs, "PART_ROWS", 2)
    job = jobs.start(asked(shop))
    jobs.run(job.pk, seconds=0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] != []

    with django_capture_on_commit_callbacks(execute=True):
        jobs.forget_in_exports(shop)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
