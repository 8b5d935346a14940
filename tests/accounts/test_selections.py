"""With many chosen customers …"""

import os
import signal
import time
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.ledger import checks
from accounts.models import Customer, CustomerStatus, PointsTransfer, SegmentMembership
from accounts.segments.criteria import CriterionData
from accounts.selections import (
    Activate,
    AddLabel,
    AddPoints,
    AssignLevel,
    AssignPos,
    Block,
    ListInSegment,
)
from accounts.selectors import balances
from accounts.services import levels, segments
from loyalty.core.actors import SYSTEM
from loyalty.core.imports import running, selections
from loyalty.core.models import AuditEntry, ImportJob, ImportState
from tests.factories import CustomerFactory, LevelFactory, PosFactory, StoreFactory

pytestmark = pytest.mark.django_db
FIVE = {"points": "5", "comment": "Sorry for the queue"}


def begun(store, kind, options, customers, key="k"):
    return selections.begin(
        store=store,
        kind=kind,
        uuids=[each.uuid for each in customers],
        options=options,
        actor=SYSTEM,
        key=key,
    )


def done(store, kind, options, customers, key="k"):
    job = begun(store, kind, options, customers, key)
    running.run(job.pk)
    job.refresh_from_db()
    for each in customers:
        each.refresh_from_db()
    return job


def told(job):
    return (job.rows_ok, job.rows_duplicate, job.rows_bad)


def deeds(customer):
    entries = AuditEntry.objects.filter(entity_id=str(customer.uuid))
    return list(entries.order_by("pk").values_list("event_type", flat=True))[1:]


@pytest.fixture
def people(store):
    return [CustomerFactory(store) for _number in range(3)]


def balance(customer):
    return balances.get_figures(customer.wallet_id, timezone.now()).points


def test_a_label_is_added_to_those_they_have(store, people):
    old = {"key": "vip", "value": "no"}
    Customer.objects.filter(pk=people[0].pk).update(labels=[old])

    job = done(store, AddLabel, {"key": "vip", "value": "yes"}, people)

    assert told(job) == (3, 0, 0)
    assert people[0].labels == [old, {"key": "vip", "value": "yes"}]
    assert deeds(people[1]) == ["UpdateCustomerDetails"]


def test_a_label_too_many_is_refused(store, people):
    many = [{"key": str(number), "value": ""} for number in range(100)]
    Customer.objects.filter(pk=people[0].pk).update(labels=many)

    job = done(store, AddLabel, {"key": "vip", "value": ""}, people)

    assert told(job) == (2, 0, 1)
    assert job.rows.get().message == "A customer may have at most 100 labels."
    assert people[0].labels == many


def test_a_level_is_assigned_by_hand(store, people):
    gold = LevelFactory(store, condition_value=100)
    levels.assign_manually(customer=people[0], level=gold, actor=SYSTEM)

    job = done(store, AssignLevel, {"level": str(gold.uuid)}, people)

    assert told(job) == (2, 1, 0)
    assert {each.manually_assigned_level_id for each in people} == {gold.pk}
    assert deeds(people[1]) == ["MoveCustomerToLevel"]


@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_no_level_is_assigned_that_is_off_or_of_another_store(store, people, is_elsewhere):
    gold = LevelFactory(StoreFactory() if is_elsewhere else store, is_active=is_elsewhere)

    job = done(store, AssignLevel, {"level": str(gold.uuid)}, people)

    assert told(job) == (0, 0, 3)
    assert {each.manually_assigned_level_id for each in people} == {None}


def test_a_point_of_sale_is_assigned(store, people):
    shop = PosFactory(store)

    job = done(store, AssignPos, {"pos": str(shop.uuid)}, people)

    assert told(job) == (3, 0, 0)
    assert {each.pos_id for each in people} == {shop.pk}
    assert deeds(people[2]) == ["AssignPosToCustomer"]
    assert told(done(store, AssignPos, {"pos": str(shop.uuid)}, people, "again")) == (0, 3, 0)


