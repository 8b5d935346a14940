"""The *now* column …"""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services import points
from loyalty.core import events
from tests.factories import CustomerFactory, StoreFactory


@pytest.mark.django_db
def test_asks_a_handler_of_some_stores_in_which_it_is_wanted():
    followed = StoreFactory(setting_values={"tierAssignType": "points"})
    other = StoreFactory()

    assert events.has_now_handlers("points.added", followed)
    assert not events.has_now_handlers("points.added", other)
    assert events.has_now_handlers("points.added")
    assert events.has_now_handlers("customer.anonymized", other)
    assert not events.has_now_handlers("customer.activated", other)
    assert not events.has_now_handlers("points.blocked", followed)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("basis", "is_opened"),
    [
        pytest.param("transactions", False, id="levels-follow-purchases"),
        pytest.param("points", True, id="levels-follow-points"),
    ],
)
def test_opens_a_transaction_only_for_what_is_to_be_run(basis, is_opened):
    customer = CustomerFactory(StoreFactory(setting_values={"tierAssignType": basis}))

    with CaptureQueriesContext(connection) as queries:
        points.add(customer=customer, amount=Decimal(10), issuer="system")

    assert any(query["sql"] == "BEGIN" for query in queries) is is_opened
