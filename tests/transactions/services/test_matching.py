"""matching.assign and matching.claim … Source: TX-10…12."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.ledger.models import Lot, Posting, PostingKind, WalletBalance
from accounts.models import CustomerStatus
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, Event
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    PURCHASED_AT,
    ReturnFactory,
    SaleFactory,
    UnmatchedSaleFactory,
    document,
    register,
    return_of,
)
from tests.support import totals
from transactions.services import matching
from transactions.services.matching import Criteria

pytestmark = pytest.mark.django_db

LATER = datetime(2026, 4, 20, 8, tzinfo=UTC)
NOBODY = document(None).buyer


def assign(sale, now=LATER, **criteria):
    return matching.assign(
        store=sale.store,
        document_number=sale.document_number,
        criteria=Criteria(**criteria),
        actor=SYSTEM,
        now=now,
    )


def claim(sale, customer, now=LATER):
    return matching.claim(
        store=sale.store,
        document_number=sale.document_number,
        customer=customer,
        actor=SYSTEM,
        now=now,
    )


def test_gives_the_document_to_the_customer():
    customer = CustomerFactory(phone="+48601234567")
    sale = UnmatchedSaleFactory(customer.store, "10.00")

    claim(sale, customer)

    sale.refresh_from_db()
    assert sale.customer == customer
    assert sale.assigned_at == LATER
    assert sale.customer_data == {
        "name": "Nobody",
        "email": customer.email,
        "phone": "+48601234567",
    }


@pytest.mark.parametrize(
    "criteria",
    [
        pytest.param(lambda c: {"customer_uuid": c.uuid}, id="id"),
        pytest.param(lambda c: {"loyalty_card_number": "c-77 "}, id="card"),
        pytest.param(lambda c: {"phone": "+48 601 234 567"}, id="phone"),
        pytest.param(
            lambda c: {
                "customer_uuid": c.uuid,
                "loyalty_card_number": "C-77",
                "phone": "+48601234567",
            },
            id="all",
        ),
    ],
)
def test_finds_the_customer_by_each_criterion(criteria):  # TX-10
    customer = CustomerFactory(phone="+48601234567", loyalty_card_number="C-77")
    sale = UnmatchedSaleFactory(customer.store)

    assign(sale, **criteria(customer))

    sale.refresh_from_db()
    assert sale.customer == customer


def test_all_criteria_must_fit_one_customer():  # TX-10
    store = StoreFactory()
    CustomerFactory(store, loyalty_card_number="C-77")
    CustomerFactory(store, phone="+48601234567")
    sale = UnmatchedSaleFactory(store)

    with pytest.raises(matching.CustomerNotFound):
        assign(sale, loyalty_card_number="C-77", phone="+48601234567")

    sale.refresh_from_db()
    assert sale.customer is None


def test_asks_for_a_criterion():  # TX-11
    sale = UnmatchedSaleFactory(StoreFactory())

    with pytest.raises(matching.NoCriterion):
        assign(sale)


@pytest.mark.parametrize("who", ["unknown", "of another store", "deleted"])
def test_refuses_whoever_is_no_customer(who):  # TX-11
    sale = UnmatchedSaleFactory(StoreFactory())
    uuid = {
        "unknown": lambda: uuid4(),
        "of another store": lambda: CustomerFactory().uuid,
        "deleted": lambda: CustomerFactory(sale.store, status=CustomerStatus.DELETED).uuid,
    }[who]()

    with pytest.raises(matching.CustomerNotFound, match="No such customer"):
        assign(sale, customer_uuid=uuid)


def test_refuses_an_unknown_number():  # TX-11
    customer = CustomerFactory()

    with pytest.raises(matching.TransactionNotFound):
        matching.claim(store=customer.store, document_number="?", customer=customer, actor=SYSTEM)


@pytest.mark.parametrize("is_same", [True, False])
def test_refuses_a_document_that_has_a_customer(is_same):  # TX-11
    owner = CustomerFactory()
    other = CustomerFactory(owner.store)
    sale = SaleFactory(owner)

    with pytest.raises(
        matching.AlreadyAssigned, match="Customer is already assigned to this transaction"
    ):
        claim(sale, owner if is_same else other)

    other.refresh_from_db()
    assert other.transactions_count == 0


def test_has_the_effects_of_a_sale_at_the_till():  # TX-12
    store = StoreFactory()
    LevelFactory(store, condition_value=0)
    gold = LevelFactory(store, condition_value=100)
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store, point_value=Decimal(2))
    sale = UnmatchedSaleFactory(store, "150.00")

    claim(sale, customer)

    customer.refresh_from_db()
    assert totals.stored(customer) == totals.recount(customer)
    assert customer.transactions_amount == Decimal(150)
    assert customer.level == gold
    assert Lot.objects.get().amount == Decimal(300)
    assert list(Event.objects.filter(subject=sale.uuid).order_by("pk").values_list("type")) == [
        ("transaction.registered",),
        ("transaction.assigned",),
    ]


def test_judges_the_rules_at_the_purchase_date():  # ER-3
    customer = CustomerFactory()
    EarningRuleFactory(
        store=customer.store,
        is_all_time_active=False,
        start_at=PURCHASED_AT - timedelta(hours=1),
        end_at=PURCHASED_AT + timedelta(hours=1),
    )
    sale = UnmatchedSaleFactory(customer.store, "10.00")

    claim(sale, customer)

    assert Lot.objects.get().amount == Decimal(10)


def test_a_blocked_customer_gets_the_document_but_no_points():  # ER-6
    customer = CustomerFactory(status=CustomerStatus.BLOCKED)
    EarningRuleFactory(store=customer.store)
    sale = UnmatchedSaleFactory(customer.store, "10.00")

    claim(sale, customer)

    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal(10)
    assert not Lot.objects.exists()


def test_returns_that_waited_follow_their_sale():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store)
    sale = UnmatchedSaleFactory(customer.store, "30.00")
    returns = [ReturnFactory(sale, "10.00"), ReturnFactory(sale, "5.00")]

    claim(sale, customer)

    for back in returns:
        back.refresh_from_db()
        assert (back.customer, back.assigned_at) == (customer, LATER)
    customer.refresh_from_db()
    assert totals.stored(customer) == totals.recount(customer)
    assert customer.transactions_amount == Decimal(15)
    costs = Posting.objects.filter(kind=PostingKind.TAKE_BACK).order_by("pk")
    assert list(costs.values_list("requested_amount", flat=True)) == [10, 5]
    assert WalletBalance.objects.get(wallet=customer.wallet_id).active == Decimal(15)


def test_a_return_can_be_given_to_the_buyer_of_its_sale():
    customer = CustomerFactory()
    EarningRuleFactory(store=customer.store)
    sale = SaleFactory(customer, "30.00")
    back = register(customer.store, return_of(sale, "10.00", buyer=NOBODY))

    claim(back, customer)

    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal(20)
    assert WalletBalance.objects.get(wallet=customer.wallet_id).active == Decimal(20)


@pytest.mark.parametrize("is_matched", [True, False])
def test_refuses_a_return_of_somebody_elses_sale(is_matched):  # TX-11
    buyer = CustomerFactory()
    other = CustomerFactory(buyer.store)
    sale = SaleFactory(buyer) if is_matched else UnmatchedSaleFactory(buyer.store)
    back = register(sale.store, return_of(sale, buyer=NOBODY))

    with pytest.raises(matching.IncorrectOwner, match="Incorrect owner of the transaction"):
        claim(back, other)

    back.refresh_from_db()
    assert back.customer is None


def test_is_audited():
    customer = CustomerFactory()
    sale = UnmatchedSaleFactory(customer.store, number="INV/7")

    assign(sale, customer_uuid=customer.uuid)

    entry = AuditEntry.objects.get(event_type="AssignCustomerToTransaction")
    assert entry.entity_id == str(sale.uuid)
    assert entry.data == {"documentNumber": "INV/7", "customerId": str(customer.uuid)}
