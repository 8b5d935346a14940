from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Customer
from accounts.services import totals
from tests.factories import CustomerFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def apply(customer: Customer, amount: str, count: int, **options: Any) -> None:
    totals.apply(
        customer=customer,
        count_change=count,
        amount=Decimal(amount),
        amount_without_delivery=Decimal(options.pop("without_delivery", amount)),
        excluded_for_level=Decimal(options.pop("excluded", 0)),
        last_transaction_at=options.pop("at", NOW),
        now=NOW,
    )


def test_adds_a_sale() -> None:
    customer = CustomerFactory()

    apply(customer, "40", 1, without_delivery="30", excluded="5")

    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal(40)
    assert customer.transactions_amount_without_delivery == Decimal(30)
    assert customer.amount_excluded_for_level == Decimal(5)
    assert customer.transactions_count == 1
    assert customer.last_transaction_at == NOW
    assert customer.updated_at == NOW


def test_floors_every_total_at_zero_tx14_tx16() -> None:
    customer = CustomerFactory()
    apply(customer, "9", 1)

    for returned in ("-3", "-6", "-6"):
        apply(customer, returned, -1)

    customer.refresh_from_db()
    assert customer.transactions_amount == 0
    assert customer.transactions_count == 0


def test_keeps_the_latest_purchase_date_tx15() -> None:
    customer = CustomerFactory()
    apply(customer, "1", 1, at=NOW)

    apply(customer, "1", 1, at=NOW - timedelta(days=3))

    customer.refresh_from_db()
    assert customer.last_transaction_at == NOW
