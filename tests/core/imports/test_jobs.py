"""Files brought in in the background … Source: IMP-1, IMP-2, IMP-5."""

import errno
import os
import signal
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from accounts.api.open_loyalty.customer_imports import CustomersKind
from accounts.ledger import checks
from accounts.models import Customer, PointsTransfer
from accounts.selectors import balances
from loyalty.core import jobs as recurring
from loyalty.core.actors import SYSTEM
from loyalty.core.imports import answering, drafts, forgetting, jobs, kinds, running, undoing
from loyalty.core.models import AuditEntry, Event, ImportJob, ImportRow, ImportState, RowOutcome
from tests.core.imports.conftest import (
    as_csv,
    as_json_lines,
    as_workbook,
    as_xml,
    person,
)
from tests.factories.accounts import CustomerFactory

pytestmark = pytest.mark.django_db


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.rows_done, job.rows_ok, job.rows_bad, job.rows_duplicate


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(as_csv, id="csv"),
        pytest.param(as_workbook, id="xlsx"),
        pytest.param(as_json_lines, id="jsonl"),
        pytest.param(as_xml, id="xml"),
    ],
)
def test_takes_the_same_rows_out_of_every_format(bring_in, write):
    """IMP-2: what is wrong with one row stops no other."""
    people = [person(1), person(2, gender="x"), person(1), person(3)]

    job = bring_in(write(people))

    assert (job.state, counts(job)) == (ImportState.DONE, (4, 2, 1, 1))
    names = Customer.objects.order_by("pk").values_list("email", "last_name")
    assert list(names) == [("ann1@example.com", "Zażółć1"), ("ann3@example.com", "Zażółć3")]
    assert [(row.number, row.outcome, row.message) for row in job.rows.all()] == [
        (
            2,
            "bad",
            "Convert exception: gender should be one of: male, female, not_disclosed",
        ),
        (3, "duplicate", "Processing exception: email: This value is already used."),
    ]
    assert (job.progress, job.rows.first().content is not None) == (1000, True)


def test_check_keeps_nothing_but_the_counts(keep, mona):
    job = keep(as_csv([person(1), person(2, gender="x"), person(1)]))

    drafts.check(job=job)
    running.run(job.pk)

    job.refresh_from_db()
    assert (job.state, counts(job), job.rows_total) == (ImportState.CHECKED, (3, 1, 1, 1), 3)
    assert not Customer.objects.exists()
    assert not Event.objects.filter(type="customer.registered").exists()
    drafts.start(job=job, actor=mona)
    running.run(job.pk)
    job.refresh_from_db()
    assert (job.state, counts(job)) == (ImportState.DONE, (3, 1, 1, 1))
    assert Customer.objects.count() == 1
    assert job.rows.count() == 2


def test_knows_a_file_again(bring_in, shop):
    """Points would be added twice: a row of them is never a duplicate."""
    alice = CustomerFactory(shop, email="alice@example.com")
    text = "customerEmail,points,type\nalice@example.com,15,adding\n"

    first = bring_in(text, "points")
    second = bring_in(text, "points")

    assert (first.state, second.state) == (ImportState.DONE, ImportState.REPEATED)
    assert counts(second) == (0, 0, 0, 0)
    assert balances.get_figures(alice.wallet_id, timezone.now()).points == 15
    assert jobs.find_earlier(second) == first
    assert bring_in(text, "points", is_again=True).state == ImportState.DONE
    assert balances.get_figures(alice.wallet_id, timezone.now()).points == 30


def test_takes_points_back(bring_in, shop, mona):
    alice = CustomerFactory(shop, email="alice@example.com")
    job = bring_in(
        "customerEmail,points,type\n"
        "alice@example.com,15,adding\nalice@example.com,7,adding\nalice@example.com,2,spending\n",
        "points",
    )

    assert undoing.undo(job=job, actor=mona) == (2, 1)

    job.refresh_from_db()
    assert job.state == ImportState.UNDONE
    assert balances.get_figures(alice.wallet_id, timezone.now()).points == 0
    assert checks.find_differences() == []
    with pytest.raises(undoing.NotUndoable):
        undoing.undo(job=job, actor=mona)
    assert AuditEntry.objects.filter(event_type="UndoImport").count() == 1


