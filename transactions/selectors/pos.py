"""What points of sale have sold. Source: TX-4, POS-3."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from transactions.models import Transaction


@dataclass(frozen=True, slots=True)
class PosCounters:
    """Sum and number of all documents of a POS, matched or not, returns included."""

    amount: Decimal
    count: int


def count_by_pos(pos_ids: Collection[int]) -> dict[int, PosCounters]:
    """Return the counters by primary key in one query; those without documents are missing."""
    rows = (
        Transaction.objects.filter(pos__in=pos_ids)
        .order_by()
        .values_list("pos")
        .annotate(Sum("gross_value"), Count("pk"))
    )
    return {
        pos_id: PosCounters(amount=amount, count=count)
        for pos_id, amount, count in rows
        if pos_id is not None
    }
