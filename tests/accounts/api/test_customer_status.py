from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Customer
from accounts.selectors.standing import get_progress
from accounts.services import points
from loyalty.core.models import Store
from tests.factories import CustomerFactory, LevelFactory, SellerFactory, StoreFactory
from tests.support.api import ApiClient

AFTER_A_YEAR = {
    "tierAssignType": "points",
    "levelDowngradeMode": "after_x_days",
    "levelDowngradeDays": 365,
    "levelDowngradeBase": "active_points",
    "pointsDaysExpiryAfter": "all_time_active",
}


@pytest.fixture
def john(shop: Store) -> Customer:
    """A customer who spent 3.00 and earned 100 points."""
    LevelFactory(shop, name="level1", condition_value=20, reward_value="0.05")
    customer = CustomerFactory(
        shop,
        transactions_count=2,
        transactions_amount=Decimal(3),
        transactions_amount_without_delivery=Decimal(3),
    )
    points.add(customer=customer, amount=Decimal("100.5"), issuer="admin", expires_at=None)
    points.spend(customer=customer, amount=Decimal(25), issuer="admin")
    return customer


def test_writes_the_documented_figures(sam: ApiClient, john: Customer) -> None:
    answer = sam.get(f"{john.store.code}/admin/customer/{john.uuid}/status")

    assert answer.status_code == 200
    assert answer.data == {
        "firstName": "Alice",
        "lastName": john.last_name,
        "customerId": str(john.uuid),
        "points": 75.5,
        "p2pPoints": 0,
        "totalEarnedPoints": 100.5,
        "usedPoints": 25,
        "expiredPoints": 0,
        "lockedPoints": 0,
        "blockedPoints": 0,
        "level": "0.00%",
        "levelName": "level0",
        "levelConditionValue": 0,
        "nextLevel": "5.00%",
        "nextLevelName": "level1",
        "nextLevelConditionValue": 20,
        "transactionsAmountWithoutDeliveryCosts": 3,
        "transactionsAmountToNextLevel": 17,
        "averageTransactionsAmount": "1.50",
        "transactionsCount": 2,
        "transactionsAmount": 3,
        "currency": "eur",
        "pointsExpiringNextMonth": 0,
    }


def test_shows_what_expires_next_month_by_day_pe9(sam: ApiClient, john: Customer) -> None:
    today = timezone.now().astimezone(john.store.zone)
    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=10)
    points.add(customer=john, amount=Decimal("61.4"), issuer="admin", expires_at=next_month)

    answer = sam.get(f"{john.store.code}/admin/customer/{john.uuid}/status")

    assert answer.data["pointsExpiringNextMonth"] == 61.4
    assert answer.data["pointsExpiringBreakdown"] == {next_month.date().isoformat(): 61.4}


def test_leaves_the_next_level_out_at_the_top(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)

    answer = sam.get(f"{shop.code}/admin/customer/{customer.uuid}/status")

    assert answer.data["levelName"] == "level0"
    assert "nextLevel" not in answer.data
    assert "transactionsAmountToNextLevel" not in answer.data


def test_names_the_missing_amount_without_delivery_by_setting(sam: ApiClient) -> None:
    settings = {"excludeDeliveryCostsFromTierAssignment": True, "excludedDeliverySKUs": ["D"]}
    store = StoreFactory(setting_values=settings)
    LevelFactory(store)
    LevelFactory(store, condition_value=200)
    customer = CustomerFactory(
        store,
        transactions_amount=Decimal(120),
        transactions_amount_without_delivery=Decimal(100),
    )

    answer = sam.get(f"{store.code}/admin/customer/{customer.uuid}/status")

    assert answer.data["transactionsAmountToNextLevelWithoutDeliveryCosts"] == 100
    assert "transactionsAmountToNextLevel" not in answer.data


