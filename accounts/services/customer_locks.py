"""The lock that every change of a customer takes first."""

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, connection

from accounts.models import Customer
from loyalty.core import sql
from loyalty.core.models import Store
from loyalty.core.store_settings import TierBasis


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


def lock_for_purchase(customer_id: int, *, store: Store) -> Customer:
    """
    Lock one customer as `lock` does, with only the columns that a purchase needs.

    Every till waits for this statement, so it is prepared, and what no purchase looks at (address,
    agreements, password) is read when it is used.
    """
    assert connection.in_atomic_block
    [row] = sql.read(_FOR_PURCHASE, (customer_id, store.pk))
    customer = Customer.from_db(DEFAULT_DB_ALIAS, _PURCHASE_COLUMNS, row)
    customer.store = store
    return customer


def lock_for_points(store: Store, customer_ids: Iterable[int]) -> None:
    """
    Lock customers before their wallets, where a change of points may move their level.

    A purchase locks the customer first and the wallet then; whoever came the other way round could
    deadlock with it. Where levels follow purchases points move nobody: this runs no query.
    """
    assert connection.in_atomic_block
    if store.settings.tier_assign_type == TierBasis.POINTS:
        sql.read(_FOR_POINTS, ([*customer_ids],))


_FOR_POINTS = """
    select id from accounts_customer where id = any(%s) order by id for no key update
"""

_PURCHASE_COLUMNS = (
    "id",
    "uuid",
    "store_id",
    "wallet_id",
    "email",
    "phone",
    "status",
    "level_id",
    "manually_assigned_level_id",
    "transactions_count",
    "transactions_amount",
    "transactions_amount_without_delivery",
    "amount_excluded_for_level",
    "last_transaction_at",
    "version",
)
_FOR_PURCHASE = f"""
    select {", ".join(_PURCHASE_COLUMNS)} from accounts_customer
    where id = %s and store_id = %s for no key update
"""  # noqa: S608  # the columns are ours
