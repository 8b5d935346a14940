from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Customer, CustomerStatus
from accounts.services import customers
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event, Store
from tests.factories import LevelFactory, PosFactory, StoreFactory

ALICE = customers.Registration(
    first_name="Alice",
    last_name="Doe",
    email="alice@example.com",
    agreement1=True,
    password="Open-Sesame-1",
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Store:
    store = StoreFactory()
    LevelFactory(store)
    return store


def self_register(store: Store, **fields: Any) -> Customer:
    return customers.self_register(store=store, data=replace(ALICE, **fields))


def test_waits_for_activation_cus6(shop: Store) -> None:
    customer = self_register(shop)

    assert customer.status == CustomerStatus.NEW
    assert len(customer.activation_token) == 20
    assert not Event.objects.filter(type="customer.activated").exists()


def test_activates_at_once_where_no_activation_is_required_cus6() -> None:
    store = StoreFactory(setting_values={"accountActivationRequired": False})
    LevelFactory(store)

    customer = self_register(store)

    assert customer.status == CustomerStatus.ACTIVE


def test_keeps_the_chosen_password(shop: Store) -> None:
    customer = self_register(shop)

    assert customer.check_password("Open-Sesame-1")
    assert not customer.must_change_password


def test_takes_no_pos_cus2(shop: Store) -> None:
    assert self_register(shop, pos=PosFactory(shop)).pos is None


def test_is_nobodys_act_in_the_audit_trail(shop: Store) -> None:
    self_register(shop)

    assert AuditEntry.objects.get(event_type="RegisterCustomer").username == "<notlogged>"


@pytest.mark.parametrize("password", [None, "", "short", "nouppercase-1", "NoSpecial1"])
def test_refuses_no_or_a_weak_password_pwd4(shop: Store, password: str | None) -> None:
    with pytest.raises(InvalidFields) as refusal:
        self_register(shop, password=password)

    assert list(refusal.value.errors) == ["password"]
    assert not Customer.objects.exists()
