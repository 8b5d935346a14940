"""How many customers joined, over time. Source: CUS-61."""

from datetime import date, timedelta
from typing import Literal

from django.db.models import Count
from django.db.models.functions import TruncDay, TruncMonth, TruncYear

from accounts.models import Customer
from loyalty.core import clock
from loyalty.core.models import Store

Interval = Literal["day", "month", "year"]

_TRUNCATIONS = {"day": TruncDay, "month": TruncMonth, "year": TruncYear}
_KEYS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def count_registrations(
    store: Store, *, first: date, last: date, interval: Interval
) -> dict[str, int]:
    """
    Count the customers who joined from `first` to `last`, both included, in the store's days.

    Every interval has its key, the oldest first, also one in which nobody joined. One query.
    """
    zone, key = store.zone, _KEYS[interval]
    counts = dict.fromkeys(_days_between(first, last, key), 0)
    joined = Customer.objects.in_store(store).filter(
        created_at__gte=clock.start_of_day(first, zone),
        created_at__lt=clock.start_of_day(last + timedelta(days=1), zone),
    )
    start = _TRUNCATIONS[interval]("created_at", tzinfo=zone)
    rows = joined.annotate(start=start).values_list("start").annotate(Count("pk")).order_by()
    for at, count in rows:
        counts[at.strftime(key)] += count
    return counts


def _days_between(first: date, last: date, key: str) -> list[str]:
    return [(first + timedelta(days=n)).strftime(key) for n in range((last - first).days + 1)]
