from datetime import UTC, datetime
from uuid import uuid4

import pytest

from accounts.models import Customer, CustomerStatus
from accounts.services import customers
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import NotFound
from loyalty.core.models import AuditEntry, Event
from tests.factories import CustomerFactory, PosFactory, StoreFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAM = Actor(kind=ActorKind.STAFF, id=1, uuid=uuid4(), name="sam", is_super=True)

pytestmark = pytest.mark.django_db


def waiting(token: str = "a-token-from-the-mail") -> Customer:
    return CustomerFactory(status=CustomerStatus.NEW, activation_token=token)


@pytest.mark.parametrize("status", [CustomerStatus.NEW, CustomerStatus.BLOCKED])
def test_lets_a_new_or_blocked_customer_in(status: CustomerStatus) -> None:
    customer = CustomerFactory(status=status, activation_token="abc")

    customers.activate(customer=customer, actor=SAM, now=NOW)

    customer.refresh_from_db()
    assert customer.status == CustomerStatus.ACTIVE
    assert customer.activation_token == ""
    assert customer.updated_at == NOW
    assert Event.objects.filter(type="customer.activated", recorded_at=NOW).count() == 1
    assert AuditEntry.objects.filter(event_type="ActivateCustomer").count() == 1


def test_leaves_an_active_customer_as_they_are() -> None:
    customer = CustomerFactory()

    customers.activate(customer=customer, actor=SAM, now=NOW)

    assert not Event.objects.filter(type="customer.activated", recorded_at=NOW).exists()
    assert not AuditEntry.objects.filter(event_type="ActivateCustomer").exists()


def test_blocks_a_customer() -> None:
    customer = CustomerFactory()

    customers.deactivate(customer=customer, actor=SAM, now=NOW)

    customer.refresh_from_db()
    assert customer.status == CustomerStatus.BLOCKED
    assert not customer.is_active
    assert Event.objects.filter(type="customer.deactivated").count() == 1
    assert AuditEntry.objects.get(event_type="DeactivateCustomer").username == "sam"


@pytest.mark.parametrize("command", [customers.activate, customers.deactivate])
def test_refuses_a_deleted_customer(command: object) -> None:
    customer = CustomerFactory(status=CustomerStatus.DELETED)

    with pytest.raises(customers.CustomerDeleted):
        command(customer=customer, actor=SAM)  # type: ignore[operator]

    customer.refresh_from_db()
    assert customer.status == CustomerStatus.DELETED


def test_activates_by_token_act1() -> None:
    customer = waiting()

    customers.activate_by_token(store=customer.store, token="a-token-from-the-mail", now=NOW)

    customer.refresh_from_db()
    assert customer.is_active
    assert AuditEntry.objects.get(event_type="ActivateCustomer").username == "<notlogged>"


def test_takes_a_token_once_act1() -> None:
    customer = waiting()
    customers.activate_by_token(store=customer.store, token="a-token-from-the-mail")

    with pytest.raises(NotFound):
        customers.activate_by_token(store=customer.store, token="a-token-from-the-mail")


@pytest.mark.parametrize("token", ["", "wrong"])
def test_refuses_an_unknown_token(token: str) -> None:
    customer = waiting()
    CustomerFactory(customer.store)

    with pytest.raises(NotFound):
        customers.activate_by_token(store=customer.store, token=token)


def test_refuses_a_token_of_another_store() -> None:
    waiting()

    with pytest.raises(NotFound):
        customers.activate_by_token(store=StoreFactory(), token="a-token-from-the-mail")


def test_ties_a_customer_to_a_pos_cus27() -> None:
    customer = CustomerFactory()
    shop = PosFactory(customer.store)

    customers.assign_pos(customer=customer, pos=shop, actor=SAM, now=NOW)

    customer.refresh_from_db()
    assert customer.pos == shop
    entry = AuditEntry.objects.get(event_type="AssignPosToCustomer")
    assert entry.data == {"posId": {"old": None, "new": str(shop.uuid)}}