def test_takes_many_rows_back_in_turns_and_none_twice(bring_in, shop, mona, monkeypatch):
    """Each row is a command of its own: nobody waits for thousands of them."""
    monkeypatch.setattr(undoing, "ROWS_AT_ONCE", 2)
    alice = CustomerFactory(shop, email="alice@example.com")
    job = bring_in(
        "customerEmail,points,type\n"
        "alice@example.com,15,adding\nalice@example.com,2,spending\nalice@example.com,7,adding\n",
        "points",
    )

    assert undoing.undo(job=job, actor=mona) is None

    assert balances.get_figures(alice.wallet_id, timezone.now()).points == 20
    with pytest.raises(undoing.NotUndoable):
        undoing.undo(job=job, actor=mona)
    assert [running.run(job.pk, seconds=0) for _turn in range(5)] == [1, 1, 1, 0, 0]
    job.refresh_from_db()
    assert (job.state, job.undoing["taken"], job.undoing["left"]) == (ImportState.UNDONE, 2, 1)
    assert balances.get_figures(alice.wallet_id, timezone.now()).points == 0
    told = AuditEntry.objects.get(event_type="UndoImport")
    assert (told.username, told.data) == ("mona", {"taken back": 2, "left": 1})


def test_what_cannot_be_taken_back_stays_and_may_be_tried_again(bring_in, shop, mona, monkeypatch):
    CustomerFactory(shop, email="alice@example.com")
    job = bring_in("customerEmail,points,type\nalice@example.com,15,adding\n", "points")

    def broken(*_arguments):
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(kinds.get("points"), "undo", broken)
        assert undoing.undo(job=job, actor=mona, is_background=True) is None
        for _attempt in range(running.ATTEMPTS_MAX):
            with pytest.raises(RuntimeError):
                running.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == (ImportState.DONE, "RuntimeError: broken")
    assert undoing.undo(job=job, actor=mona) == (1, 0)


def test_cannot_take_customers_back(bring_in, mona):
    job = bring_in(as_csv([person(1)]))

    with pytest.raises(undoing.NotUndoable):
        undoing.undo(job=job, actor=mona)

    assert Customer.objects.count() == 1


def test_starts_a_file_once(keep, mona):
    job = keep(as_csv([person(1)]))
    drafts.start(job=job, actor=mona)

    with pytest.raises(drafts.NotReady):
        drafts.start(job=job, actor=mona, is_again=True)

    job.refresh_from_db()
    assert (job.state, job.rows_done) == (ImportState.RUNNING, 0)


def test_remembers_how_a_header_was_mapped(keep, mona):
    header = ("Where", "First", "Last", "Active", "Gender", "Yes")
    job = keep(as_csv([person(1)], header))
    assert job.mapping == {"Active": "active", "Gender": "gender"}
    with pytest.raises(drafts.MissingColumns, match="agreement1, email, firstName, lastName"):
        drafts.start(job=job, actor=mona)
    mapping = dict(
        zip(
            header,
            ("email", "firstName", "lastName", "active", "gender", "agreement1"),
            strict=True,
        )
    )

    drafts.map_columns(job=job, mapping=mapping)
    drafts.start(job=job, actor=mona)
    running.run(job.pk)

    assert Customer.objects.get().email == "ann1@example.com"
    assert keep(as_csv([person(2)], header)).mapping == mapping
    refused = as_csv([[*person(3), "why"]], (*header, "import_error"))
    assert keep(refused).mapping == mapping


def test_maps_no_columns_of_a_file_whose_rows_were_taken(keep, mona):
    """The page was left open: what is chosen there is not what the rows were taken by."""
    job = keep(as_csv([person(1)]))
    before = job.mapping
    drafts.start(job=job, actor=mona)

    with pytest.raises(drafts.NotReady):
        drafts.map_columns(job=job, mapping={"email": "email"})

    job.refresh_from_db()
    assert job.mapping == before


def test_keeps_nothing_of_a_file_with_too_few_columns(keep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    with pytest.raises(drafts.TooFewColumns, match="Its rows need: email, firstName"):
        keep("mail;name\nx;y\n")

    assert not ImportJob.objects.exists()
    assert list(tmp_path.rglob("*.csv")) == []


def test_keeps_nothing_of_a_file_that_does_not_fit_on_the_disk(
    keep, settings, tmp_path, monkeypatch
):
    settings.MEDIA_ROOT = tmp_path
    chunks_of = File.chunks

    def fill_the_disk(self, *arguments):
        yield next(chunks_of(self))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(File, "chunks", fill_the_disk)

    with pytest.raises(OSError, match="No space left"):
        keep(as_csv([person(1)]))

    assert not ImportJob.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_throws_a_draft_away(keep, mona, django_capture_on_commit_callbacks):
    job = keep(as_csv([person(1)]))
    name = job.file.name

    with django_capture_on_commit_callbacks(execute=True):
        drafts.discard(job=job)

    assert not ImportJob.objects.exists()
    assert not default_storage.exists(name)


def test_throws_no_file_away_that_is_taken(bring_in):
    job = bring_in(as_csv([person(1)]))

    with pytest.raises(drafts.NotReady):
        drafts.discard(job=job)

    assert default_storage.exists(job.file.name)


def test_fails_after_three_breakdowns_without_a_row(keep, mona, monkeypatch):
    """A worker's death is no fault of the file; a bug that comes again is told of."""
    job = drafts.start(job=keep(as_csv([person(1)])), actor=mona)
    kind = kinds.get("customers")

    def break_down(*arguments: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(kind, "process_many", break_down)
    for _attempt in range(3):
        with pytest.raises(ZeroDivisionError):
            running.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == (ImportState.FAILED, "ZeroDivisionError: a bug")
    assert running.run(job.pk) == 0


def test_forgets_old_files_and_what_was_said_of_their_rows(bring_in):
    job = bring_in(as_csv([person(1, gender="x")]))
    name = job.file.name
    young = bring_in(as_csv([person(2, gender="x")]))
    ImportJob.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=31))

    forgetting.forget(run=recurring.Run())

    job.refresh_from_db()
    assert (job.file.name, job.rows_bad) == ("", 1)
    assert list(ImportRow.objects.values_list("job", flat=True)) == [young.pk]
    assert default_storage.exists(name)  # deleted with the commit, which no test sees


