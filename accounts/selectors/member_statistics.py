"""How many members there are, and how many have joined. Every query reads one index range."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Trunc

from accounts.models import Customer, CustomerStatus
from loyalty.core.models import Store

# Days that "lately" may mean: a day, a week, a month and a year.
LATELY = (1, 7, 30, 365)


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time, cut into parts of one `unit`: day, week or month."""

    start: datetime
    end: datetime
    unit: str


def count_by_level(store: Store) -> dict[int | None, int]:
    """Return how many customers are on each level, by its primary key; None: on none."""
    rows = (
        Customer.objects.in_store(store).order_by().values_list("level").annotate(count=Count("*"))
    )
    return dict(rows)


def count_joined(store: Store, start: datetime, end: datetime) -> int:
    joined = Customer.objects.in_store(store).filter(created_at__gte=start, created_at__lt=end)
    return joined.count()


def count_all(store: Store) -> int:
    """Count a store's customers, the deleted left out."""
    return Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED).count()


def count_joined_lately(
    store: Store, now: datetime, *, days: tuple[int, ...] = LATELY
) -> dict[int, int]:
    """Count who joined in the last so many days, the deleted left out, by days. One query."""
    counts = {
        f"days_{n}": Count("pk", filter=Q(created_at__gt=now - timedelta(days=n))) for n in days
    }
    joined = Customer.objects.in_store(store).filter(
        created_at__gt=now - timedelta(days=max(days)), created_at__lte=now
    )
    found = joined.exclude(status=CustomerStatus.DELETED).aggregate(**counts)
    return {n: found[f"days_{n}"] for n in days}


def joined_by_part(store: Store, period: Period) -> dict[date, int]:
    """Return how many customers joined in each part of a period, by its first local day."""
    rows = (
        Customer.objects.in_store(store)
        .filter(created_at__gte=period.start, created_at__lt=period.end)
        .order_by()
        .values_list(Trunc("created_at", period.unit, tzinfo=store.zone))
        .annotate(count=Count("*"))
    )
    return {part.date(): count for part, count in rows}
