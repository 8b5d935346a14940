"""The lock that every change of a customer takes first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Customer
from accounts.selectors import customers as customer_selectors
from loyalty.core import sql
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.rows import loaded, relate
from loyalty.core.store_settings import TierBasis


def lock(
    customer_ids: Iterable[int], *, store: Store | None = None, is_whole: bool = False
) -> list[Customer]:
    """
    Lock customers until commit, in primary-key order, so that two callers cannot deadlock.

    `store`: the store that the caller has at hand; it is set on the customers, and saves a query.
    `is_whole`: nobody can write down anything that names them meanwhile. Whoever only changes them
    lets others name them: these are checked at commit, and would wait with all that they locked.
    """
    assert connection.in_atomic_block
    customers = Customer.objects.select_for_update(of=("self",), no_key=not is_whole).order_by("pk")
    if store is None:
        customers = customers.select_related("store")
    # list(): a lazy queryset locks nothing.
    locked = list(customers.filter(pk__in=set(customer_ids)))
    if store is not None:
        for customer in locked:
            assert customer.store_id == store.pk
            customer.store = store
    return locked


class CustomerAnonymized(DomainError):
    """This customer was anonymized: nothing may be said of them any more."""

    code = "customer_anonymized"


def lock_known(customer: Customer) -> Customer:
    """
    Lock a customer of whom something is to be written down that tells who they are.

    :raises CustomerAnonymized: nothing may be any more.
    """
    [locked] = lock([customer.pk], store=customer.store)
    if locked.anonymized_at is not None:
        raise CustomerAnonymized
    return locked


def lock_for_purchase(customer_id: int, *, store: Store) -> Customer:
    """
    Lock one customer as `lock` does, with only the columns that a purchase needs.

    Every till waits for this statement, so it is prepared, and what no purchase looks at (address,
    agreements, password) is read when it is used.
    """
    assert connection.in_atomic_block
    [row] = sql.read(_FOR_PURCHASE, (customer_id, store.pk))
    return _locked(row, store)


def lock_buyer(
    store: Store,
    *,
    email: str | None = None,
    phone: str | None = None,
    loyalty_card_number: str | None = None,
    with_referrer: bool = False,
) -> Customer | None:
    """
    Find a customer as `selectors.customers.find_by_identity` does, and lock as `lock_for_purchase`.

    One statement, because every till waits for it. Who was blocked while we waited for the lock is
    nobody (TX-7), and so is who was anonymized: the document tells who they were.
    `with_referrer`: lock who invited them, too, both in primary-key order.
    """
    assert connection.in_atomic_block
    asked = customer_selectors.ranked_identity(
        store, email=email, phone=phone, loyalty_card_number=loyalty_card_number
    )
    if asked is None:
        return None
    statement = _BUYER_AND_REFERRER if with_referrer else _BUYER
    for *row, is_buyer in sql.read(statement, asked | {"store": store.pk}):
        if is_buyer:
            customer = _locked(row, store)
            return customer if customer.is_active else None
    return None


def lock_buyers(store: Store, customer_ids: Iterable[int]) -> dict[int, Customer]:
    """
    Lock customers whom `selectors.customers.find_buyers` found, as `lock_for_purchase` does.

    Who is active no more is left out (TX-7), and who was anonymized.
    """
    assert connection.in_atomic_block
    rows = sql.read(_BUYERS, (sorted(set(customer_ids)), store.pk))
    customers = (_locked(row, store) for row in rows)
    return {customer.pk: customer for customer in customers if customer.is_active}


@dataclass(frozen=True, slots=True)
class Sale:
    """What a sale adds to its buyer's totals; nothing is negative. Source: TX-14…16."""

    amount: Decimal
    amount_without_delivery: Decimal
    excluded_for_level: Decimal
    purchased_at: datetime


def lock_and_count(
    store: Store,
    sale: Sale,
    *,
    now: datetime,
    email: str | None = None,
    phone: str | None = None,
    loyalty_card_number: str | None = None,
) -> Customer | None:
    """
    Find and lock a buyer as `lock_buyer` does, and add a sale to their totals, in one statement.

    The customer is returned with the totals from before, so that whoever settles the sale sees the
    same as after `lock_buyer`; it ends by `totals.apply(…, is_written=True)`.
    """
    assert connection.in_atomic_block
    asked = customer_selectors.ranked_identity(
        store, email=email, phone=phone, loyalty_card_number=loyalty_card_number
    )
    if asked is None:
        return None
    counted = {
        "amount": sale.amount,
        "without_delivery": sale.amount_without_delivery,
        "excluded": sale.excluded_for_level,
        "purchased_at": sale.purchased_at,
        "now": now,
    }
    rows = sql.write(_COUNTED_BUYER, asked | counted | {"store": store.pk})
    if not rows:
        return None
    customer = _locked(rows[0], store)
    customer.transactions_count -= 1
    customer.transactions_amount -= sale.amount
    customer.transactions_amount_without_delivery -= sale.amount_without_delivery
    customer.amount_excluded_for_level -= sale.excluded_for_level
    customer.version -= 1
    return customer


