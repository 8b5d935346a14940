"""What the dashboard shows: plain values, from a fixed number of bounded queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats, rights
from accounts.models import Level, Resource
from accounts.selectors import member_statistics, points_statistics
from accounts.selectors.member_statistics import Period
from accounts.selectors.points_statistics import Flow
from earning.models import EarningRule
from loyalty.cockpit.charts import BarChart, Part, stacked_bars
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.models import Store
from transactions.selectors import sales_statistics
from transactions.selectors.sales_statistics import Sales

ZERO = Decimal(0)
SOON = timedelta(days=30)
# How far back the to-do list looks: what is older will not be matched any more.
OPEN_SINCE = timedelta(days=90)
ENDING_SOON = timedelta(days=7)
FULL = 100
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


@dataclass(frozen=True)
class Tile:
    """
    One figure. `change`: by how much of itself it grew since the previous period; None: not
    comparable. `tone`: up, down or same. `url` empty: it leads nowhere.
    """

    label: str
    value: str
    unit: str = ""
    note: str = ""
    change: str = ""
    tone: str = "same"
    url: str = ""


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
class ChartCard:
    title: str
    chart: BarChart
    legend: Sequence[str]
    url: str
    note: str


@dataclass(frozen=True)
class Dashboard:
    tiles: Sequence[Tile]
    charts: Sequence[ChartCard]
    funnel: Sequence[FunnelRow]
    todo: Sequence[Todo]
    start: date
    last_day: date


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


def read(store: Store, actor: Actor, figures: Figures, now: datetime) -> Dashboard:
    """Lay figures out for a person; three queries for names and rules."""
    period = figures.period
    links = Links(actor, period, store)
    return Dashboard(
        tiles=[
            *_member_tiles(figures, links),
            *_sales_tiles(store, figures, links),
            *_points_tiles(figures, links),
        ],
        charts=[
            _points_chart(store, figures, links),
            _sales_chart(store, period, figures.sold, links),
            _joined_chart(store, period, figures.joined, links),
        ],
        funnel=_funnel(store, figures.by_level, links),
        todo=_todo(store, figures.unmatched, now, links),
        start=period.start.astimezone(store.zone).date(),
        last_day=(period.end - timedelta(seconds=1)).astimezone(store.zone).date(),
    )


class Links:
    """Where figures lead: to lists of the same period, for whom they are open."""

    def __init__(self, actor: Actor, period: Period, store: Store) -> None:
        self.actor = actor
        first = period.start.astimezone(store.zone).date()
        last = (period.end - timedelta(seconds=1)).astimezone(store.zone).date()
        self.dates = (first.isoformat(), last.isoformat())

    def customers(self, query: str = "") -> str:
        return self._to(Resource.CUSTOMER, "accounts_customer", query)

    def joined(self) -> str:
        return self.customers(self._between("created_at"))

    def buyers(self) -> str:
        return self.customers(self._between("last_transaction_at"))

    def sales(self, query: str = "") -> str:
        period = f"document_type__exact=sell&{self._between('purchased_at')}"
        return self._to(Resource.TRANSACTION, "transactions_transaction", f"{period}{query}")

    def unmatched(self) -> str:
        query = "matched=0&document_type__exact=sell"
        return self._to(Resource.TRANSACTION, "transactions_transaction", query)

    def transfers(self, type: str = "") -> str:
        query = f"{self._between('created_at')}{f'&type__exact={type}' if type else ''}"
        return self._to(Resource.POINT_TRANSFER, "accounts_pointstransfer", query)

    def lots(self, query: str = "") -> str:
        return self._to(Resource.POINT_TRANSFER, "ledger_lot", query)

    def rules(self, query: str = "") -> str:
        return self._to(Resource.EARNING_RULE, "earning_earningrule", query)

    def level(self, level: Level) -> str:
        return self.customers(f"level__id__exact={level.pk}")

    def levels(self) -> str:
        return self._to(Resource.LEVEL, "accounts_level", "")

    def _between(self, field: str) -> str:
        return f"{field}_from={self.dates[0]}&{field}_to={self.dates[1]}"

    def _to(self, resource: Resource, name: str, query: str) -> str:
        if not rights.may(self.actor, resource):
            return ""
        url = reverse(f"admin:{name}_changelist")
        return f"{url}?{query}" if query else url


def _member_tiles(figures: Figures, links: Links) -> list[Tile]:
    sales, sales_before = figures.sales, figures.sales_before
    members = sum(figures.by_level.values())
    joined = sum(figures.joined.values())
    share = Decimal(sales.buyers) / members if members else None
    return [
        _tile(
            _("Members"),
            formats.whole(members),
            note=_("%(count)s new, %(before)s in the period before")
            % {
                "count": formats.whole(joined),
                "before": formats.whole(figures.joined_before),
            },
            url=links.joined(),
        ),
        _tile(
            _("Active members"),
            formats.whole(sales.buyers),
            note=_("%(share)s of all") % {"share": formats.percent(share)},
            now=sales.buyers,
            before=sales_before.buyers,
            url=links.buyers(),
        ),
    ]


def _sales_tiles(store: Store, figures: Figures, links: Links) -> list[Tile]:
    sales, before = figures.sales, figures.sales_before
    return [
        _tile(
            _("Member sales"),
            formats.whole(sales.member_amount),
            unit=store.currency,
            now=sales.member_amount,
            before=before.member_amount,
            url=links.sales("&matched=1"),
        ),
        _tile(
            _("Orders"),
            formats.whole(sales.matched),
            now=sales.matched,
            before=before.matched,
            url=links.sales("&matched=1"),
        ),
        _tile(
            _("Average order"),
            formats.money(sales.average),
            unit=store.currency,
            now=sales.average,
            before=before.average,
            url=links.sales("&matched=1"),
        ),
        _tile(
            _("Match rate"),
            formats.percent(sales.match_rate),
            note=_("of all sales carry a member"),
            now=sales.match_rate,
            before=before.match_rate,
            is_share=True,
            url=links.sales(),
        ),
    ]


def _points_tiles(figures: Figures, links: Links) -> list[Tile]:
    flow, before = _total(figures.flows.values()), figures.flow_before
    rate = flow.spent / flow.earned if flow.earned else None
    rate_before = before.spent / before.earned if before.earned else None
    return [
        _tile(
            _("Redemption rate"),
            formats.percent(rate),
            note=_("spent ÷ earned"),
            now=rate,
            before=rate_before,
            is_share=True,
            url=links.transfers("spending"),
        ),
        _tile(
            _("Outstanding points"),
            formats.whole(figures.owed),
            note=_("owed to members now"),
            url=links.lots(),
        ),
    ]


def _tile(
    label: str,
    value: str,
    *,
    unit: str = "",
    note: str = "",
    now: Decimal | int | None = None,
    before: Decimal | int | None = None,
    is_share: bool = False,
    url: str = "",
) -> Tile:
    change, tone = _share_change(now, before) if is_share else _change(now, before)
    return Tile(label, value, unit, note, change, tone, url)


def _change(now: Decimal | int | None, before: Decimal | int | None) -> tuple[str, str]:
    """Return by how much of itself a figure grew, and in which tone to say so."""
    if now is None or not before:
        return "", "same"
    growth = (Decimal(now) - Decimal(before)) / Decimal(before)
    if abs(growth) < Decimal("0.0005"):
        return "±0%", "same"
    sign, tone = ("+", "up") if growth > 0 else (formats.MINUS, "down")
    return f"{sign}{formats.percent(abs(growth))}", tone


def _share_change(now: Decimal | int | None, before: Decimal | int | None) -> tuple[str, str]:
    """Return by how many percentage points a share grew."""
    if now is None or before is None:
        return "", "same"
    growth = (Decimal(now) - Decimal(before)) * FULL
    if abs(growth) < Decimal("0.05"):
        return "±0", "same"
    sign, tone = ("+", "up") if growth > 0 else (formats.MINUS, "down")
    return _("%(growth)s pp") % {"growth": f"{sign}{formats.decimal(abs(growth))}"}, tone


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
    return date_format(day, "M Y" if unit == "month" else "j M")


def part_title(day: date, unit: str) -> str:
    if unit == "month":
        return date_format(day, "F Y")
    if unit == "week":
        return _("Week of %(day)s") % {"day": date_format(day, "j M")}
    return date_format(day, "j M Y")


def _total(flows: Any) -> Flow:
    earned = spent = expired = ZERO
    for flow in flows:
        earned, spent, expired = (
            earned + flow.earned,
            spent + flow.spent,
            expired + flow.expired,
        )
    return Flow(earned, spent, expired)


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
