"""A batch of points by hand leaves behind what one order after the other does: row by row."""

import os
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from accounts.ledger import checks, supply
from accounts.ledger.models import PointType
from accounts.models import Customer
from accounts.services import points, points_batches
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.core import StoreFactory
from tests.left_behind import everything

pytestmark = pytest.mark.django_db

# `BATCH_ORDERS=20000` proves it on as many as a large file brings in.
ORDERS = int(os.environ.get("BATCH_ORDERS", "300"))
CUSTOMERS = max(12, ORDERS // 20)
CHUNK = 1_000 if ORDERS > 1000 else 60
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
SAM = Actor(kind=ActorKind.STAFF, id=1, uuid=UUID(int=7), name="sam")


@pytest.mark.parametrize(
    ("settings", "type"),
    [
        pytest.param({}, {}, id="plain"),
        pytest.param({"allTimeNotLocked": False, "pointsDaysLocked": 5}, {}, id="locked-points"),
        pytest.param({}, {"spend_order": "soonest_expiring_first"}, id="soonest-expiring-first"),
        pytest.param({"tierAssignType": "points"}, {}, id="levels-follow-points"),
        pytest.param({}, {"max_supply": Decimal(ORDERS * 4)}, id="limited-supply"),
    ],
)
def test_leaves_what_one_after_the_other_leaves(settings, type):
    one_by_one, at_once = (shop(name, settings, type) for name in ("One", "Many"))

    told = [outcome_of(order) for order in orders(one_by_one, random.Random(5))]
    outcomes = []
    described = orders(at_once, random.Random(5))
    for start in range(0, len(described), CHUNK):
        done = points_batches.change_many(
            store=at_once, orders=described[start : start + CHUNK], actor=SAM, now=NOW
        )
        outcomes += [text_of(outcome) for outcome in done]

    assert outcomes == told
    assert {"done", "insufficient_points", "invalid_amount"} <= set(told)
    assert ("supply_exhausted" in told) == ("max_supply" in type)
    expected, found = everything(one_by_one, NOW), everything(at_once, NOW)
    for each in (expected, found):
        # A wave is written at once: the trail tells each customer's story in its order.
        each["trail"].sort(key=lambda entry: entry[2].partition("customerId")[2])
    assert [part for part in expected if found[part] != expected[part]] == []
    assert checks.find_differences() == []


def test_takes_the_same_number_of_queries_whatever_the_number(
    django_assert_num_queries,
):
    store = shop("Queries", {}, {})
    people = list(Customer.objects.in_store(store).select_related("store"))
    described = [points.Grant(customer=each, amount=Decimal(5)) for each in people]
    described += [points.Spend(customer=each, amount=Decimal(3)) for each in people]

    for part in (people[:5], people[5:]):
        wanted = [order for order in described if order.customer in part]
        # Is there a limit; the wallets; of each of two waves a savepoint and its release, the
        # lock, the statement, the trail and its own.
        with django_assert_num_queries(14):
            points_batches.change_many(store=store, orders=wanted, actor=SAM, now=NOW)


def shop(name, settings, type):
    store = StoreFactory(setting_values=settings)
    for condition in (0, 60, 300):
        LevelFactory(store, name=f"Level {condition}", condition_value=condition)
    for point_type in PointType.objects.in_store(store):
        point_type.spend_order = type.get("spend_order", point_type.spend_order)
        point_type.save()
        if "max_supply" in type:
            supply.limit(point_type, type["max_supply"], now=NOW)
    for number in range(CUSTOMERS):
        CustomerFactory(store, email=f"ann{number}@example.com", last_name=f"Member {number}")
    store.refresh_from_db()
    return store


def orders(store, chance):
    """Return orders, most of them good, of customers of whom some stand there often."""
    people = list(Customer.objects.in_store(store).select_related("store").order_by("pk"))
    for each in people:
        each.store = store
    return [
        order(chance.choice(people[: CUSTOMERS // 4] if chance.random() < 0.3 else people), chance)
        for _ in range(ORDERS)
    ]


def order(customer, chance):
    amount = Decimal(chance.choices([chance.randint(1, 40), 0, -3, 10**13], [95, 2, 2, 1])[0])
    if chance.random() < 0.45:
        return points.Spend(customer=customer, amount=amount, issuer="admin", comment="By file")
    days = chance.choice([None, 10, 20, 30])
    return points.Grant(
        customer=customer,
        amount=amount,
        issuer="admin",
        comment="By file",
        expires_at=None if days is None else NOW + timedelta(days=days),
    )


def outcome_of(order):
    try:
        return text_of(points_batches.change(order=order, actor=SAM, now=NOW))
    except DomainError as refusal:
        return text_of(refusal)


def text_of(outcome):
    return outcome.code if isinstance(outcome, DomainError) else "done"
