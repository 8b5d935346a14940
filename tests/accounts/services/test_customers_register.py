import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Customer, CustomerStatus, LevelChange
from accounts.services import customers
from loyalty.core.actors import SYSTEM, Actor, ActorKind
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event, Store
from tests.factories import (
    CustomerFactory,
    LevelFactory,
    PosFactory,
    SellerFactory,
    StoreFactory,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALICE = customers.Registration(
    first_name="Alice", last_name="Doe", email="alice@example.com", agreement1=True
)
SAM = Actor(kind=ActorKind.STAFF, id=1, uuid=uuid4(), name="sam", is_super=True)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Store:
    store = StoreFactory()
    LevelFactory(store, name="Bronze")
    return store


def register(store: Store, actor: Actor = SAM, **fields: Any) -> Customer:
    data = replace(ALICE, **fields)
    return customers.register(store=store, data=data, actor=actor, now=NOW)


def refusals(store: Store, **fields: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidFields) as refusal:
        register(store, **fields)
    return refusal.value.errors


def test_opens_a_wallet_and_gives_the_entry_level_lv3(shop: Store) -> None:
    LevelFactory(shop, name="Silver", condition_value=100)

    customer = register(shop)

    customer.refresh_from_db()
    assert customer.level is not None
    assert customer.level.name == "Bronze"
    assert customer.manually_assigned_level is None
    assert customer.wallet.balances.get().active == 0
    assert customer.created_at == NOW


def test_takes_the_better_reward_of_two_entry_levels_lv1(shop: Store) -> None:
    better = LevelFactory(shop, reward_value="0.05")

    customer = register(shop)

    assert customer.level_id == better.pk


def test_activates_at_once_for_staff_cus6(shop: Store) -> None:
    customer = register(shop)

    assert customer.status == CustomerStatus.ACTIVE
    assert customer.activation_token == ""


def test_tells_the_facts_in_order(shop: Store) -> None:
    customer = register(shop, agreement2=True)

    facts = Event.objects.filter(customer_id=customer.pk).order_by("pk")
    assert [fact.type for fact in facts] == [
        "customer.registered",
        "customer.moved_to_level",
        "account.created",
        "customer.activated",
        "customer.subscribed_to_newsletter",
    ]
    assert {fact.subject for fact in facts} == {customer.uuid}


def test_writes_the_history_of_levels_lv13(shop: Store) -> None:
    customer = register(shop)

    change = LevelChange.objects.get(customer=customer)
    assert (change.old_level, change.new_level) == (None, customer.level)
    assert (change.reason, change.changed_at) == ("registration", NOW)


def test_keeps_who_did_it_without_the_password(shop: Store) -> None:
    customer = register(shop, password="Open-Sesame-1")

    entry = AuditEntry.objects.get(entity_id=str(customer.uuid))
    assert (entry.event_type, entry.username) == ("RegisterCustomer", "sam")
    assert entry.data["email"] == "alice@example.com"
    assert "Sesame" not in str(entry.data)


def test_normalises_what_identifies(shop: Store) -> None:
    customer = register(
        shop, email=" Alice@Example.COM ", phone="+48 601-234-567", loyalty_card_number=" A1 "
    )

    assert customer.email == "alice@example.com"
    assert customer.phone == "+48601234567"
    assert customer.loyalty_card_number == "A1"


def test_keeps_all_data(shop: Store) -> None:
    customer = register(
        shop,
        gender="female",
        birth_date=date(1990, 1, 1),
        created_at=datetime(2017, 1, 1, 14, 15, 16, tzinfo=UTC),
        address={"street": "Street", "city": "Wroclaw", "address2": " "},
        company={"name": "Company", "nip": "111-222-33-44"},
        labels=[{"key": "vip", "value": "yes"}, {"key": "new", "value": ""}],
        agreement3=True,
    )

    customer.refresh_from_db()
    assert customer.gender == "female"
    assert customer.birth_date == date(1990, 1, 1)
    assert customer.created_at == datetime(2017, 1, 1, 14, 15, 16, tzinfo=UTC)
    assert customer.address == {"street": "Street", "city": "Wroclaw"}
    assert customer.company == {"name": "Company", "nip": "111-222-33-44"}
    assert customer.labels == [{"key": "vip", "value": "yes"}, {"key": "new", "value": ""}]
    assert (customer.agreement1, customer.agreement2, customer.agreement3) == (True, False, True)
    assert customer.newsletter_subscribed_at is None


def test_assigns_a_given_level_by_hand_lv10(shop: Store) -> None:
    gold = LevelFactory(shop, condition_value=1000)

    customer = register(shop, level=gold)

    assert customer.level_id == gold.pk
    assert customer.manually_assigned_level_id == gold.pk
    assert LevelChange.objects.get(customer=customer).reason == "manual"


def test_makes_the_seller_the_customers_seller_cus3(shop: Store) -> None:
    seller = SellerFactory(shop)
    other = SellerFactory(shop)
    mona = Actor(kind=ActorKind.SELLER, id=seller.pk, uuid=seller.uuid, name=seller.email)

    customer = register(shop, mona, seller=other)

    assert customer.seller == seller
    assert customer.pos == seller.pos
    assert customer.status == CustomerStatus.ACTIVE


def test_leaves_the_pos_that_a_seller_gives_cus3(shop: Store) -> None:
    seller = SellerFactory(shop)
    mona = Actor(kind=ActorKind.SELLER, id=seller.pk, uuid=seller.uuid, name=seller.email)
    elsewhere = PosFactory(shop)

    customer = register(shop, mona, pos=elsewhere)

    assert customer.pos == elsewhere


def test_leaves_a_sellers_customer_new_where_messages_are_texts_cus6() -> None:
    store = StoreFactory(setting_values={"preferredCommunicationMethod": "sms"})
    LevelFactory(store)
    seller = SellerFactory(store)
    mona = Actor(kind=ActorKind.SELLER, id=seller.pk, uuid=seller.uuid, name=seller.email)

    customer = register(store, mona, email=None, phone="601234567")

    assert customer.status == CustomerStatus.NEW
    assert len(customer.activation_token) == 20


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        pytest.param({"first_name": " "}, "first_name", "should not be blank", id="no-name"),
        pytest.param({"email": None}, "email", "should not be blank", id="no-email"),
        pytest.param({"email": "alice"}, "email", "not a valid email", id="email"),
        pytest.param({"phone": "+440000000"}, "phone", "not a valid phone", id="phone"),
        pytest.param({"phone": "call me"}, "phone", "not a valid phone", id="phone-words"),
        pytest.param({"gender": "cat"}, "gender", "not a valid choice", id="gender"),
        pytest.param({"agreement1": False}, "agreement1", "required", id="agreement"),
        pytest.param({"company": {"nip": "1"}}, "company", "both", id="half-company"),
        pytest.param({"labels": [{"key": "", "value": "1"}]}, "labels", "key", id="label-no-key"),
        pytest.param({"last_name": "x" * 256}, "last_name", "longer than 255", id="long-name"),
        pytest.param({"password": "short"}, "password", "8 characters", id="weak-password"),
    ],
)
def test_refuses(shop: Store, fields: dict[str, Any], field: str, sentence: str) -> None:
    errors = refusals(shop, **fields)

    assert list(errors) == [field]
    assert sentence.lower() in errors[field][0].lower()
    assert not Customer.objects.exists()


