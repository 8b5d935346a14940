"""Sessions of the APIs end when they must."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Seller, TokenSession
from accounts.services import customers, sellers, tokens
from loyalty.core.actors import SYSTEM
from tests.factories import CustomerFactory, SellerFactory
from tests.factories.staff import StaffFactory


def open_session(principal: Any) -> tokens.Pair:
    return tokens.open_session(principal, ip_address=None, now=timezone.now())


def data_of(seller: Seller, **fields: Any) -> sellers.SellerData:
    data = {name: getattr(seller, name) for name in ("first_name", "last_name", "email", "pos")}
    return sellers.SellerData(**data | {"is_active": True} | fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda seller: sellers.update(
                seller=seller, data=data_of(seller, password="Another-1!"), actor=SYSTEM
            ),
            id="another-password",
        ),
        pytest.param(
            lambda seller: sellers.update(
                seller=seller, data=data_of(seller, is_active=False), actor=SYSTEM
            ),
            id="updated-as-inactive",
        ),
        pytest.param(
            lambda seller: sellers.set_active(seller=seller, is_active=False, actor=SYSTEM),
            id="deactivated",
        ),
        pytest.param(lambda seller: sellers.delete(seller=seller, actor=SYSTEM), id="deleted"),
    ],
)
def test_end_when_a_seller_is_shut_out(change: Callable[[Seller], Any]):
    mona, other = SellerFactory(password="Open-Sesame-1"), SellerFactory()
    open_session(mona)
    open_session(mona)
    kept = open_session(other).session

    change(mona)

    assert list(TokenSession.objects.filter(revoked_at=None)) == [kept]


@pytest.mark.django_db
def test_stay_when_only_a_name_changes():
    mona = SellerFactory(password="Open-Sesame-1")
    session = open_session(mona).session

    sellers.update(seller=mona, data=data_of(mona, first_name="Ramona"), actor=SYSTEM)

    session.refresh_from_db()
    assert session.revoked_at is None


@pytest.mark.django_db
def test_end_when_a_customer_gets_another_password():
    alice = CustomerFactory()
    session = open_session(alice).session

    customers.issue_temporary_password(customer=alice, actor=SYSTEM)

    session.refresh_from_db()
    assert session.revoked_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_once_one_wins_and_the_other_ends_the_session():
    pair = open_session(StaffFactory())
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def refresh() -> None:
        try:
            start.wait(20)
            tokens.refresh(refresh_token=pair.refresh_token)
            outcomes.append("renewed")
        except tokens.TokenRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=refresh) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(outcomes) == ["refused", "renewed"]
    assert TokenSession.objects.get().revoked_at is not None


@pytest.mark.django_db
def test_refresh_tokens_are_stored_hashed():
    pair = open_session(StaffFactory())

    assert pair.session.refresh_hash == tokens.digest(pair.refresh_token)
    assert pair.refresh_token not in str(TokenSession.objects.values_list())


@pytest.mark.django_db
def test_are_forgotten_when_they_are_over():
    mona = SellerFactory(password="Open-Sesame-1")
    over, current = open_session(mona).session, open_session(mona).session
    now = timezone.now()
    TokenSession.objects.filter(pk=over.pk).update(expires_at=now)

    assert tokens.forget_over(now=now) == 1

    assert list(TokenSession.objects.all()) == [current]
