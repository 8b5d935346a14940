"""What follows when a document finds its customer, and in which order. Source: TX-8, TX-9."""

from decimal import Decimal

import pytest

from accounts.models import PointsTransfer
from accounts.selectors import balances
from earning.models import RuleType
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import PURCHASED_AT, SaleFactory, document, register
from transactions.services.documents import Buyer

pytestmark = pytest.mark.django_db


def test_the_buyers_address_becomes_the_customers_tx8():
    customer = CustomerFactory(
        email="alice@example.com", phone="+48601234567", loyalty_card_number="CARD-1"
    )
    told = Buyer(
        name="Al Ice", email="other@example.com", phone="+48999", loyalty_card_number="CARD-1"
    )

    sale = register(customer.store, document(customer, buyer=told))

    assert sale.customer == customer
    data = sale.customer_data
    assert (data["email"], data["phone"]) == ("alice@example.com", "+48601234567")
    assert data["name"] == "Al Ice"


def test_of_nobody_stays_as_it_was_told_tx8():
    store = StoreFactory()

    sale = register(store, document(None))

    assert sale.customer_data["email"] == "nobody@example.com"


def test_first_purchase_totals_level_then_points_tx9():
    """TX-9: the points of a purchase see the level before it, and its totals the level after."""
    store = StoreFactory(
        setting_values={
            "tierAssignType": "transactions",
            "pointsDaysExpiryAfter": "all_time_active",
        }
    )
    entry = LevelFactory(store, name="Entry")
    gold = LevelFactory(store, name="Gold", condition_value=100, reward_value="0.1")
    customer = CustomerFactory(store)
    EarningRuleFactory(store=store, name="Entry rate", levels=[entry])
    EarningRuleFactory(store=store, name="Gold rate", levels=[gold], point_value=Decimal(10))
    EarningRuleFactory(
        store=store,
        name="First",
        type=RuleType.EVENT,
        event_name="oloy.transaction.customer_first_transaction",
        points_amount=Decimal(25),
    )

    SaleFactory(customer, "150.00", now=PURCHASED_AT)
    SaleFactory(customer, "1.00", now=PURCHASED_AT)

    customer.refresh_from_db()
    assert customer.level == gold
    assert (customer.transactions_count, customer.transactions_amount) == (2, Decimal("151.00"))
    transfers = PointsTransfer.objects.of_customer(customer).order_by("id")
    assert [(t.value, t.posting.comment) for t in transfers] == [
        (25, "First"),
        (150, "Entry rate"),
        (10, "Gold rate"),
    ]
    assert balances.get_figures(customer.wallet_id, PURCHASED_AT).points == 185
