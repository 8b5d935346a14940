"""Who calls the chapter Transactions: Sam of the staff, Mona the seller, Alice the customer."""

import pytest

from tests.factories import CustomerFactory, SellerFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient


@pytest.fixture
def alice(store):
    return CustomerFactory(store, email="alice@example.com", first_name="Alice")


@pytest.fixture
def staff(db):
    """Sam, who may do everything."""
    return ApiClient(StaffFactory(is_super=True))


@pytest.fixture
def reader(db):
    """Rita of the staff, who may look at purchases and change nothing."""
    return ApiClient(StaffFactory("TRANSACTION:VIEW"))


@pytest.fixture
def seller(store):
    """Mona, at the till."""
    return ApiClient(SellerFactory(store))


@pytest.fixture
def customer(alice):
    return ApiClient(alice)
