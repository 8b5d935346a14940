"""Levels that follow points: what counts, and when it moves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.ledger.models import Lot
from accounts.models import Customer, Level, LevelChange
from accounts.selectors import qualifying
from accounts.services import level_moves, levels, points, points_jobs
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.models import Event, Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAM = Actor(kind=ActorKind.STAFF, id=1, uuid=uuid4(), name="sam", is_super=True)
FOREVER = {"pointsDaysExpiryAfter": "all_time_active", "allTimeNotLocked": True, "timezone": "UTC"}
BY_POINTS = FOREVER | {"tierAssignType": "points"}
ACTIVE, EARNED, SINCE_MOVE = (
    "active_points",
    "earned_points",
    "earned_points_since_last_level_change",
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]


def after_days(base: str, **others: Any) -> dict[str, Any]:
    return {
        "levelDowngradeMode": "after_x_days",
        "levelDowngradeDays": 365,
        "levelDowngradeBase": base,
    } | others


def program(**settings: Any) -> Store:
    """A store whose levels follow points: 0, 20 and 30 of them, with rising rewards."""
    store = StoreFactory(setting_values=BY_POINTS | settings)
    for name, condition, reward in (("L0", 0, "0.1"), ("L1", 20, "2"), ("L2", 30, "3")):
        LevelFactory(store, name=name, condition_value=condition, reward_value=reward)
    return store


def at(day: int) -> datetime:
    return NOW + timedelta(days=day)


def earn(customer: Customer, amount: object, day: int = 0, **others: Any) -> Lot:
    return points.add(
        customer=customer, amount=Decimal(str(amount)), issuer="admin", now=at(day), **others
    )


def level_of(customer: Customer) -> str:
    customer.refresh_from_db()
    assert customer.level is not None
    return customer.level.name


def amount_of(customer: Customer, day: int = 0) -> Decimal:
    return qualifying.assess_points(customer.pk, store=customer.store, now=at(day)).amount


def store_level(store: Store, name: str) -> Level:
    return Level.objects.in_store(store).get(translations__name=name)


MODES = [
    pytest.param({}, id="none"),
    pytest.param({"levelDowngradeMode": "automatic"}, id="automatic"),
    pytest.param(after_days(ACTIVE), id="active"),
    pytest.param(after_days(EARNED), id="earned"),
    pytest.param(after_days(SINCE_MOVE), id="since-move"),
]


@pytest.mark.parametrize("settings", MODES)
def test_go_up_at_once_in_every_mode_lv7(settings: dict[str, Any]) -> None:
    customer = CustomerFactory(program(**settings))

    earn(customer, "19.99")
    assert level_of(customer) == "L0"
    earn(customer, "10.01")

    assert level_of(customer) == "L2"
    change = LevelChange.objects.filter(customer=customer).latest("pk")
    assert (change.reason, change.changed_at) == ("points", NOW)
    fact = Event.objects.get(type="customer.moved_to_level", payload__direction="up")
    assert fact.payload["manually"] is False


@pytest.mark.parametrize("settings", MODES)
def test_stay_when_points_are_spent_expire_or_are_reset_lv8_c4(settings: dict[str, Any]) -> None:
    customer = CustomerFactory(program(**settings))
    earn(customer, 10, expires_at=at(1))
    lot = earn(customer, 20)
    points.spend(customer=customer, amount=Decimal(12), issuer="admin", now=at(0))
    points.block(customer=customer, amount=Decimal(5), issuer="admin", now=at(0))
    points.expire(store=customer.store, transfer_uuid=lot.uuid, now=at(2))
    points.reset(customer=customer, now=at(3))

    assert level_of(customer) == "L2"


RETURNED = [
    pytest.param({}, "L2", id="none-stays"),
    pytest.param({"levelDowngradeMode": "automatic"}, "L0", id="automatic-goes-down"),
    pytest.param(after_days(ACTIVE), "L2", id="after-days-waits"),
]


@pytest.mark.parametrize(("settings", "level"), RETURNED)
def test_go_down_at_a_return_in_the_mode_automatic_only_lv8_tx24(
    settings: dict[str, Any], level: str
) -> None:
    customer = CustomerFactory(program(**settings))
    sale = uuid4()
    earn(customer, 30, transaction_uuid=sale)
    points.spend(customer=customer, amount=Decimal(25), issuer="admin", now=at(0))

    points.take_back(
        customer=customer, sale_uuid=sale, return_uuid=uuid4(), amount=Decimal(30), now=at(1)
    )

    assert level_of(customer) == level


@pytest.mark.parametrize(("settings", "level"), RETURNED)
def test_go_down_at_a_cancellation_in_the_mode_automatic_only_lv8(
    settings: dict[str, Any], level: str
) -> None:
    customer = CustomerFactory(program(**settings))
    lot = earn(customer, 30)

    points.cancel(store=customer.store, transfer_uuid=lot.uuid, now=at(1))

    assert level_of(customer) == level


@pytest.mark.parametrize(
    ("settings", "counted"),
    [
        # 40 earned, 10 of them still locked; 6 spent; 5 received; 8 taken back; 7 cancelled.
        pytest.param({}, "15", id="none-c4"),
        pytest.param(after_days(ACTIVE), "14", id="active_points"),
        pytest.param(after_days(EARNED), "23", id="earned_points"),
        pytest.param(after_days(SINCE_MOVE), "23", id="earned_points_since_last_level_change"),
    ],
)
def test_count_by_base_lv42(settings: dict[str, Any], counted: str) -> None:
    store = program(**settings)
    alice, bob = CustomerFactory(store), CustomerFactory(store)
    store.setting_values |= {"allTimeNotLocked": False, "pointsDaysLocked": 30}
    earn(alice, 10)
    store.setting_values |= {"allTimeNotLocked": True}
    sale = uuid4()
    earn(alice, "14.5", transaction_uuid=sale)
    earn(alice, "8.5")
    cancelled = earn(alice, 7)
    points.spend(customer=alice, amount=Decimal(6), issuer="admin", now=at(1))
    earn(bob, 5)
    points.transfer(sender=bob, receiver=alice, amount=Decimal(5), now=at(1))
    points.take_back(
        customer=alice, sale_uuid=sale, return_uuid=uuid4(), amount=Decimal(8), now=at(2)
    )
    points.cancel(store=store, transfer_uuid=cancelled.uuid, now=at(2))
    Customer.objects.filter(pk=alice.pk).update(last_level_recalculation_at=None)

    assert amount_of(alice, 3) == Decimal(counted)


def test_count_locked_points_from_their_unlocking_on_pe7() -> None:
    store = program(allTimeNotLocked=False, pointsDaysLocked=3)
    customer = CustomerFactory(store)
    earn(customer, 30)
    assert (level_of(customer), amount_of(customer, 2)) == ("L0", 0)
    assert amount_of(customer, 3) == 30

    points_jobs.unlock_due(at(4))

    assert level_of(customer) == "L2"


@pytest.mark.parametrize("settings", MODES)
def test_move_many_who_unlock_at_once(settings: dict[str, Any]) -> None:
    """LV-7, LV-13: each with history and fact, in as many statements as for two."""
    store = program(allTimeNotLocked=False, pointsDaysLocked=3, **settings)
    by_hand = CustomerFactory(store)
    customers = [by_hand, *(CustomerFactory(store) for _ in range(20))]
    level_moves.assign_manually(customer=by_hand, level=store_level(store, "L1"), actor=SAM)
    for customer in customers[:3]:
        earn(customer, 15)
        earn(customer, 15)
    with CaptureQueriesContext(connection) as few:
        points_jobs.unlock_due(at(4))
    for customer in customers[3:]:
        earn(customer, 15, day=4)
        earn(customer, 15, day=4)
    facts = Event.objects.filter(type="customer.moved_to_level").count()

    with CaptureQueriesContext(connection) as many:
        points_jobs.unlock_due(at(8))

    assert len(many) == len(few)
    assert [level_of(customer) for customer in customers] == ["L1"] + ["L2"] * 20
    moves = LevelChange.objects.filter(reason="points", changed_at=at(8))
    assert moves.count() == 18
    told = Event.objects.filter(type="customer.moved_to_level").order_by("pk")[facts:]
    assert [fact.customer_id for fact in told] == [c.pk for c in customers[3:]]
    old, new = store_level(store, "L0"), store_level(store, "L2")
    last = customers[-1]
    assert told[17].payload == {
        "customerId": str(last.uuid),
        "levelId": str(new.uuid),
        "oldLevelId": str(old.uuid),
        "manually": False,
        "removeLevelManually": False,
        "direction": "up",
    }
    assert (told[17].subject, told[17].store_id) == (last.uuid, store.pk)
    starts_anew = settings.get("levelDowngradeBase") == SINCE_MOVE
    assert last.last_level_recalculation_at == (at(8) if starts_anew else None)


def test_count_points_received_on_the_base_active_points() -> None:
    store = program(**after_days(ACTIVE))
    sender, receiver = CustomerFactory(store), CustomerFactory(store)
    earn(sender, 25)

    points.transfer(sender=sender, receiver=receiver, amount=Decimal(20), now=at(1))

    assert (level_of(sender), level_of(receiver)) == ("L1", "L1")


def test_count_earned_points_since_the_last_recalculation_only() -> None:
    customer = CustomerFactory(program(**after_days(EARNED)))
    earn(customer, 15, day=0)
    Customer.objects.filter(pk=customer.pk).update(last_level_recalculation_at=at(0))

    earn(customer, 19, day=1)

    assert (amount_of(customer, 1), level_of(customer)) == (19, "L0")


def test_count_anew_from_each_move_on_that_base() -> None:
    customer = CustomerFactory(program(**after_days(SINCE_MOVE)))

    earn(customer, 22, day=1)
    assert (level_of(customer), amount_of(customer, 1)) == ("L1", 0)
    assert customer.last_level_recalculation_at == at(1)
    earn(customer, 29, day=2)
    assert level_of(customer) == "L1"
    earn(customer, 1, day=3)

    assert level_of(customer) == "L2"


@pytest.mark.parametrize("settings", MODES)
def test_leave_members_by_hand_alone_c5_lv11(settings: dict[str, Any]) -> None:
    store = program(**settings)
    middle = store_level(store, "L1")
    customer = CustomerFactory(store)
    levels.assign_manually(customer=customer, level=middle, actor=SAM, now=NOW)

    lot = earn(customer, 40, day=1)
    assert level_of(customer) == "L1"
    points.cancel(store=store, transfer_uuid=lot.uuid, now=at(2))

    assert level_of(customer) == "L1"


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        pytest.param({}, "L2", id="none-counts-what-was-earned"),
        pytest.param({"levelDowngradeMode": "automatic"}, "L2", id="automatic"),
        pytest.param(after_days(ACTIVE), "L0", id="active-counts-what-is-left"),
        pytest.param(after_days(EARNED), "L2", id="earned"),
    ],
)
def test_unassigning_counts_by_the_configured_basis_lv12(
    settings: dict[str, Any], level: str
) -> None:
    store = program(**settings)
    customer = CustomerFactory(store)
    levels.assign_manually(customer=customer, level=store_level(store, "L1"), actor=SAM, now=NOW)
    earn(customer, 35, day=1)
    points.spend(customer=customer, amount=Decimal(30), issuer="admin", now=at(1))

    levels.unassign(customer=customer, actor=SAM, now=at(2))

    assert level_of(customer) == level
    assert customer.manually_assigned_level is None


def test_compare_by_condition_where_rewards_are_equal_lv2() -> None:
    store = StoreFactory(setting_values=BY_POINTS)
    LevelFactory(store, name="Start")
    LevelFactory(store, name="Regular", condition_value=20)
    customer = CustomerFactory(store)

    lot = earn(customer, 20)
    points.cancel(store=store, transfer_uuid=lot.uuid, now=at(1))

    assert level_of(customer) == "Regular"


def test_better_is_what_rewards_more_whatever_its_condition_lv2() -> None:
    store = StoreFactory(setting_values=BY_POINTS)
    LevelFactory(store, name="Start", reward_value="0.5")
    LevelFactory(store, name="Regular", condition_value=20, reward_value="0.1")
    customer = CustomerFactory(store)

    earn(customer, 20)

    assert level_of(customer) == "Start"


def test_cost_a_store_on_the_other_basis_nothing() -> None:
    plain, other = StoreFactory(setting_values=FOREVER), program()
    alice, bob = CustomerFactory(plain), CustomerFactory(other)
    earn(alice, 1)
    earn(bob, 1)

    with CaptureQueriesContext(connection) as without:
        earn(alice, 1)
    with CaptureQueriesContext(connection) as by_points:
        earn(bob, 1)

    assert len(without) == 1
    # The customer's lock, and what counts for the level.
    assert len(by_points) == len(without) + 2


@pytest.mark.parametrize(
    "later", [pytest.param(0, id="at-the-same-moment"), pytest.param(-1, id="who-waited-for-it")]
)
def test_points_that_come_with_a_move_count_after_it(later):
    """LV 4.2: since the last level change, whichever till's clock was read first."""
    customer = CustomerFactory(program(**after_days(SINCE_MOVE)))
    earn(customer, 20, day=5)
    assert level_of(customer) == "L1"

    earn(customer, 30, day=5 + later)

    assert level_of(customer) == "L2"