def test_counts_the_missing_points_where_levels_follow_points(sam: ApiClient) -> None:
    store = StoreFactory(setting_values={"tierAssignType": "points"})
    LevelFactory(store)
    LevelFactory(store, condition_value=200)
    customer = CustomerFactory(store)
    points.add(customer=customer, amount=Decimal(80), issuer="admin")
    points.spend(customer=customer, amount=Decimal(30), issuer="admin")

    answer = sam.get(f"{store.code}/admin/customer/{customer.uuid}/status")

    # What was earned counts, not what is left (C4).
    assert answer.data["pointsToNextLevel"] == 120
    assert answer.data["nextLevelConditionValue"] == 200
    assert "transactionsAmountToNextLevel" not in answer.data
    assert "levelWillExpireInDays" not in answer.data


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("recalculated_at", "now", "days"),
    [
        # The printed example: 2019-03-19 12:00 and 365 days, asked on 2019-12-10 12:00.
        pytest.param("2019-03-19 12:00Z", "2019-12-10 12:00Z", 99, id="printed"),
        pytest.param("2019-03-19 12:00Z", "2019-12-10 12:01Z", 99, id="begun-day"),
        pytest.param("2019-03-19 12:00Z", "2019-12-10 11:00Z", 100, id="hour-before"),
        pytest.param("2019-03-19 12:00Z", "2020-03-18 12:00Z", 0, id="due"),
        pytest.param("2019-03-19 12:00Z", "2021-01-01 00:00Z", 0, id="overdue"),
        pytest.param(None, "2019-01-02 00:00Z", 364, id="from-registration"),
    ],
)
def test_counts_the_days_of_a_level_lv46(recalculated_at: str | None, now: str, days: int) -> None:
    store = StoreFactory(setting_values=AFTER_A_YEAR)
    customer = CustomerFactory(
        store,
        created_at=datetime(2019, 1, 1, tzinfo=UTC),
        last_level_recalculation_at=recalculated_at and datetime.fromisoformat(recalculated_at),
    )

    retention = get_progress(customer, datetime.fromisoformat(now)).retention

    assert retention is not None
    assert retention.days == days


@pytest.mark.parametrize(
    ("earned", "figures"),
    [
        pytest.param(0, (20, 0, 0), id="nothing-yet"),
        pytest.param(12, (8, 12, 0), id="below-the-first"),
        pytest.param(20, (180, 20, 0), id="just-kept"),
        pytest.param(50, (150, 50, 0), id="kept"),
    ],
)
def test_says_what_keeps_a_level_lv46(
    sam: ApiClient, earned: int, figures: tuple[int, int, int]
) -> None:
    store = StoreFactory(setting_values=AFTER_A_YEAR)
    for condition, reward in ((0, "0"), (20, "0.1"), (200, "0.2")):
        LevelFactory(store, condition_value=condition, reward_value=reward)
    customer = CustomerFactory(store)
    if earned:
        points.add(customer=customer, amount=Decimal(earned), issuer="admin")

    answer = sam.get(f"{store.code}/admin/customer/{customer.uuid}/status")

    assert figures == (
        answer.data["pointsToNextLevel"],
        answer.data["pointsSinceLastLevelRecalculation"],
        answer.data["pointsRequiredToRetainLevel"],
    )
    assert answer.data["levelWillExpireInDays"] == 365


def test_says_what_is_missing_to_keep_a_level_earned_last_year_lv46(sam: ApiClient) -> None:
    store = StoreFactory(setting_values=AFTER_A_YEAR)
    LevelFactory(store)
    silver = LevelFactory(store, condition_value=20)
    customer = CustomerFactory(store, level_id=silver.pk)
    points.add(customer=customer, amount=Decimal(15), issuer="admin")
    points.spend(customer=customer, amount=Decimal(10), issuer="admin")

    answer = sam.get(f"{store.code}/admin/customer/{customer.uuid}/status")

    assert answer.data["pointsSinceLastLevelRecalculation"] == 15
    assert answer.data["pointsRequiredToRetainLevel"] == 5


def test_says_nothing_of_an_end_to_members_by_hand_c5(sam: ApiClient) -> None:
    store = StoreFactory(setting_values=AFTER_A_YEAR)
    level = LevelFactory(store)
    customer = CustomerFactory(store, manually_assigned_level_id=level.pk)

    answer = sam.get(f"{store.code}/admin/customer/{customer.uuid}/status")

    assert "levelWillExpireInDays" not in answer.data
    assert "pointsRequiredToRetainLevel" not in answer.data


def test_has_a_path_for_each_kind_of_caller(john: Customer) -> None:
    code, uuid = john.store.code, john.uuid
    own, seller = ApiClient(john), ApiClient(SellerFactory(john.store))

    assert own.get(f"{code}/customer/customer/{uuid}/status").status_code == 200
    assert own.get(f"{code}/customer/{uuid}/status").status_code == 200
    assert own.get(f"{code}/seller/customer/{uuid}/status").status_code == 403
    assert seller.get(f"{code}/seller/customer/{uuid}/status").status_code == 200
    assert seller.get(f"{code}/customer/customer/{uuid}/status").status_code == 403
    assert ApiClient().get(f"{code}/customer/{uuid}/status").status_code == 401


def test_hides_the_status_of_another_customer(john: Customer) -> None:
    eve = ApiClient(CustomerFactory(john.store))

    answer = eve.get(f"{john.store.code}/customer/{john.uuid}/status")

    assert answer.status_code == 404


def test_asks_the_database_twice(john: Customer, django_assert_num_queries: Any) -> None:
    client = ApiClient(john)
    path = f"{john.store.code}/customer/{john.uuid}/status"
    client.get(path)

    # The session with its principal and the store; the customer with the figures.
    with django_assert_num_queries(2):
        client.get(path)
