"""Chapter Analytics: what the whole store comes to. Source: campaigns-people spec 13.6."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import CustomerStatus
from accounts.services import points
from loyalty.core.models import Store
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.factories.transactions import SaleFactory, document, register, return_of
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory("ANALYTICS:VIEW"))


def test_counts_customers(client: ApiClient, store: Store):
    now = timezone.now()
    for days in (0, 3, 20, 200, 2000):
        CustomerFactory(store, created_at=now - timedelta(days=days, hours=1))
    CustomerFactory(store, status=CustomerStatus.DELETED)
    CustomerFactory(StoreFactory())

    assert client.get("DEFAULT/admin/analytics/customers").data == {
        "total": 5,
        "intervals": {"in_1_days": 1, "in_7_days": 2, "in_30_days": 3, "in_365_days": 4},
    }


def test_counts_spent_points(client: ApiClient, store: Store):
    customer = CustomerFactory(store)
    points.add(customer=customer, amount=Decimal(100), issuer="admin")
    points.spend(customer=customer, amount=Decimal("12.5"), issuer="admin")
    points.spend(customer=customer, amount=Decimal(7), issuer="admin")

    assert client.get("DEFAULT/admin/analytics/points").data == {
        "totalSpendingTransfers": 2,
        "totalPointsSpent": 19.5,
    }


def test_counts_purchases_less_returns(client: ApiClient, store: Store):
    """TX-14…16: a sale that came back in full is none; others are matched or not."""
    now = timezone.now()
    alice = CustomerFactory(store)
    part = SaleFactory(alice, "100.00", purchased_at=now - timedelta(days=2))
    register(store, return_of(part, "30.00", purchased_at=now - timedelta(days=1)))
    whole = SaleFactory(alice, "50.00", purchased_at=now - timedelta(hours=2))
    register(store, return_of(whole, "50.00", purchased_at=now - timedelta(hours=1)))
    register(store, document(None, "5.00", purchased_at=now - timedelta(days=100)))

    whole_store = client.get("DEFAULT/admin/analytics/transactions").data
    members = client.get(
        "DEFAULT/admin/analytics/transactions", {"excludeCustomersWithoutTransaction": "1"}
    ).data

    assert whole_store == {
        "total": 2,
        "countIntervals": {"in_1_days": 0, "in_7_days": 1, "in_30_days": 1, "in_365_days": 2},
        "amount": 75,
        "amountWithoutDeliveryCosts": 75,
        "currency": "EUR",
    }
    assert (members["total"], members["amount"]) == (1, 70)


def test_an_empty_store_has_zeros(client: ApiClient):
    answer = client.get("DEFAULT/admin/analytics/transactions")

    assert (answer.data["total"], answer.data["amount"]) == (0, 0)
    assert client.get("DEFAULT/admin/analytics/points").data["totalPointsSpent"] == 0


@pytest.mark.parametrize("what", ["customers", "points", "transactions", "levels", "referrals"])
def test_needs_its_right(store: Store, api: Api, what: str):
    clerk = api(StaffFactory("CUSTOMER", "TRANSACTION"))

    assert clerk.get(f"DEFAULT/admin/analytics/{what}").status_code == 403
