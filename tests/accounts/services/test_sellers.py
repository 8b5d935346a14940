from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Pos, Seller
from accounts.services import sellers
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Event, SentMessage
from tests.factories import PosFactory, SellerFactory
from tests.support.messages import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Pos:
    return PosFactory()


def data_of(shop: Pos, **fields: Any) -> sellers.SellerData:
    data = sellers.SellerData(
        first_name="Mona",
        last_name="Merchant",
        email="Mona@Example.com",
        pos=shop,
        phone="+48 601 234 567",
        password="Open-Sesame-1",
    )
    return replace(data, **fields)


def test_registers_a_seller_sel1(shop: Pos) -> None:
    seller = sellers.register(
        store=shop.store, data=data_of(shop, may_transfer_points=True), actor=SYSTEM
    )

    seller.refresh_from_db()
    assert (seller.email, seller.phone, seller.pos) == ("mona@example.com", "+48601234567", shop)
    assert seller.may_transfer_points
    assert seller.check_password("Open-Sesame-1")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"first_name": ""}, "first_name", id="name"),
        pytest.param({"email": "mona"}, "email", id="email"),
        pytest.param({"phone": "abc"}, "phone", id="phone"),
        pytest.param({"password": None}, "password", id="no-password"),
        pytest.param({"password": "password"}, "password", id="weak-password"),
    ],
)
def test_refuses(shop: Pos, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        sellers.register(store=shop.store, data=data_of(shop, **fields), actor=SYSTEM)

    assert list(refusal.value.errors) == [field]
    assert not Seller.objects.exists()


def test_refuses_an_email_that_is_taken_sel1(shop: Pos) -> None:
    SellerFactory(pos=shop, email="mona@example.com")

    with pytest.raises(InvalidFields) as refusal:
        sellers.register(store=shop.store, data=data_of(shop), actor=SYSTEM)

    assert list(refusal.value.errors) == ["email"]


def test_lets_a_deleted_sellers_email_be_used_again_sel4(shop: Pos) -> None:
    sellers.delete(seller=SellerFactory(pos=shop, email="mona@example.com"), actor=SYSTEM)

    assert sellers.register(store=shop.store, data=data_of(shop), actor=SYSTEM).pk


def test_update_keeps_the_password_that_is_not_given_sel3(shop: Pos) -> None:
    seller = SellerFactory(pos=shop, password="Open-Sesame-1")

    sellers.update(seller=seller, data=data_of(shop, password=None), actor=SYSTEM)

    seller.refresh_from_db()
    assert seller.check_password("Open-Sesame-1")
    assert seller.email == "mona@example.com"


def test_set_active_locks_a_seller_out_and_in(shop: Pos) -> None:
    seller = SellerFactory(pos=shop)

    sellers.set_active(seller=seller, is_active=False, actor=SYSTEM)
    seller.refresh_from_db()
    assert not seller.is_active

    sellers.set_active(seller=seller, is_active=True, actor=SYSTEM)
    seller.refresh_from_db()
    assert seller.is_active


def test_delete_is_soft_sel4(shop: Pos) -> None:
    seller = SellerFactory(pos=shop)

    sellers.delete(seller=seller, actor=SYSTEM)

    seller.refresh_from_db()
    assert (seller.is_deleted, seller.is_active) == (True, False)
    assert seller.name.startswith("Mona")


def test_writes_no_message_to_them_sel6(shop: Pos) -> None:
    sellers.register(store=shop.store, data=data_of(shop), actor=SYSTEM)

    sent = [deliver(fact) for fact in Event.objects.all()]

    assert set(sent) <= {0}
    assert not SentMessage.objects.exists()
