"""What is done with chosen rows …"""

from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from accounts.models import Customer
from accounts.selections import AddLabel, AddPoints
from loyalty.core.imports import jobs, kinds, running, selections
from loyalty.core.models import AuditEntry, ImportJob, ImportState, RowOutcome
from tests.factories import CustomerFactory, StoreFactory

VIP = {"key": "vip", "value": "yes"}


@pytest.fixture
def begin(shop, mona):
    """`begin(customers)` is a job that labels them."""

    def start(customers, *, key="k", kind=AddLabel, options=VIP, is_woken=True):
        uuids = [getattr(each, "uuid", each) for each in customers]
        return selections.begin(
            store=shop,
            kind=kind,
            uuids=uuids,
            options=options,
            actor=mona,
            key=key,
            is_woken=is_woken,
        )

    return start


def worked(job):
    running.run(job.pk)
    job.refresh_from_db()
    return job


def test_is_done_with_each_and_told_of_what_was_not(begin, shop):
    alice, ann = CustomerFactory(shop), CustomerFactory(shop, labels=[VIP])
    stranger = CustomerFactory(StoreFactory())

    job = worked(begin([alice, ann, stranger, uuid4()]))

    assert (job.state, job.rows_total) == (ImportState.DONE, 4)
    assert (job.rows_ok, job.rows_duplicate, job.rows_bad) == (1, 1, 2)
    told = job.rows.values_list("number", "outcome", "object_uuid", "message")
    assert list(told)[:2] == [
        (2, RowOutcome.DUPLICATE, ann.uuid, "This customer has the label already."),
        (3, RowOutcome.BAD, stranger.uuid, "It is not there any more."),
    ]
    stranger.refresh_from_db()
    assert stranger.labels == []


def test_is_begun_once_by_a_form_that_is_sent_twice(begin, shop):
    alice = CustomerFactory(shop)

    first, second = begin([alice]), begin([alice])

    assert first.pk == second.pk
    assert ImportJob.objects.count() == 1
    assert begin([alice], key="another").pk != first.pk


def test_is_not_begun_with_nothing(begin):
    with pytest.raises(selections.NobodyChosen):
        begin([])

    assert not ImportJob.objects.exists()


def test_wakes_a_worker_unless_it_is_done_here(
    begin, shop, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, arguments: sent.append((name, arguments))
    )
    with django_capture_on_commit_callbacks(execute=True):
        begin([CustomerFactory(shop)], key="here", is_woken=False)
        job = begin([CustomerFactory(shop)], key="there")

    assert [each for each in sent if "bring_in" in each[0]] == [
        ("loyalty.core.tasks.bring_in_files", (job.pk, 0))
    ]


def test_is_no_file_that_people_send(begin, shop):
    job = begin([CustomerFactory(shop)])

    assert jobs.get(shop, job.uuid) is None
    assert selections.get(shop, job.uuid) == job
    assert selections.get(StoreFactory(), job.uuid) is None
    assert kinds.get(AddLabel.name) is None
    assert AddLabel not in kinds.list_all()


def test_stands_in_the_audit_trail_without_its_words(begin, shop, mona):
    begin([CustomerFactory(shop)], kind=AddPoints, options={"points": "5", "comment": "Sorry Ann"})

    entry = AuditEntry.objects.filter(event_type="ChangeMany").get()
    assert (entry.username, entry.data["kind"]) == (mona.name, "customers-points")
    assert "Ann" not in str(entry.data)


def test_keeps_no_names_in_its_file(begin, shop):
    alice = CustomerFactory(shop)

    job = begin([alice])

    assert default_storage.open(job.file.name).read() == b'{"id":"%s"}\n' % str(alice.uuid).encode()
    assert Customer.objects.get(pk=alice.pk).labels == []
