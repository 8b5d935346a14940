"""The cast of the portal's tests: Alice of the default store."""

import pytest
from django.test import Client

from accounts.models import Customer
from loyalty.core.models import Store
from tests.factories.accounts import PASSWORD, CustomerFactory
from tests.factories.core import default_store


@pytest.fixture
def store(db) -> Store:
    return default_store()


@pytest.fixture
def alice(store: Store) -> Customer:
    return CustomerFactory(
        store,
        first_name="Alice",
        email="alice@example.com",
        phone="+48601234567",
        loyalty_card_number="CARD-0077",
        password=PASSWORD,
    )


@pytest.fixture
def signed_in(client: Client, alice: Customer) -> Client:
    response = client.post("/portal/sign-in/", {"login": alice.email, "password": PASSWORD})
    assert response.status_code == 302
    return client
