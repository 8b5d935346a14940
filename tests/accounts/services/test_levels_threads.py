"""Levels that follow points, while purchases and people change the points at once."""

from decimal import Decimal

import pytest
from django.db import transaction

from accounts.models import LevelChange
from accounts.services import customer_locks, level_jobs, points
from tests.accounts.ledger.test_threads import at_once
from tests.factories import CustomerFactory, LevelFactory, StoreFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_nobody_deadlocks_and_each_level_is_entered_once() -> None:
    store = StoreFactory(
        setting_values={
            "tierAssignType": "points",
            "levelDowngradeMode": "after_x_days",
            "levelDowngradeDays": 1,
            "levelDowngradeBase": "active_points",
            "pointsDaysExpiryAfter": "all_time_active",
        }
    )
    LevelFactory(store)
    top = LevelFactory(store, condition_value=40, reward_value="0.5")
    alice = CustomerFactory(store)

    def by_hand() -> None:
        points.add(customer=alice, amount=Decimal(10), issuer="admin")

    def by_purchase() -> None:
        with transaction.atomic():
            customer_locks.lock_for_purchase(alice.pk, store=store)
            points.add(customer=alice, amount=Decimal(10), issuer="system")

    def by_job() -> None:
        level_jobs.recalculate(store)

    answers = at_once(*[by_hand, by_purchase, by_job] * 3)

    assert answers == [None] * 9
    alice.refresh_from_db()
    assert alice.level == top
    assert LevelChange.objects.filter(customer=alice, reason="points").count() == 1
