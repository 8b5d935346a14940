"""The lock that every change of a customer takes first."""

from collections.abc import Iterable

from django.db import connection

from accounts.models import Customer
from loyalty.core.models import Store


def lock(customer_ids: Iterable[int], *, store: Store | None = None) -> list[Customer]:
    """
    Lock customers until commit, in primary-key order, so that two callers cannot deadlock.

    `store`: the store that the caller has at hand; it is set on the customers, and saves a query.
    """
    assert connection.in_atomic_block
    customers = Customer.objects.select_for_update(of=("self",)).order_by("pk")
    if store is None:
        customers = customers.select_related("store")
    # list(): a lazy queryset locks nothing.
    locked = list(customers.filter(pk__in=set(customer_ids)))
    if store is not None:
        for customer in locked:
            assert customer.store_id == store.pk
            customer.store = store
    return locked
