"""What the dashboard counts: a period, the one before it, and the present."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext_lazy

from accounts.selectors import member_statistics, points_statistics
from accounts.selectors.member_statistics import Period
from accounts.selectors.points_statistics import Flow
from loyalty.core import clock
from loyalty.core.models import Store
from transactions.selectors import sales_statistics
from transactions.selectors.sales_statistics import Sales

SOON = timedelta(days=30)
# How far back the to-do list looks: what is older will not be matched any more.
OPEN_SINCE = timedelta(days=90)
FRESH_SECONDS = 60


@dataclass(frozen=True)
class Choice:
    """A length of the period. `unit`: of the charts' columns."""

    key: str
    label: Any
    days: int
    unit: str


CHOICES = (
    Choice("7", gettext_lazy("7 days"), 7, "day"),
    Choice("30", gettext_lazy("30 days"), 30, "day"),
    Choice("90", gettext_lazy("90 days"), 91, "week"),
    Choice("365", gettext_lazy("12 months"), 365, "month"),
)
DEFAULT_CHOICE = CHOICES[1]


def chosen(key: str) -> Choice:
    return next((choice for choice in CHOICES if choice.key == key), DEFAULT_CHOICE)


def period_of(choice: Choice, store: Store, now: datetime) -> Period:
    """Return the last `days` local days, today included."""
    today = now.astimezone(store.zone).date()
    return Period(
        start=clock.start_of_day(today - timedelta(days=choice.days - 1), store.zone),
        end=clock.start_of_day(today + timedelta(days=1), store.zone),
        unit=choice.unit,
    )


@dataclass(frozen=True)
class Figures:
    """All that the dashboard counts in a period, and what it is compared with."""

    period: Period
    by_level: dict[int | None, int]
    sales: Sales
    sales_before: Sales
    sold: dict[date, Decimal]
    flows: dict[date, Flow]
    flow_before: Flow
    joined: dict[date, int]
    joined_before: int
    owed: Decimal
    expiring: Decimal
    unmatched: int


def count(store: Store, choice: Choice, now: datetime) -> Figures:
    """Count a period and the one before it; each query reads one range of an index."""
    period = period_of(choice, store, now)
    before = period.start - (period.end - period.start)
    return Figures(
        period=period,
        by_level=member_statistics.count_by_level(store),
        sales=sales_statistics.sum_sales(store, period.start, period.end),
        sales_before=sales_statistics.sum_sales(store, before, period.start),
        sold=sales_statistics.member_amounts_by_part(store, period),
        flows=points_statistics.flow_by_part(store, period),
        flow_before=points_statistics.sum_flow(store, before, period.start),
        joined=member_statistics.joined_by_part(store, period),
        joined_before=member_statistics.count_joined(store, before, period.start),
        owed=points_statistics.sum_owed(store),
        expiring=points_statistics.sum_expiring(store, now, within=SOON),
        unmatched=sales_statistics.count_unmatched(store, now - OPEN_SINCE, now),
    )


def count_lately(store: Store, choice: Choice, now: datetime) -> Figures:
    """Return figures at most a minute old: with millions of members counting takes seconds."""
    today = now.astimezone(store.zone).date()
    key = f"cockpit-dashboard-{store.pk}-{choice.key}-{today}"
    figures: Figures | None = cache.get(key)
    if figures is None:
        figures = count(store, choice, now)
        cache.set(key, figures, FRESH_SECONDS)
    return figures