def test_takes_purchases_whose_items_are_lines(bring_in, shop):
    """TX-5: lines that follow one another and name one document are one; commas are mended."""
    from transactions.models import Transaction

    job = bring_in(
        "documentNumber;purchaseDate;documentType;customer.name;code;items.item.name;quantity;grossValue;items.item.category;maker\n"
        "1;2026-03-14T10:29:05+01:00;sell;Ann;A;Tea;1;10,50;drinks;\n"
        "1;;;;B;Cup;2;1 000,00;dishes;\n"
        "2;2026-03-15T10:29:05+01:00;sell;Ann;A;Tea;1;3.5;drinks;\n",
        "transactions",
    )

    assert (job.state, counts(job)) == (ImportState.DONE, (2, 2, 0, 0))
    sales = Transaction.objects.order_by("document_number")
    assert [(sale.document_number, sale.gross_value, sale.items.count()) for sale in sales] == [
        ("1", Decimal("1010.50"), 2),
        ("2", Decimal("3.50"), 1),
    ]


@pytest.mark.django_db(transaction=True)
def test_loses_and_doubles_nothing_when_its_worker_is_killed(keep, shop, mona, monkeypatch):
    """IMP-5: real SIGKILLs, each where a chunk is written and not yet kept, until it is through."""
    alice = CustomerFactory(shop, email="alice@example.com")
    header = "customerEmail,points,type\n"
    lines = [f"alice@example.com,{1 + number % 3},adding\n" for number in range(45)]
    lines[20] = "nobody@example.com,1,adding\n"
    kind = kinds.get("points")
    monkeypatch.setattr(kind, "chunk_rows", 10)
    job = drafts.start(job=keep(header + "".join(lines), "points"), actor=mona)
    process = kind.process_many
    deaths = 0

    for rows_before_death in (3, 10, 17, 25):
        connection.close()
        if (child := os.fork()) == 0:
            left = rows_before_death

            def process_or_die(self: object, rows: list[object]) -> object:
                nonlocal left
                results = process(self, rows)
                left -= len(rows)
                if left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return results

            try:
                kind.process_many = process_or_die
                running.run(job.pk)
            finally:
                os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        deaths += ended == -signal.SIGKILL
    for _moment in range(50):
        # The server notices a dead client a moment later, and frees its lock.
        running.run(job.pk)
        job.refresh_from_db()
        if job.state == ImportState.DONE:
            break
        time.sleep(0.1)

    assert deaths == 4
    assert (job.state, counts(job)) == (ImportState.DONE, (45, 44, 1, 0))
    assert PointsTransfer.objects.count() == 44
    assert balances.get_figures(alice.wallet_id, timezone.now()).points == sum(
        1 + number % 3 for number in range(45) if number != 20
    )
    assert checks.find_differences() == []


def test_a_request_that_is_cut_off_says_so(shop, monkeypatch):
    monkeypatch.setattr(CustomersKind, "chunk_rows", 1)
    file = ContentFile(as_xml([person(1), person(2)]).encode())
    kept = answering.keep(
        store=shop, kind=CustomersKind, file=file, name="customers.xml", actor=SYSTEM
    )
    taking = answering.take(kept, SYSTEM)

    assert next(taking).outcome == RowOutcome.DONE
    taking.close()

    job = ImportJob.objects.get()
    assert (job.state, job.rows_done, job.rows_ok) == (ImportState.FAILED, 1, 1)
    assert job.error == answering.CUT_OFF
    assert Customer.objects.in_store(shop).count() == 1
