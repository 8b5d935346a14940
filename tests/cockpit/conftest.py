"""The cockpit through Django's client."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.staff import StaffFactory


@pytest.fixture
def cockpit(db: None) -> Callable[..., Client]:
    """
    Return a function that signs somebody in: `cockpit("CUSTOMER:VIEW")` with these permissions,
    `cockpit()` as a super admin, `cockpit(staff=…)` as that person.
    """

    def sign_in(*permissions: str, staff=None, **fields) -> Client:
        client = Client()
        client.force_login(staff or StaffFactory(*permissions, **fields))
        return client

    return sign_in