def _locked(row: Sequence[Any], store: Store) -> Customer:
    customer = loaded(Customer, **dict(zip(_PURCHASE_COLUMNS, row, strict=True)))
    relate(customer, "store", store)
    return customer


def lock_for_points(store: Store, customer_ids: Iterable[int]) -> datetime | None:
    """
    Lock customers before their wallets, where a change of points may move their level.

    A purchase locks the customer first and the wallet then; whoever came the other way round could
    deadlock with it. Where levels follow purchases points move nobody: this runs no query. Returns
    when the points of any of them were last counted anew for a level; None: never.
    """
    assert connection.in_atomic_block
    if store.settings.tier_assign_type != TierBasis.POINTS:
        return None
    rows = sql.read(_FOR_POINTS, ([*customer_ids],))
    return max((at for (at,) in rows if at is not None), default=None)


def keep(customer_ids: Iterable[int]) -> None:
    """
    Hold customers as they are named by rows that are about to be written, until commit.

    Nobody waits for it but who changes them whole, such as to forget them. The database would do
    the same when it checks those rows, which is at the end: too late to come before their wallets
    and invitations, as all others do.
    """
    assert connection.in_atomic_block
    sql.read(_KEEP, (sorted(set(customer_ids)),))


_KEEP = """
    select id from accounts_customer where id = any(%s::bigint[]) order by id for key share
"""
_FOR_POINTS = """
    select last_level_recalculation_at from accounts_customer
    where id = any(%s) order by id for no key update
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
    "invited_by_id",
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
_BUYERS = f"""
    select {", ".join(_PURCHASE_COLUMNS)} from accounts_customer
    where id = any(%s::bigint[]) and store_id = %s and anonymized_at is null
    order by id for no key update
"""  # noqa: S608  # as above
# The search sees the customers as they were when the statement began; the row that it locks is
# read again after a wait. Nobody but who was found is locked.
_FOUND = """
    with found as (
        select id, invited_by_id from accounts_customer
        where store_id = %(store)s and status = 'active' and (
            lower(email) = %(email)s::text or phone = %(phone)s::text
            or lower(loyalty_card_number) = %(card)s::text
        )
        order by least(
            case when lower(email) = %(email)s::text then %(email_rank)s::integer end,
            case when phone = %(phone)s::text then %(phone_rank)s::integer end,
            case when lower(loyalty_card_number) = %(card)s::text then %(card_rank)s::integer end
        )
        limit 1
    )
"""
_BUYER = f"""{_FOUND}
    select {", ".join(_PURCHASE_COLUMNS)}, true from accounts_customer
    where id = (select id from found) and anonymized_at is null for no key update
"""  # noqa: S608  # the columns are ours
# What is asked of the row itself is asked again after a wait.
_COUNTED_BUYER = f"""{_FOUND}
    update accounts_customer
    set transactions_count = transactions_count + 1,
        transactions_amount = transactions_amount + %(amount)s::numeric,
        transactions_amount_without_delivery
            = transactions_amount_without_delivery + %(without_delivery)s::numeric,
        amount_excluded_for_level = amount_excluded_for_level + %(excluded)s::numeric,
        last_transaction_at = greatest(last_transaction_at, %(purchased_at)s::timestamptz),
        version = version + 1, updated_at = %(now)s::timestamptz
    where id = (select id from found) and status = 'active' and anonymized_at is null
    returning {", ".join(_PURCHASE_COLUMNS)}
"""  # noqa: S608  # the columns are ours
# Who invited somebody never changes, so it may be read before the lock.
_BUYER_AND_REFERRER = f"""{_FOUND}
    select {", ".join(_PURCHASE_COLUMNS)}, id = (select id from found) from accounts_customer
    where id = any(array[(select id from found), (select invited_by_id from found)])
        and (anonymized_at is null or id <> (select id from found))
    order by id for no key update
"""  # noqa: S608  # as above
