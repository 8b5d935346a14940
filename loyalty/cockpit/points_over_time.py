"""The page of points over time: what they did, and what is going to happen to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats, rights
from accounts.cockpit.pages import Column, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Resource
from accounts.selectors import points_statistics
from accounts.selectors.points_histogram import Interval, PointsKind, get_histogram
from loyalty.cockpit.charts import Part, stacked_bars
from loyalty.cockpit.dashboard.diagrams import ChartCard, part_label, part_title
from loyalty.cockpit.dashboard.tiles import Tile
from loyalty.core import clock
from loyalty.core.models import Store

ZERO = Decimal(0)
# Days ahead of which the tiles tell what will expire.
SOON = (7, 30, 90)
PAST = (PointsKind.EARNED, PointsKind.SPENT, PointsKind.EXPIRED)
AHEAD = (PointsKind.PENDING, PointsKind.EXPIRED)

Sums = dict[PointsKind, dict[date, Decimal]]


@dataclass(frozen=True)
class Span:
    """So many days back and ahead, in steps."""

    key: str
    label: Any
    last_days: int
    future_days: int
    interval: Interval


SPANS = (
    Span("30", gettext_lazy("30 days"), 30, 30, Interval.DAY),
    Span("90", gettext_lazy("90 days"), 90, 90, Interval.DAY),
    Span("365", gettext_lazy("12 months"), 365, 365, Interval.MONTH),
)


def show(request: CockpitRequest) -> HttpResponse:
    """Show the sums of one span; a handful of queries, however many points there are."""
    from loyalty.cockpit.site import site

    rights.require(request.actor, Resource.ANALYTICS)
    span = next((each for each in SPANS if each.key == request.GET.get("days")), SPANS[0])
    now = clock.now()
    sums = read(request.store, span, now)
    today = now.astimezone(request.store.zone).date()
    context = {
        "title": _("Points over time"),
        "choices": SPANS,
        "choice": span,
        "tiles": tiles(request.store, sums, span, today, now),
        "cards": cards(sums, span, today),
        "table": figures_table(sums, span),
    }
    shell = site.each_context(request) | {"crumbs": [(context["title"], "")]}
    return TemplateResponse(request, "cockpit/points_over_time.html", shell | context)


def read(store: Store, span: Span, now: datetime) -> Sums:
    """Return the four sums by step, past and future: four queries (PA-27)."""
    return {
        kind: get_histogram(
            store,
            kind=kind,
            interval=span.interval,
            last_days=span.last_days,
            future_days=span.future_days,
            now=now,
        )
        for kind in PointsKind
    }


def tiles(store: Store, sums: Sums, span: Span, today: date, now: datetime) -> list[Tile]:
    def past(kind: PointsKind) -> Decimal:
        return sum((sum_ for day, sum_ in sums[kind].items() if day <= today), ZERO)

    sees_lots = rights.opens(Resource.POINT_TRANSFER)
    lots = reverse("admin:ledger_lot_changelist") if sees_lots else ""
    return [
        Tile(_("Earned"), formats.whole(past(PointsKind.EARNED)), note=str(span.label)),
        Tile(_("Spent"), formats.whole(past(PointsKind.SPENT)), note=str(span.label)),
        Tile(
            _("Pending"),
            formats.whole(sum(sums[PointsKind.PENDING].values(), ZERO)),
            note=_("unlock in this time"),
        ),
        *[
            Tile(
                _("Expire within %(days)s days") % {"days": days},
                formats.whole(
                    points_statistics.sum_expiring(store, now, within=timedelta(days=days))
                ),
                note=_("if nobody spends them"),
                url=lots,
            )
            for days in SOON
        ],
    ]


def cards(sums: Sums, span: Span, today: date) -> list[ChartCard]:
    """Return two charts: so far, today included, and from tomorrow on."""
    steps = list(sums[PointsKind.EARNED])
    # A month that has begun stands in both: what it has brought, and what it will.
    current = max(step for step in steps if step <= today)
    later = [step for step in steps if step > current]
    if span.interval == Interval.MONTH:
        later.insert(0, current)
    return [
        _card(_("So far"), [s for s in steps if s <= today], PAST, sums, span),
        _card(_("Ahead"), later, AHEAD, sums, span),
    ]


def _card(
    title: str, steps: Sequence[date], kinds: Sequence[PointsKind], sums: Sums, span: Span
) -> ChartCard:
    unit = span.interval.value
    # The colours of the legend follow the order of the series.
    parts = [
        Part(
            part_label(step, unit),
            _title(step, unit, kinds, sums),
            [max(ZERO, sums[kind].get(step, ZERO)) for kind in kinds],
        )
        for step in steps
    ]
    return ChartCard(
        title=title,
        chart=stacked_bars(parts, formats.whole),
        legend=[str(words_of(kinds)[kind]) for kind in kinds],
        url="",
        note="",
    )


def _title(step: date, unit: str, kinds: Sequence[PointsKind], sums: Sums) -> str:
    words = words_of(kinds)
    told = ", ".join(
        f"{formats.points(sums[kind].get(step, ZERO))} {words[kind]}" for kind in kinds
    )
    return f"{part_title(step, unit)}: {told}"


def words_of(kinds: Sequence[PointsKind]) -> dict[PointsKind, Any]:
    if kinds is AHEAD:
        return {PointsKind.PENDING: _("will unlock"), PointsKind.EXPIRED: _("will expire")}
    return {
        PointsKind.EARNED: _("earned"),
        PointsKind.SPENT: _("spent"),
        PointsKind.EXPIRED: _("expired"),
    }


def figures_table(sums: Sums, span: Span) -> Table:
    """Return the same figures for who reads rather than looks; empty steps are left out."""
    steps = [step for step in sums[PointsKind.EARNED] if any(sums[k].get(step) for k in sums)]
    kinds = (PointsKind.EARNED, PointsKind.SPENT, PointsKind.PENDING, PointsKind.EXPIRED)
    return Table(
        title=_("Figures"),
        columns=(
            Column(_("When")),
            Column(_("Earned"), is_figure=True),
            Column(_("Spent"), is_figure=True),
            Column(_("Pending"), is_figure=True),
            Column(_("Expired or expiring"), is_figure=True),
        ),
        rows=[
            (
                part_title(step, span.interval.value),
                *[formats.figure(formats.points(sums[kind].get(step, ZERO))) for kind in kinds],
            )
            for step in reversed(steps)
        ],
        empty=_("Nothing in this period."),
    )
