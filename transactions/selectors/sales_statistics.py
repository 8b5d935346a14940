"""What was sold in a period, and how much of it to members. One index range each."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Trunc

from accounts.selectors.member_statistics import LATELY, Period
from loyalty.core import sql
from loyalty.core.models import Store
from transactions.models import DocumentType, Transaction

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sales:
    """
    Sales of a period, returns left out. `buyers`: customers with a sale. `matched`: sales that
    carry a customer, and `member_amount` what these were worth.
    """

    count: int = 0
    amount: Decimal = ZERO
    matched: int = 0
    member_amount: Decimal = ZERO
    buyers: int = 0

    @property
    def average(self) -> Decimal | None:
        """Return the amount of a member's average order."""
        return self.member_amount / self.matched if self.matched else None

    @property
    def match_rate(self) -> Decimal | None:
        """Return the share of sales that carry a member."""
        return Decimal(self.matched) / self.count if self.count else None


def sum_sales(store: Store, start: datetime, end: datetime) -> Sales:
    """Return the sales bought from `start` until before `end`. One query."""
    is_matched = Q(customer__isnull=False)
    found = _sales(store, start, end).aggregate(
        count=Count("*"),
        amount=Sum("gross_value"),
        matched=Count("pk", filter=is_matched),
        member_amount=Sum("gross_value", filter=is_matched),
        buyers=Count("customer", distinct=True),
    )
    return Sales(
        **{name: value or type(getattr(Sales(), name))(0) for name, value in found.items()}
    )


@dataclass(frozen=True, slots=True)
class Turnover:
    """Sales less their returns. `lately`: how many sales by the days that they are younger than."""

    count: int
    amount: Decimal
    without_delivery: Decimal
    lately: dict[int, int]


# A sale counts as in `amounts.count_sale`: never below nothing, and not at all once it was
# returned in full.
_TURNOVER = """
    with returned as (
        select revised_id, sum(abs(gross_value)) gross,
               sum(abs(gross_value_without_delivery)) without_delivery
        from transactions_transaction
        where store_id = %(store)s and document_type = 'return' group by revised_id
    ), sale as (
        select document.purchased_at, returned.gross is not null as has_return,
               greatest(0, abs(document.gross_value) - coalesce(returned.gross, 0)) amount,
               abs(document.gross_value_without_delivery)
               - coalesce(returned.without_delivery, 0) without_delivery
        from transactions_transaction document
        left join returned on returned.revised_id = document.id
        left join accounts_customer customer on customer.id = document.customer_id
        where document.store_id = %(store)s and document.document_type = 'sell'
          and (not %(members_only)s or customer.status = 'active')
    ), counted as (select * from sale where not (has_return and amount = 0))
    select count(*), coalesce(sum(amount), 0),
           coalesce(sum(least(amount, greatest(0, without_delivery))), 0),
           {lately}
    from counted
"""


def sum_turnover(store: Store, now: datetime, *, members_only: bool = False) -> Turnover:
    """
    Return what a store ever sold, less what came back. Source: TX-14…16. Reads every document.

    `members_only`: without the sales of nobody, and of customers who are not active.
    """
    lately = ", ".join(
        f"count(*) filter (where purchased_at > %(since_{days})s and purchased_at <= %(now)s)"
        for days in LATELY
    )
    since = {f"since_{days}": now - timedelta(days=days) for days in LATELY}
    values = {"store": store.pk, "members_only": members_only, "now": now} | since
    [row] = sql.read(_TURNOVER.format(lately=lately), values)
    count, amount, without_delivery, *counts = row
    return Turnover(count, amount, without_delivery, dict(zip(LATELY, counts, strict=True)))


def member_amounts_by_part(store: Store, period: Period) -> dict[date, Decimal]:
    """Return what members' sales were worth in each part of a period, by its first local day."""
    rows = (
        _sales(store, period.start, period.end)
        .filter(customer__isnull=False)
        .order_by()
        .values_list(Trunc("purchased_at", period.unit, tzinfo=store.zone))
        .annotate(sum=Sum("gross_value"))
    )
    return {part.date(): amount for part, amount in rows}


def count_unmatched(store: Store, start: datetime, end: datetime) -> int:
    """Count the sales that wait for a customer, whether one can be found for them or not."""
    return _sales(store, start, end).filter(customer=None).count()


def _sales(store: Store, start: datetime, end: datetime) -> "QuerySet[Any]":
    return Transaction.objects.in_store(store).filter(
        document_type=DocumentType.SELL, purchased_at__gte=start, purchased_at__lt=end
    )
