"""The cast of the till's tests: Mona the merchant, and Alice of the same store."""

import pytest
from django.test import Client

from accounts.models import Customer, Seller
from loyalty.core.models import Store
from tests.factories.accounts import PASSWORD, CustomerFactory, LevelFactory, SellerFactory
from tests.factories.core import default_store


@pytest.fixture
def store(db) -> Store:
    store = default_store()
    LevelFactory(store, name="Bronze")
    return store


@pytest.fixture
def mona(store: Store) -> Seller:
    return SellerFactory(store, email="mona@example.com", password=PASSWORD)


@pytest.fixture
def alice(store: Store) -> Customer:
    return CustomerFactory(
        store,
        first_name="Alice",
        last_name="Wonder",
        email="alice@example.com",
        phone="+48601234567",
        loyalty_card_number="CARD-0077",
    )


@pytest.fixture
def till(client: Client, mona: Seller) -> Client:
    """Mona's browser, signed in."""
    answer = client.post("/pos/sign-in/", {"email": mona.email, "password": PASSWORD})
    assert answer["Location"] == "/pos/"
    return client
