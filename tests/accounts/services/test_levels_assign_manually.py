from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.models import LevelChange
from accounts.services import levels
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.models import AuditEntry, Event
from tests.factories import CustomerFactory, LevelFactory, StoreFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAM = Actor(kind=ActorKind.STAFF, id=1, uuid=uuid4(), name="sam", is_super=True)

pytestmark = pytest.mark.django_db


def test_moves_and_marks_the_customer_lv10() -> None:
    customer = CustomerFactory()
    basic = customer.level
    assert basic is not None
    gold = LevelFactory(customer.store, condition_value=1000)

    levels.assign_manually(customer=customer, level=gold, actor=SAM, now=NOW)

    customer.refresh_from_db()
    assert customer.level == customer.manually_assigned_level == gold
    change = LevelChange.objects.filter(customer=customer).latest("pk")
    assert (change.new_level, change.reason, change.changed_at) == (gold, "manual", NOW)
    assert Event.objects.filter(type="customer.moved_to_level").latest("pk").payload["manually"]
    entry = AuditEntry.objects.get(event_type="MoveCustomerToLevel")
    assert entry.data == {"levelId": {"old": str(basic.uuid), "new": str(gold.uuid)}}


def test_marks_a_customer_who_is_in_the_level_already() -> None:
    customer = CustomerFactory()
    assert customer.level is not None

    levels.assign_manually(customer=customer, level=customer.level, actor=SAM)

    customer.refresh_from_db()
    assert customer.manually_assigned_level == customer.level
    assert LevelChange.objects.filter(customer=customer).count() == 1


def test_refuses_a_level_that_is_not_active_lv4() -> None:
    customer = CustomerFactory()
    level = LevelFactory(customer.store, is_active=False)

    with pytest.raises(levels.LevelNotActive):
        levels.assign_manually(customer=customer, level=level, actor=SAM)

    customer.refresh_from_db()
    assert customer.manually_assigned_level is None


def test_unassigning_lets_the_rules_decide_at_once_lv12() -> None:
    store = StoreFactory()
    LevelFactory(store)
    silver = LevelFactory(store, condition_value=20)
    gold = LevelFactory(store, condition_value=1000)
    customer = CustomerFactory(store, level=gold, transactions_amount=Decimal(25))

    levels.unassign(customer=customer, actor=SAM, now=NOW)

    customer.refresh_from_db()
    assert customer.level == silver
    assert customer.manually_assigned_level is None
    change = LevelChange.objects.filter(customer=customer).latest("pk")
    assert change.reason == "manual_removed"
    fact = Event.objects.filter(type="customer.moved_to_level").latest("pk")
    assert fact.payload["removeLevelManually"]


def test_unassigning_refuses_who_was_not_assigned_lv12() -> None:
    customer = CustomerFactory()

    with pytest.raises(levels.NotAssignedManually, match="not assigned to level manually"):
        levels.unassign(customer=customer, actor=SAM)