def test_names_every_fault_at_once(shop: Store) -> None:
    errors = refusals(shop, first_name="", email="nobody", agreement1=False)

    assert set(errors) == {"first_name", "email", "agreement1"}


def test_refuses_without_an_entry_level_cus4_lv3() -> None:
    store = StoreFactory()
    LevelFactory(store, condition_value=10)

    errors = refusals(store)

    assert list(errors) == ["level"]
    assert not Customer.objects.exists()


def test_refuses_a_level_that_is_not_active_lv4(shop: Store) -> None:
    errors = refusals(shop, level=LevelFactory(shop, is_active=False))

    assert list(errors) == ["level"]


def test_names_each_identifier_that_is_taken_cus5(shop: Store) -> None:
    register(shop, phone="601234567", loyalty_card_number="Card-1")

    errors = refusals(
        shop, email="ALICE@example.com", phone="601 234 567", loyalty_card_number="card-1"
    )

    assert set(errors) == {"email", "phone", "loyalty_card_number"}
    assert Customer.objects.count() == 1


def test_lets_another_store_have_the_same_email_cus5(shop: Store) -> None:
    register(shop)
    other = StoreFactory()
    LevelFactory(other)

    assert register(other).email == "alice@example.com"


def test_lets_many_have_no_card_cus5(shop: Store) -> None:
    register(shop)

    assert register(shop, email="bob@example.com").loyalty_card_number is None


def test_has_no_password_that_anybody_knows_cus7(shop: Store) -> None:
    customer = register(shop)

    assert not customer.check_password("")
    assert customer.must_change_password


@pytest.mark.django_db(transaction=True)
def test_refuses_the_second_of_two_at_once_cus5() -> None:
    store = StoreFactory()
    LevelFactory(store)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def race() -> None:
        start.wait()
        try:
            register(store)
            outcomes.append("registered")
        except InvalidFields as refusal:
            outcomes.append(str(sorted(refusal.errors)))
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["['email']"] * 7 + ["registered"]
    assert Customer.objects.in_store(store).count() == 1


def test_issues_a_temporary_password_once_asked_cus7(shop: Store) -> None:
    customer = CustomerFactory(shop)

    raw = customers.issue_temporary_password(customer=customer, actor=SYSTEM)

    customer.refresh_from_db()
    assert customer.check_password(raw)
    assert customer.must_change_password