def test_they_are_blocked_and_activated_but_not_the_deleted(store, people):
    Customer.objects.filter(pk=people[0].pk).update(status=CustomerStatus.DELETED)

    blocked = done(store, Block, {}, people)
    activated = done(store, Activate, {}, people[1:], "again")

    assert (told(blocked), told(activated)) == ((2, 0, 1), (2, 0, 0))
    assert blocked.rows.get().message == "This customer was deleted."
    assert [each.status for each in people] == ["deleted", "active", "active"]
    assert deeds(people[1]) == ["DeactivateCustomer", "ActivateCustomer"]


def test_they_come_into_a_segments_list(store, people, django_capture_on_commit_callbacks):
    listed = CriterionData("customer_list", {"customers": [str(people[0].uuid)]})
    segment = segments.create(
        store=store,
        data=segments.SegmentData(name="Tasters", parts=[[listed]], is_active=True),
        actor=SYSTEM,
    )

    with django_capture_on_commit_callbacks(execute=True):
        job = done(store, ListInSegment, {"segment": str(segment.uuid)}, people)

    assert told(job) == (2, 1, 0)
    assert SegmentMembership.objects.filter(segment=segment).count() == 3
    assert deeds(people[2]) == ["AddCustomerToSegment"]


def test_a_segment_without_a_list_takes_nobody(store, people):
    frequent = CriterionData("transaction_count", {"min": 1, "max": 9})
    segment = segments.create(
        store=store, data=segments.SegmentData(name="Often", parts=[[frequent]]), actor=SYSTEM
    )

    job = done(store, ListInSegment, {"segment": str(segment.uuid)}, people)

    assert told(job) == (0, 0, 3)


def test_points_are_added_with_their_reason(store, sound_books):
    people = [CustomerFactory(store) for _number in range(6)]
    Customer.objects.filter(pk=people[0].pk).update(anonymized_at=timezone.now())

    job = done(store, AddPoints, FIVE, people)

    assert told(job) == (5, 0, 1)
    assert [balance(each) for each in people] == [Decimal(0), *[Decimal(5)] * 5]
    told_of = AuditEntry.objects.filter(event_type="AddPoints").values_list("data", flat=True)
    assert [each["comment"] for each in told_of] == [FIVE["comment"]] * 5


@pytest.mark.parametrize("count", [2, 6])
def test_points_of_one_job_are_never_added_twice(store, sound_books, count):
    """Whatever was lost of how far it had come: the key is the job's and the customer's."""
    people = [CustomerFactory(store) for _number in range(count)]
    job = done(store, AddPoints, FIVE, people)
    ImportJob.objects.filter(pk=job.pk).update(state=ImportState.RUNNING, rows_done=0)

    running.run(job.pk)

    assert [balance(each) for each in people] == [Decimal(5)] * count


@pytest.mark.django_db(transaction=True)
def test_points_are_added_once_when_worker_after_worker_is_killed(monkeypatch):
    """Real SIGKILLs, each where a chunk is written and not yet kept, until it is through."""
    shop = StoreFactory()
    people = [CustomerFactory(shop) for _number in range(45)]
    monkeypatch.setattr(AddPoints, "chunk_rows", 10)
    job = begun(shop, AddPoints, FIVE, people)
    take = AddPoints.process_many
    deaths = 0

    for rows_before_death in (3, 10, 17, 25):
        connection.close()
        if (child := os.fork()) == 0:
            left = rows_before_death

            def take_or_die(self, rows):
                nonlocal left
                results = take(self, rows)
                left -= len(rows)
                if left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return results

            try:
                AddPoints.process_many = take_or_die
                running.run(job.pk)
            finally:
                os._exit(0)
        deaths += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    for _moment in range(50):
        # The server notices a dead client a moment later, and frees its lock.
        running.run(job.pk)
        job.refresh_from_db()
        if not job.is_open:
            break
        time.sleep(0.1)

    assert deaths == 4
    assert (job.state, told(job)) == (ImportState.DONE, (45, 0, 0))
    assert [balance(each) for each in people] == [Decimal(5)] * 45
    assert PointsTransfer.objects.count() == 45
    assert checks.find_differences() == []
