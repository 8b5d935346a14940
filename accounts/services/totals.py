"""A customer's purchase totals. Source: TX-14…16."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection

from accounts.models import Customer
from loyalty.core import sql

ZERO = Decimal(0)


def apply(
    *,
    customer: Customer,
    count_change: int,
    amount: Decimal,
    amount_without_delivery: Decimal,
    excluded_for_level: Decimal,
    last_transaction_at: datetime | None,
    now: datetime,
    is_written: bool = False,
) -> None:
    """
    Add one document's amounts to a locked customer's totals; a return's are negative.

    No total falls below zero, however much is returned (TX-14, TX-16). The date of the last
    purchase only moves forward; None leaves it. `is_written`: the statement that locked the
    customer has added them already (`customer_locks.lock_and_count`), only the object lacks them.
    """
    assert connection.in_atomic_block
    customer.transactions_count = max(0, customer.transactions_count + count_change)
    customer.transactions_amount = max(ZERO, customer.transactions_amount + amount)
    customer.transactions_amount_without_delivery = max(
        ZERO, customer.transactions_amount_without_delivery + amount_without_delivery
    )
    customer.amount_excluded_for_level = max(
        ZERO, customer.amount_excluded_for_level + excluded_for_level
    )
    if last_transaction_at is not None:
        customer.last_transaction_at = max(
            last_transaction_at, customer.last_transaction_at or last_transaction_at
        )
    customer.version += 1
    customer.updated_at = now
    if is_written:
        return
    [_] = sql.write(
        _KEEP,
        (
            customer.transactions_count,
            customer.transactions_amount,
            customer.transactions_amount_without_delivery,
            customer.amount_excluded_for_level,
            customer.last_transaction_at,
            customer.version,
            customer.updated_at,
            customer.pk,
        ),
    )


def write_many(customers: Sequence[Customer]) -> None:
    """
    Write the totals of locked customers to which `apply` has added with `is_written`.

    And their level, which may have followed from them.
    """
    assert connection.in_atomic_block
    rows = [
        {
            "id": customer.pk,
            "count": customer.transactions_count,
            "amount": str(customer.transactions_amount),
            "without_delivery": str(customer.transactions_amount_without_delivery),
            "excluded": str(customer.amount_excluded_for_level),
            "last_at": customer.last_transaction_at,
            "level": customer.level_id,
            "version": customer.version,
            "updated_at": customer.updated_at,
        }
        for customer in customers
    ]
    written = sql.write(_KEEP_MANY, [sql.as_json(rows)])
    assert len(written) == len(rows)


_KEEP_MANY = """
    update accounts_customer c
    set transactions_count = n.count, transactions_amount = n.amount,
        transactions_amount_without_delivery = n.without_delivery,
        amount_excluded_for_level = n.excluded, last_transaction_at = n.last_at,
        level_id = n.level, version = n.version, updated_at = n.updated_at
    from json_to_recordset(%s) as n (
        id bigint, count integer, amount numeric, without_delivery numeric, excluded numeric,
        last_at timestamptz, level bigint, version integer, updated_at timestamptz
    )
    where c.id = n.id
    returning c.id
"""
# Every purchase runs it: prepared, where the ORM would build the statement anew each time.
_KEEP = """
    update accounts_customer
    set transactions_count = %s, transactions_amount = %s,
        transactions_amount_without_delivery = %s, amount_excluded_for_level = %s,
        last_transaction_at = %s, version = %s, updated_at = %s
    where id = %s
    returning id
"""
