"""Members of a store without anything around them, and amounts that are quick to write."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.ledger.wallets import open_wallet
from accounts.models import Customer
from loyalty.core.models import Store

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

# What the worked examples assume: points are usable at once and do not expire.
FOREVER = {"pointsDaysExpiryAfter": "all_time_active", "allTimeNotLocked": True, "timezone": "UTC"}


def open_member(store: Store, name: str = "Alice") -> Customer:
    customer = Customer.objects.create(
        store=store, wallet=open_wallet(store), first_name=name, last_name="Member"
    )
    customer.store = store
    return customer


@pytest.fixture
def member(store: Store) -> Callable[[], Customer]:
    """Open a customer in a DEFAULT store whose points neither lock nor expire."""
    store.setting_values = FOREVER
    store.save(update_fields=["setting_values"])
    return lambda: open_member(store)


@pytest.fixture
def alice(member: Callable[[], Customer]) -> Customer:
    return member()


@pytest.fixture
def bob(member: Callable[[], Customer]) -> Customer:
    return member()
