"""The stored totals of a customer equal a recount, whatever happened. Source: TX-14…16."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Customer
from loyalty.core.actors import SYSTEM
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.transactions import document, line, register, return_of
from tests.support import totals
from transactions.models import DocumentType, Transaction
from transactions.services import matching, purchases

pytestmark = pytest.mark.django_db

NOBODY = document(None).buyer
LISTS = {
    "excludedDeliverySKUs": ["POST"],
    "excludedLevelSKUs": ["CARD"],
    "excludedLevelCategories": ["gifts"],
}

lines = st.lists(
    st.builds(
        line,
        st.decimals(min_value=0, max_value=50, places=2),
        sku=st.sampled_from(["TEA", "POST", "CARD"]),
        category=st.sampled_from(["drinks", "gifts"]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
# What happens, to which of the customers and documents so far, with which lines.
steps = st.lists(
    st.tuples(
        st.sampled_from(["sale", "sale of nobody", "return", "return of nobody", "claim"]),
        st.integers(0, 20),
        lines,
    ),
    max_size=10,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps)
def test_after_every_step(history):
    # Rolled back, so that the next example begins with no documents.
    with transaction.atomic():
        customers = [CustomerFactory(store := StoreFactory(setting_values=LISTS))]
        customers.append(CustomerFactory(store))

        for kind, number, bought in history:
            take_step(store, customers, kind, number, bought)

            for customer in customers:
                customer.refresh_from_db()
                assert totals.stored(customer) == totals.recount(customer)
                assert totals.stored(customer).totals.amount == amount_of_tx_14(customer)
        transaction.set_rollback(True)


def take_step(store, customers, kind, number, bought):
    """Do what a till or a person might; what the rules refuse is no step."""
    customer = customers[number % len(customers)]
    documents = list(Transaction.objects.in_store(store).order_by("pk"))
    if kind.startswith("sale"):
        described = document(None if "nobody" in kind else customer, lines=bought)
    elif not documents:
        return
    else:
        chosen = documents[number % len(documents)]
        if kind == "claim":
            claim(chosen, customer)
            return
        if chosen.document_type != DocumentType.SELL:
            return
        described = return_of(chosen, lines=bought)
        if "nobody" in kind:
            described = return_of(chosen, lines=bought, buyer=NOBODY)
    try:
        register(store, described)
    except purchases.ReturnExceedsSale:
        return


def claim(chosen, customer):
    try:
        matching.claim(
            store=chosen.store,
            document_number=chosen.document_number,
            customer=customer,
            actor=SYSTEM,
        )
    except (matching.AlreadyAssigned, matching.IncorrectOwner):
        return


def amount_of_tx_14(customer: Customer) -> Decimal:
    """Go through the documents in order, as the rule says it: add, subtract, never below zero."""
    amount = Decimal(0)
    for one in Transaction.objects.filter(customer=customer).order_by("pk"):
        if one.document_type == DocumentType.SELL:
            amount += one.gross_value
        else:
            amount = max(Decimal(0), amount - abs(one.gross_value))
    return amount
