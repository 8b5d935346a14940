from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Customer
from accounts.services import customers
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory, StoreFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAM = Actor(kind=ActorKind.STAFF, id=1, uuid=uuid4(), name="sam", is_super=True)
ADDRESS = {"street": "Bagno", "city": "Warszawa"}

pytestmark = pytest.mark.django_db


def update(customer: Customer, actor: Actor = SAM, **changes: Any) -> Customer:
    customers.update(customer=customer, changes=changes, actor=actor, now=NOW)  # type: ignore[arg-type]
    fresh = Customer.objects.get(pk=customer.pk)
    fresh.store = customer.store
    return fresh


def refusals(customer: Customer, actor: Actor = SAM, **changes: Any) -> list[str]:
    before = Customer.objects.filter(pk=customer.pk).values().get()
    with pytest.raises(InvalidFields) as refusal:
        update(customer, actor, **changes)
    assert Customer.objects.filter(pk=customer.pk).values().get() == before
    return list(refusal.value.errors)


def themself(customer: Customer) -> Actor:
    return Actor(kind=ActorKind.CUSTOMER, id=customer.pk, uuid=customer.uuid, name="alice")


def test_leaves_what_is_not_given_cus20() -> None:
    customer = CustomerFactory(phone="601234567", birth_date=date(1990, 1, 1))

    changed = update(customer, loyalty_card_number="000012")

    assert changed.loyalty_card_number == "000012"
    assert changed.phone == "601234567"
    assert changed.birth_date == date(1990, 1, 1)


def test_erases_what_is_given_empty_cus20() -> None:
    customer = CustomerFactory(phone="601234567", birth_date=date(1990, 1, 1))

    changed = update(customer, phone="", birth_date=None)

    assert changed.phone is None
    assert changed.birth_date is None


def test_replaces_compounds_whole_cus20() -> None:
    customer = CustomerFactory(address=ADDRESS)

    changed = update(customer, address={"city": "Wroclaw"})

    assert changed.address == {"city": "Wroclaw"}


def test_counts_the_change_and_tells_it() -> None:
    customer = CustomerFactory()

    changed = update(customer, first_name="Ann", last_name="Roe")

    assert changed.version == customer.version + 1
    assert changed.updated_at == NOW
    fact = Event.objects.get(type="customer.updated")
    assert fact.payload["fields"] == ["first_name", "last_name"]


def test_does_nothing_where_nothing_differs() -> None:
    customer = CustomerFactory()

    changed = update(customer, first_name=customer.first_name)

    assert changed.version == customer.version
    assert not Event.objects.filter(type="customer.updated").exists()


def test_keeps_old_and_new_values() -> None:
    customer = CustomerFactory()

    update(customer, first_name="Ann", agreement3=True)

    details = AuditEntry.objects.get(event_type="UpdateCustomerDetails")
    agreements = AuditEntry.objects.get(event_type="AgreementsUpdated")
    assert details.data == {"first_name": {"old": "Alice", "new": "Ann"}}
    assert agreements.data == {"agreement3": {"old": False, "new": True}}


def test_subscribes_to_the_newsletter_once_in_a_life() -> None:
    customer = CustomerFactory()

    update(customer, agreement2=True)
    update(customer, agreement2=False)
    changed = update(customer, agreement2=True)

    assert changed.newsletter_subscribed_at == NOW
    assert Event.objects.filter(type="customer.subscribed_to_newsletter").count() == 1


def test_refuses_to_erase_the_email_of_a_program_by_email_cus21() -> None:
    assert refusals(CustomerFactory(), email="") == ["email"]


def test_refuses_to_erase_the_phone_of_a_program_by_text_cus21() -> None:
    store = StoreFactory(setting_values={"preferredCommunicationMethod": "sms"})
    customer = CustomerFactory(store, phone="601234567")

    assert refusals(customer, phone="") == ["phone"]
    assert update(customer, email="").email is None


def test_refuses_to_take_the_legal_agreement_back_cus21() -> None:
    assert refusals(CustomerFactory(), agreement1=False) == ["agreement1"]


def test_refuses_identifiers_of_another_customer_cus5() -> None:
    store = StoreFactory()
    CustomerFactory(store, email="bob@example.com", phone="601234567")
    customer = CustomerFactory(store)

    taken = refusals(customer, email="Bob@example.com", phone="601234567")

    assert taken == ["email", "phone"]


def test_lets_a_customer_keep_their_own_email() -> None:
    customer = CustomerFactory()

    assert update(customer, email=customer.email, first_name="Ann").first_name == "Ann"


def test_assigns_another_level_by_hand_lv10() -> None:
    customer = CustomerFactory()
    gold = LevelFactory(customer.store, condition_value=1000)

    changed = update(customer, level=gold)

    assert changed.level_id == changed.manually_assigned_level_id == gold.pk


def test_takes_the_same_level_for_no_assignment() -> None:
    customer = CustomerFactory()

    changed = update(customer, level=customer.level)

    assert changed.manually_assigned_level_id is None


def test_releases_a_level_by_hand_that_is_sent_empty() -> None:
    customer = CustomerFactory()
    entry = customer.level
    update(customer, level=LevelFactory(customer.store, condition_value=1000))

    changed = update(customer, level=None)

    assert changed.manually_assigned_level_id is None
    assert changed.level == entry


def test_refuses_a_level_that_is_not_active_lv4() -> None:
    customer = CustomerFactory()

    assert refusals(customer, level=LevelFactory(customer.store, is_active=False)) == ["level"]


def test_refuses_a_customer_who_changes_what_is_not_theirs() -> None:
    customer = CustomerFactory()
    gold = LevelFactory(customer.store, condition_value=1000)
    alice = themself(customer)

    assert refusals(customer, alice, level=gold, pos=PosFactory(customer.store)) == [
        "level",
        "pos",
    ]


def test_lets_a_customer_send_back_their_whole_record() -> None:
    customer = CustomerFactory()

    changed = update(customer, themself(customer), level=customer.level, pos=None, first_name="Ann")

    assert changed.first_name == "Ann"


def test_lets_customers_change_only_agreements_where_edits_are_off_cus22() -> None:
    store = StoreFactory(setting_values={"allowCustomersProfileEdits": False})
    customer = CustomerFactory(store)
    alice = themself(customer)

    assert refusals(customer, alice, first_name="Ann", agreement2=True) == ["first_name"]
    assert update(customer, alice, agreement2=True).agreement2


def test_refuses_a_seller_who_changes_the_seller() -> None:
    customer = CustomerFactory()
    seller = SellerFactory(customer.store)
    mona = Actor(kind=ActorKind.SELLER, id=seller.pk, uuid=seller.uuid, name=seller.email)

    assert refusals(customer, mona, seller=seller) == ["seller"]
