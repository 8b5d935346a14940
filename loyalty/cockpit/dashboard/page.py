"""The dashboard laid out for one person: plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.cockpit import formats
from accounts.models import Level
from earning.models import EarningRule
from loyalty.cockpit.dashboard.diagrams import ChartCard, diagrams
from loyalty.cockpit.dashboard.figures import Figures
from loyalty.cockpit.dashboard.links import Links
from loyalty.cockpit.dashboard.tiles import Tile, tiles
from loyalty.core.actors import Actor
from loyalty.core.models import Store

ENDING_SOON = timedelta(days=7)
FULL = 100


@dataclass(frozen=True)
class FunnelRow:
    name: str
    count: str
    share: str
    # Of the largest level, 0 to 100.
    width: str
    url: str


@dataclass(frozen=True)
class Todo:
    count: str
    text: str
    url: str


@dataclass(frozen=True)
class Dashboard:
    tiles: Sequence[Tile]
    charts: Sequence[ChartCard]
    funnel: Sequence[FunnelRow]
    todo: Sequence[Todo]
    start: date
    last_day: date


def read(store: Store, actor: Actor, figures: Figures, now: datetime) -> Dashboard:
    """Lay figures out for a person; four queries for names and rules."""
    period = figures.period
    links = Links(actor, period, store)
    return Dashboard(
        tiles=tiles(store, figures, links),
        charts=diagrams(store, figures, links),
        funnel=_funnel(store, figures.by_level, links),
        todo=_todo(store, figures.unmatched, now, links),
        start=period.start.astimezone(store.zone).date(),
        last_day=(period.end - timedelta(seconds=1)).astimezone(store.zone).date(),
    )


def _funnel(store: Store, by_level: dict[int | None, int], links: Links) -> list[FunnelRow]:
    levels = Level.objects.in_store(store).prefetch_related("translations")
    largest = max(by_level.values(), default=0) or 1
    total = sum(by_level.values()) or 1
    return [
        FunnelRow(
            name=level.name,
            count=formats.whole(by_level.get(level.pk, 0)),
            share=formats.percent(Decimal(by_level.get(level.pk, 0)) / total),
            width=f"{FULL * by_level.get(level.pk, 0) / largest:.2f}",
            url=links.level(level),
        )
        for level in levels.order_by("condition_value", "pk")
    ]


def _todo(store: Store, unmatched: int, now: datetime, links: Links) -> list[Todo]:
    """Return what waits for somebody; nothing that is done."""
    rules = EarningRule.objects.in_store(store).filter(is_active=True)
    ending = rules.filter(
        is_all_time_active=False, end_at__gte=now, end_at__lt=now + ENDING_SOON
    ).count()
    tasks = [
        (unmatched, _("sales of the last 90 days without a customer"), links.unmatched()),
        (ending, _("earning rules end within 7 days"), links.rules("now=live")),
    ]
    todo = [Todo(formats.whole(count), text, url) for count, text, url in tasks if count]
    if not rules.exists():
        todo.append(
            Todo("!", _("No earning rule is active: purchases earn nothing"), links.rules())
        )
    return todo
