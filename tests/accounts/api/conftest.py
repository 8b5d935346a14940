from collections.abc import Callable

import pytest

from accounts.models import Role, StaffUser
from loyalty.core.models import Store
from tests.factories import LevelFactory, StoreFactory
from tests.support.api import ApiClient

Clerk = Callable[..., ApiClient]


@pytest.fixture
def shop(db: None) -> Store:
    """A store with an entry level."""
    store = StoreFactory()
    LevelFactory(store, name="level0")
    return store


@pytest.fixture
def sam(db: None) -> ApiClient:
    """A client of a super admin."""
    return ApiClient(StaffUser.objects.create_superuser("sam-the-staff", "Open-Sesame-1"))


@pytest.fixture
def clerk(db: None) -> Clerk:
    """`clerk(CUSTOMER=["VIEW"])` is a client of staff with these permissions and no others."""

    def make(**permissions: list[str]) -> ApiClient:
        role = Role.objects.create(name="Clerk")
        for resource, accesses in permissions.items():
            for access in accesses:
                role.permissions.create(resource=resource, access=access)
        user = StaffUser.objects.create(username="clerk")
        user.roles.add(role)
        return ApiClient(user)

    return make
