from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from accounts.selectors.history import iterate_history
from accounts.services import customers, levels, points, points_jobs
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Event, Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.support.api import ApiClient

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def history_of(client: ApiClient, customer: Customer) -> list[dict[str, Any]]:
    answer = client.get(f"{customer.store.code}/admin/customer/{customer.uuid}/history")
    assert answer.status_code == 200
    entries: list[dict[str, Any]] = answer.data
    return entries


def test_prints_points_as_documented(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)
    points.add(customer=customer, amount=Decimal(100), issuer="admin", now=at(0))
    points.add(customer=customer, amount=Decimal(10), issuer="admin", now=at(1))

    entry = history_of(sam, customer)[0]

    assert entry == {
        "flatVariables": {"points": 10, "transactionId": ""},
        "customerId": str(customer.uuid),
        "type": "PointsWereAdded",
        "createdAt": "2026-03-02T13:00:00+01:00",
        "variables": [
            {"key": "points", "value": 10},
            {"key": "transactionId", "value": ""},
            {"key": "comment"},
        ],
        "pointsBalance": 110,
    }


def test_prints_a_fact_without_variables_as_documented(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop, status="new")
    customers.activate(customer=customer, actor=SYSTEM)

    entry = history_of(sam, customer)[0]

    assert entry.pop("createdAt")
    assert entry == {
        "flatVariables": [],
        "customerId": str(customer.uuid),
        "type": "CustomerWasActivated",
        "variables": [],
    }


def test_keeps_a_running_balance_through_a_life_of_points(sam: ApiClient) -> None:
    store = StoreFactory(setting_values={"pointsDaysExpiryAfter": "all_time_active"})
    alice, bob = CustomerFactory(store), CustomerFactory(store)
    points.add(customer=alice, amount=Decimal("12.5"), issuer="admin", now=at(0), expires_at=at(6))
    points.add(customer=alice, amount=Decimal(30), issuer="admin", now=at(1))
    points.spend(customer=alice, amount=Decimal(4), issuer="admin", comment="Tea", now=at(2))
    held = points.block(customer=alice, amount=Decimal(5), issuer="admin", now=at(3))
    points.cancel(store=store, transfer_uuid=held.uuid, now=at(4))
    points.transfer(sender=alice, receiver=bob, amount=Decimal(2), now=at(5))
    points_jobs.expire_due(at(7))
    points.reset(customer=alice, now=at(8))

    found = history_of(sam, alice)

    told = [
        (entry["type"], dict(entry["flatVariables"]).get("points"), entry["pointsBalance"])
        for entry in found
        if "pointsBalance" in entry
    ]
    assert told == [
        ("PointsHasBeenReset", None, 0),
        ("PointsTransferHasBeenExpired", 30, 0),
        ("PointsTransferHasBeenExpired", 6.5, 30),
        ("PointsWereTransferred", 2, 36.5),
        ("PointsWereUnblocked", 5, 38.5),
        ("PointsWereBlocked", 5, 33.5),
        ("PointsWereSpent", 4, 38.5),
        ("PointsWereAdded", 30, 42.5),
        ("PointsWereAdded", 12.5, 12.5),
    ]
    # Received points keep their date.
    assert [entry["pointsBalance"] for entry in history_of(sam, bob)[:2]] == [0, 2]


def test_counts_unlocked_points_into_the_balance(sam: ApiClient) -> None:
    store = StoreFactory(setting_values={"allTimeNotLocked": False, "pointsDaysLocked": 3})
    customer = CustomerFactory(store)
    for day, amount in ((0, 10), (1, 20)):
        points.add(customer=customer, amount=Decimal(amount), issuer="admin", now=at(day))
    points_jobs.unlock_due(at(5))

    found = history_of(sam, customer)[:4]

    assert [(entry["type"], entry["pointsBalance"]) for entry in found] == [
        ("PointsTransferHasBeenUnlocked", 30),
        ("PointsTransferHasBeenUnlocked", 10),
        ("PointsWereAdded", 0),
        ("PointsWereAdded", 0),
    ]


def test_tells_of_level_moves(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)
    old, gold = customer.level, LevelFactory(shop, condition_value=500, reward_value="0.5")
    assert old is not None
    levels.assign_manually(customer=customer, level=gold, actor=SYSTEM)

    entry = history_of(sam, customer)[0]

    assert entry["type"] == "CustomerWasMovedToLevel"
    assert entry["flatVariables"] == {
        "levelId": str(gold.uuid),
        "oldLevelId": str(old.uuid),
        "manually": True,
        "removeLevelManually": False,
        "direction": "up",
    }


def test_leaves_out_other_customers(sam: ApiClient, shop: Store) -> None:
    alice, bob = CustomerFactory(shop), CustomerFactory(shop)
    points.add(customer=bob, amount=Decimal(1), issuer="admin")

    assert "PointsWereAdded" not in [entry["type"] for entry in history_of(sam, alice)]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 4, 5, 9])
def test_reads_by_chunks_of_the_index(count: int) -> None:
    customer = CustomerFactory()
    for _ in range(count):
        points.add(customer=customer, amount=Decimal(1), issuer="admin")
    written = list(Event.objects.filter(customer_id=customer.pk).order_by("-pk"))

    with CaptureQueriesContext(connection) as queries:
        found = list(iterate_history(customer, chunk=4))

    assert found == written
    assert len(queries) == len(written) // 4 + 1
