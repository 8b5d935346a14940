from typing import Any

import pytest

from accounts.models import Customer, CustomerStatus
from accounts.selectors import customers
from loyalty.core.models import Store
from tests.factories import CustomerFactory, StoreFactory

pytestmark = pytest.mark.django_db


def order(*fields: str) -> dict[str, Any]:
    lines = [{"priority": place, "field": field} for place, field in enumerate(fields, start=1)]
    return {"customersIdentificationPriority": lines}


def crowd(*fields: str) -> tuple[Store, Customer, Customer, Customer]:
    """A store of that order, with somebody for an e-mail, somebody for a card and a phone."""
    store = StoreFactory(setting_values=order(*fields))
    return (
        store,
        CustomerFactory(store, email="ann@example.com"),
        CustomerFactory(store, loyalty_card_number="Card-1"),
        CustomerFactory(store, phone="+48601234567"),
    )


def find(store: Store, **identity: str) -> Customer | None:
    everything = {
        "email": "ann@example.com",
        "loyalty_card_number": "Card-1",
        "phone": "+48601234567",
    }
    return customers.find_by_identity(store, **(everything | identity))


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        pytest.param(("email", "loyaltyCardNumber", "phone"), 0, id="email-first"),
        pytest.param(("loyaltyCardNumber", "email", "phone"), 1, id="card-first"),
        pytest.param(("phone", "loyaltyCardNumber", "email"), 2, id="phone-first"),
    ],
)
def test_follows_the_stores_order_tx6(fields: tuple[str, ...], place: int) -> None:
    store, *people = crowd(*fields)

    assert find(store) == people[place]


def test_tries_email_card_and_phone_without_a_setting() -> None:
    store = StoreFactory()
    ann = CustomerFactory(store, email="ann@example.com")
    CustomerFactory(store, loyalty_card_number="Card-1")

    assert find(store) == ann


def test_skips_empty_and_unknown_values_tx6() -> None:
    store, _, _, by_phone = crowd("email", "loyaltyCardNumber", "phone")

    assert find(store, email="", loyalty_card_number="none") == by_phone


def test_passes_by_inactive_customers_tx7() -> None:
    store, ann, by_card, _ = crowd("email", "loyaltyCardNumber", "phone")
    Customer.objects.filter(pk=ann.pk).update(status=CustomerStatus.BLOCKED)

    assert find(store) == by_card


def test_compares_in_lower_case_tx6() -> None:
    store, ann, by_card, _ = crowd("email", "loyaltyCardNumber", "phone")

    assert find(store, email=" ANN@Example.com ") == ann
    assert find(store, email="", loyalty_card_number="CARD-1") == by_card


def test_ignores_how_a_phone_number_is_decorated() -> None:
    store, _, _, by_phone = crowd("phone")

    assert find(store, phone="+48 601-234-567") == by_phone


def test_leaves_fields_out_that_are_not_in_the_order() -> None:
    store, *_ = crowd("phone")

    assert find(store, phone="") is None


def test_never_matches_with_an_empty_order_tx6(django_assert_num_queries: Any) -> None:
    store, *_ = crowd()

    with django_assert_num_queries(0):
        assert find(store) is None


def test_finds_nobody_of_another_store() -> None:
    crowd("email")

    assert find(StoreFactory()) is None


def test_asks_the_database_once(django_assert_num_queries: Any) -> None:
    store, *_ = crowd("email", "loyaltyCardNumber", "phone")

    with django_assert_num_queries(1):
        find(store, email="nobody@example.com", loyalty_card_number="none")
