"""Who calls the chapters about rewards: Sam of the staff, Mona the seller, Alice the customer."""

import pytest

from accounts.models import Customer, Level
from loyalty.core.models import Store
from tests.factories import CustomerFactory, LevelFactory, SellerFactory, StoreFactory
from tests.factories.campaigns import give_points
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient


@pytest.fixture
def shop(db: None) -> Store:
    return StoreFactory(code="SHOP")


@pytest.fixture
def entry(shop: Store) -> Level:
    """The level that everybody of the shop is on."""
    return LevelFactory(shop, name="Basic")


@pytest.fixture
def alice(shop: Store, entry: Level) -> Customer:
    """A customer with 80 points."""
    customer = CustomerFactory(shop, level=entry, first_name="Alice", email="alice@example.com")
    give_points(customer, 80)
    return customer


@pytest.fixture
def sam(db: None) -> ApiClient:
    return ApiClient(StaffFactory())


@pytest.fixture
def viewer(db: None) -> ApiClient:
    """Vera of the staff, who may look at rewards and change nothing."""
    return ApiClient(StaffFactory("REWARD_CAMPAIGN:VIEW"))


@pytest.fixture
def mona(shop: Store) -> ApiClient:
    return ApiClient(SellerFactory(shop))


@pytest.fixture
def app(alice: Customer) -> ApiClient:
    """Alice's own app."""
    return ApiClient(alice)


@pytest.fixture
def nobody(db: None) -> ApiClient:
    return ApiClient()
