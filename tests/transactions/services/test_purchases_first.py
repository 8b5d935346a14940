"""A first purchase pays what event rules promise for it. Source: ER-19."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.ledger.models import Posting, WalletBalance
from earning.models import RuleType, RuleUse, StoreEvent
from loyalty.core.actors import SYSTEM
from tests.factories import CustomerFactory, LevelFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory
from transactions.services import matching

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 8, tzinfo=UTC)


def buyer(**fields):
    """Make a customer in a store that pays 25 points for the first purchase."""
    customer = CustomerFactory()
    EarningRuleFactory(
        store=customer.store,
        type=RuleType.EVENT,
        event_name=StoreEvent.FIRST_PURCHASE.value,
        points_amount=Decimal(25),
        **fields,
    )
    return customer


def active_points(customer) -> Decimal:
    return WalletBalance.objects.get(wallet=customer.wallet_id).active


def test_pays_the_first_purchase_only_er19():
    customer = buyer()

    SaleFactory(customer, "10.00")
    SaleFactory(customer, "10.00")

    assert active_points(customer) == 25
    assert RuleUse.objects.get().occasion == StoreEvent.FIRST_PURCHASE


def test_pays_a_first_purchase_that_is_claimed_later_er19():
    customer = buyer()
    sale = UnmatchedSaleFactory(customer.store)

    matching.claim(
        store=customer.store, document_number=sale.document_number, customer=customer, actor=SYSTEM
    )

    assert active_points(customer) == 25


def test_pays_once_also_when_the_first_purchase_came_back_er19():
    customer = buyer()

    ReturnFactory(SaleFactory(customer, "10.00"), "10.00")
    SaleFactory(customer, "10.00")

    assert active_points(customer) == 25
    assert RuleUse.objects.count() == 1


def test_never_takes_the_points_of_an_event_back():
    customer = buyer()
    EarningRuleFactory(store=customer.store)
    sale = SaleFactory(customer, "10.00")

    ReturnFactory(sale, "10.00")

    assert active_points(customer) == 25


def test_judges_the_first_purchase_by_the_level_before_it_er7():
    customer = buyer(levels=None)
    gold = LevelFactory(customer.store, condition_value=5)
    EarningRuleFactory(
        store=customer.store,
        type=RuleType.EVENT,
        event_name=StoreEvent.FIRST_PURCHASE.value,
        points_amount=Decimal(100),
        levels=[gold],
    )

    SaleFactory(customer, "10.00")

    customer.refresh_from_db()
    assert customer.level == gold
    assert active_points(customer) == 25
    assert Posting.objects.count() == 1
