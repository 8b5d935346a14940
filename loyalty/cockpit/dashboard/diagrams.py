"""The dashboard's bar charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.cockpit import formats
from accounts.selectors.member_statistics import Period
from accounts.selectors.points_statistics import Flow
from loyalty.cockpit.charts import BarChart, Part, stacked_bars
from loyalty.cockpit.dashboard.figures import Figures
from loyalty.cockpit.dashboard.links import Links
from loyalty.core.models import Store

ZERO = Decimal(0)


@dataclass(frozen=True)
class ChartCard:
    title: str
    chart: BarChart
    legend: Sequence[str]
    url: str
    note: str


def diagrams(store: Store, figures: Figures, links: Links) -> list[ChartCard]:
    return [
        _points_chart(store, figures, links),
        _sales_chart(store, figures.period, figures.sold, links),
        _joined_chart(store, figures.period, figures.joined, links),
    ]


def _points_chart(store: Store, figures: Figures, links: Links) -> ChartCard:
    parts = []
    unit = figures.period.unit
    for day in parts_of(figures.period, store):
        flow = figures.flows.get(day, Flow())
        title = _("%(day)s: %(earned)s earned, %(spent)s spent, %(expired)s expired") % {
            "day": part_title(day, unit),
            "earned": formats.points(flow.earned),
            "spent": formats.points(flow.spent),
            "expired": formats.points(flow.expired),
        }
        values = (flow.earned, flow.spent, flow.expired)
        parts.append(Part(part_label(day, unit), title, values))
    return ChartCard(
        title=_("Points"),
        chart=stacked_bars(parts, formats.whole),
        legend=(_("Earned"), _("Spent"), _("Expired")),
        url=links.transfers(),
        note=_("%(points)s will expire within 30 days.")
        % {"points": formats.whole(figures.expiring)},
    )


def _sales_chart(
    store: Store, period: Period, sold: dict[date, Decimal], links: Links
) -> ChartCard:
    parts = [
        Part(
            part_label(day, period.unit),
            _labelled(day, period.unit, formats.money(sold.get(day, ZERO), store.currency)),
            (max(ZERO, sold.get(day, ZERO)),),
        )
        for day in parts_of(period, store)
    ]
    return ChartCard(
        title=_("Member sales, %(currency)s") % {"currency": store.currency},
        chart=stacked_bars(parts, formats.whole),
        legend=(),
        url=links.sales("&matched=1"),
        note="",
    )


def _joined_chart(store: Store, period: Period, joined: dict[date, int], links: Links) -> ChartCard:
    parts = [
        Part(
            part_label(day, period.unit),
            _labelled(day, period.unit, formats.whole(joined.get(day, 0))),
            (Decimal(joined.get(day, 0)),),
        )
        for day in parts_of(period, store)
    ]
    return ChartCard(
        title=_("New members"),
        chart=stacked_bars(parts, formats.points),
        legend=(),
        url=links.joined(),
        note="",
    )


def _labelled(day: date, unit: str, text: str) -> str:
    return f"{part_title(day, unit)}: {text}"


def parts_of(period: Period, store: Store) -> list[date]:
    """Return the first days of a period's parts, as PostgreSQL's date_trunc cuts them."""
    day = period.start.astimezone(store.zone).date()
    last = (period.end - timedelta(seconds=1)).astimezone(store.zone).date()
    if period.unit == "week":
        day -= timedelta(days=day.weekday())
    elif period.unit == "month":
        day = day.replace(day=1)
    days = []
    while day <= last:
        days.append(day)
        if period.unit == "month":
            day = (day + timedelta(days=31)).replace(day=1)
        else:
            day += timedelta(days=7 if period.unit == "week" else 1)
    return days


def part_label(day: date, unit: str) -> str:
    return formats.dated(day, "M Y" if unit == "month" else "j M")


def part_title(day: date, unit: str) -> str:
    if unit == "month":
        return date_format(day, "F Y")
    if unit == "week":
        return _("Week of %(day)s") % {"day": formats.dated(day, "j M")}
    return formats.dated(day, "j M Y")
