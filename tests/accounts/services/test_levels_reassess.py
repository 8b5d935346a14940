from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Customer, Level, LevelChange
from accounts.services import levels
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Event, Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def ladder(store: Store) -> tuple[Level, Level, Level]:
    """Three levels, as in LV-11: condition/reward 0/10, 20/200 and 30/300 percent."""
    return (
        LevelFactory(store, name="L0", condition_value=0, reward_value="0.1"),
        LevelFactory(store, name="L1", condition_value=20, reward_value="2"),
        LevelFactory(store, name="L2", condition_value=30, reward_value="3"),
    )


def reassess(customer: Customer, reason: Any = "purchase") -> Customer:
    levels.reassess(customer=customer, reason=reason, now=NOW)
    customer.refresh_from_db()
    return customer


@pytest.mark.parametrize(
    ("amount", "name"),
    [
        pytest.param("0", "L0", id="nothing"),
        pytest.param("19.9999", "L0", id="just-below"),
        pytest.param("20", "L1", id="exactly"),
        pytest.param("29.99", "L1", id="between"),
        pytest.param("1000", "L2", id="far-above"),
    ],
)
def test_takes_the_greatest_condition_that_is_met_lv1(amount: str, name: str) -> None:
    store = StoreFactory()
    ladder(store)
    customer = CustomerFactory(store, transactions_amount=Decimal(amount))

    reassess(customer)

    assert customer.level is not None
    assert customer.level.name == name


def test_moves_down_at_once_lv6() -> None:
    store = StoreFactory()
    low, middle, _ = ladder(store)
    customer = CustomerFactory(store, transactions_amount=Decimal(25), level_id=middle.pk)

    customer.transactions_amount = Decimal(5)
    customer.save()
    reassess(customer, "return")

    assert customer.level == low


def test_tells_and_writes_down_the_move_lv13() -> None:
    store = StoreFactory()
    low, middle, _ = ladder(store)
    customer = CustomerFactory(store, transactions_amount=Decimal(25))

    reassess(customer)

    change = LevelChange.objects.filter(customer=customer).latest("pk")
    assert (change.old_level, change.new_level, change.reason) == (low, middle, "purchase")
    fact = Event.objects.filter(type="customer.moved_to_level").latest("pk")
    assert fact.payload == {
        "customerId": str(customer.uuid),
        "levelId": str(middle.uuid),
        "oldLevelId": str(low.uuid),
        "manually": False,
        "removeLevelManually": False,
        "direction": "up",
    }


def test_writes_nothing_where_the_level_stays() -> None:
    customer = CustomerFactory()

    reassess(customer)

    assert LevelChange.objects.filter(customer=customer).count() == 1
    assert customer.version == 1


def test_subtracts_what_is_excluded_lv5() -> None:
    store = StoreFactory()
    low, _, _ = ladder(store)
    customer = CustomerFactory(
        store, transactions_amount=Decimal(25), amount_excluded_for_level=Decimal(6)
    )

    reassess(customer)

    assert customer.level == low


def test_leaves_delivery_costs_out_by_setting() -> None:
    settings = {"excludeDeliveryCostsFromTierAssignment": True, "excludedDeliverySKUs": ["D"]}
    store = StoreFactory(setting_values=settings)
    low, _, _ = ladder(store)
    customer = CustomerFactory(
        store,
        transactions_amount=Decimal(25),
        transactions_amount_without_delivery=Decimal(19),
    )

    reassess(customer)

    assert customer.level == low


@pytest.mark.parametrize("amount", [0, 1000])
def test_leaves_members_by_hand_alone_in_both_directions_c5(amount: int) -> None:
    store = StoreFactory()
    _, middle, _ = ladder(store)
    customer = CustomerFactory(store, level=middle, transactions_amount=Decimal(amount))

    reassess(customer)

    assert customer.level == middle


def test_moves_to_active_levels_only_lv4() -> None:
    store = StoreFactory()
    _, middle, top = ladder(store)
    levels.set_active(level=top, is_active=False, actor=SYSTEM)
    store.refresh_from_db()
    customer = CustomerFactory(store, transactions_amount=Decimal(1000))

    reassess(customer)

    assert customer.level == middle


def test_leaves_a_customer_who_meets_no_level() -> None:
    store = StoreFactory()
    entry = LevelFactory(store)
    customer = CustomerFactory(store)
    levels.set_active(level=entry, is_active=False, actor=SYSTEM)
    customer.store.refresh_from_db()

    reassess(customer)

    assert customer.level == entry


def test_leaves_stores_whose_levels_follow_points() -> None:
    store = StoreFactory(setting_values={"tierAssignType": "points"})
    low, _, _ = ladder(store)
    customer = CustomerFactory(store, transactions_amount=Decimal(1000))

    reassess(customer)

    assert customer.level == low


def test_needs_no_query_where_the_level_stays(django_assert_num_queries: Any) -> None:
    customer = CustomerFactory()
    levels.reassess(customer=customer, reason="purchase", now=NOW)  # type: ignore[arg-type]

    with django_assert_num_queries(0):
        levels.reassess(customer=customer, reason="purchase", now=NOW)  # type: ignore[arg-type]
