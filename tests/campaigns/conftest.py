"""A customer with a hundred points, and those who act."""

from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.selectors import balances
from loyalty.core import clock
from loyalty.core.actors import Actor, ActorKind
from tests.factories.accounts import CustomerFactory
from tests.factories.campaigns import give_points

STAFF = Actor(kind=ActorKind.STAFF, id=None, uuid=uuid4(), name="sam", is_super=True)
SELLER = Actor(kind=ActorKind.SELLER, id=None, uuid=uuid4(), name="mona")


def acting(customer) -> Actor:
    return Actor(kind=ActorKind.CUSTOMER, id=customer.pk, uuid=customer.uuid, name=customer.name)


def points_of(customer) -> Decimal:
    return balances.get_active(customer.wallet_id, clock.now())


@pytest.fixture
def customer(store):
    customer = CustomerFactory(store)
    give_points(customer, 100)
    return customer
