from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Customer
from accounts.selectors import notices
from accounts.services import points
from loyalty.core.models import Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
# The tenth day after NOW, in Warsaw.
DAY = datetime(2026, 3, 10, 23, tzinfo=UTC), datetime(2026, 3, 11, 22, 59, 59, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def earn(customer: Customer, amount: object, expires_at: datetime | None) -> None:
    points.add(
        customer=customer,
        amount=Decimal(str(amount)),
        issuer="admin",
        now=NOW,
        expires_at=expires_at,
    )


def expiring_points(store: Store, **others: Any) -> list[notices.ExpiringPoints]:
    return [who for batch in notices.iterate_expiring_points(store, NOW, **others) for who in batch]


def expiring_levels(store: Store, now: datetime) -> list[notices.ExpiringLevel]:
    return [who for batch in notices.iterate_expiring_levels(store, now) for who in batch]


def test_sums_what_a_customer_loses_on_that_day_pe10_c7() -> None:
    customer = CustomerFactory(phone="+48600700800")
    store = customer.store
    earn(customer, 3, DAY[0] - timedelta(seconds=1))
    earn(customer, "10.5", DAY[0])
    earn(customer, 20, DAY[1])
    earn(customer, 40, DAY[1] + timedelta(seconds=1))
    earn(customer, 80, None)
    points.spend(customer=customer, amount=Decimal(5), issuer="admin", now=NOW)

    # The oldest are spent first: 3, and 2 of the 10.5.
    assert expiring_points(store) == [
        notices.ExpiringPoints(customer.pk, customer.uuid, Decimal("28.5"), DAY[1])
    ]


def test_says_nothing_of_points_that_cannot_be_spent_pe10() -> None:
    store = StoreFactory(setting_values={"allTimeNotLocked": False, "pointsDaysLocked": 30})
    locked, deleted = CustomerFactory(store), CustomerFactory(store)
    earn(locked, 5, DAY[1])
    earn(deleted, 5, DAY[1])
    deleted.status = "deleted"
    deleted.save(update_fields=["status"])
    earn(CustomerFactory(), 5, DAY[1])

    assert expiring_points(store) == []


def test_comes_in_batches_that_miss_nobody_pe10() -> None:
    store = StoreFactory()
    customers = [CustomerFactory(store) for _ in range(5)]
    for customer in customers:
        earn(customer, 5, DAY[1])

    batches = list(notices.iterate_expiring_points(store, NOW, batch=2))

    assert [len(batch) for batch in batches] == [2, 2, 1]
    told = [who.customer_id for batch in batches for who in batch]
    assert told == [customer.pk for customer in customers]


def program(**settings: Any) -> Store:
    """0, 10 and 30 active points; levels end after 365 days, and the notice is 10 days before."""
    values = {
        "tierAssignType": "points",
        "levelDowngradeMode": "after_x_days",
        "levelDowngradeDays": 365,
        "levelDowngradeBase": "active_points",
    }
    store = StoreFactory(setting_values=values | settings)
    for name, condition in (("L0", 0), ("L1", 10), ("L2", 30)):
        LevelFactory(store, name=name, condition_value=condition, reward_value=condition)
    return store


def member(store: Store, *, left: int, **fields: Any) -> Customer:
    """Somebody who reached L2 when they joined, and has `left` points of it."""
    customer = CustomerFactory(store, created_at=NOW, **fields)
    earn(customer, 30, None)
    if left < 30:
        spent = Decimal(30 - left)
        points.spend(customer=customer, amount=spent, issuer="admin", now=NOW)
    return customer


@pytest.mark.parametrize(
    ("left", "future"),
    [
        pytest.param(0, "L0", id="0-falls-to-L0"),
        # The original picked the lowest threshold above, which is one too high.
        pytest.param(9, "L0", id="9-falls-to-L0"),
        pytest.param(10, "L1", id="10-falls-to-L1"),
        pytest.param(30, None, id="30-stays"),
    ],
)
def test_names_the_level_to_come_lv17(left: int, future: str | None) -> None:
    store = program()
    customer = member(store, left=left)

    found = expiring_levels(store, NOW + timedelta(days=355))

    if future is None:
        assert found == []
        return
    [told] = found
    assert told.customer_uuid == customer.uuid
    assert (told.level.name(), told.future.name()) == ("L2", future)
    assert told.ends_at == NOW + timedelta(days=365)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(354.99, 0, id="eleven-days-before"),
        pytest.param(355, 1, id="ten-days-before"),
        pytest.param(355.99, 1, id="ten-begun-days-before"),
        pytest.param(356, 0, id="nine-days-before"),
    ],
)
def test_tells_once_lv17(days: float, told: int) -> None:
    store = program()
    member(store, left=0)

    assert len(expiring_levels(store, NOW + timedelta(days=days))) == told


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"tierAssignType": "transactions"}, id="other-basis"),
        pytest.param({"levelDowngradeMode": "none"}, id="other-mode"),
    ],
)
def test_says_nothing_where_no_level_ends_lv17(settings: dict[str, Any]) -> None:
    store = program(**settings)
    member(store, left=0)

    assert expiring_levels(store, NOW + timedelta(days=355)) == []


def test_says_nothing_to_members_by_hand_c5() -> None:
    store = program()
    customer = member(store, left=0)
    customer.refresh_from_db()
    customer.manually_assigned_level = customer.level
    customer.save(update_fields=["manually_assigned_level"])

    assert expiring_levels(store, NOW + timedelta(days=355)) == []
