from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Customer
from accounts.services import points
from loyalty.core.models import Store
from tests.factories import CustomerFactory, LevelFactory, SellerFactory, StoreFactory
from tests.support.api import ApiClient


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


def test_leaves_the_missing_amount_out_where_levels_follow_points(sam: ApiClient) -> None:
    store = StoreFactory(setting_values={"tierAssignType": "points"})
    LevelFactory(store)
    LevelFactory(store, condition_value=200)

    answer = sam.get(f"{store.code}/admin/customer/{CustomerFactory(store).uuid}/status")

    assert answer.data["nextLevelConditionValue"] == 200
    assert "transactionsAmountToNextLevel" not in answer.data


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


def test_asks_the_database_three_times(john: Customer, django_assert_num_queries: Any) -> None:
    client = ApiClient(john)
    path = f"{john.store.code}/customer/{john.uuid}/status"
    client.get(path)

    # The session with its principal, the store, the customer, the figures.
    with django_assert_num_queries(3):
        client.get(path)
