"""What a matched purchase costs at the door: a fixed number of SQL statements."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from earning.models import RuleType
from tests.factories import CustomerFactory, PosFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

# Real transactions: inside a test's own, BEGIN and COMMIT would be savepoints.
pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS_MAX = 20


def body(number: str, customer, shop) -> dict:
    labels = [{"key": "color", "value": "red"}]
    return {
        "transaction": {
            "transactionData": {"documentNumber": number, "documentType": "sell"},
            "items": [
                {
                    "sku": {"code": f"SKU{line}"},
                    "name": "Tea",
                    "quantity": 1,
                    "grossValue": "12.34",
                    "category": "drinks",
                    "maker": "Best",
                    "labels": labels,
                }
                for line in range(5)
            ],
            "customerData": {"name": "Alice", "email": customer.email},
            "pos": str(shop.uuid),
        }
    }


def statements_of_a_warm_purchase(rule_count: int) -> list[str]:
    store = StoreFactory()
    customer = CustomerFactory(store)
    shop = PosFactory(store)
    for number in range(rule_count):
        EarningRuleFactory(
            store=store,
            type=list(RuleType)[number % 4],
            name=f"Rule {number}",
        )
    till = ApiClient(StaffFactory(is_super=True))
    path = f"{store.code}/transaction"
    for number in range(2):
        till.post(path, body(f"warm-{number}", customer, shop), HTTP_IDEMPOTENCY_KEY=f"w{number}")

    with CaptureQueriesContext(connection) as queries:
        answer = till.post(path, body("INV/7", customer, shop), HTTP_IDEMPOTENCY_KEY="key")

    assert answer.status_code == 200
    customer.refresh_from_db()
    assert customer.transactions_amount == Decimal("185.10")
    return [query["sql"] for query in queries]


def test_is_at_most_twenty_statements_whatever_the_number_of_rules():
    few = statements_of_a_warm_purchase(2)
    many = statements_of_a_warm_purchase(40)

    assert len(few) == len(many), "\n".join(many)
    assert len(many) <= STATEMENTS_MAX, "\n".join(many)
