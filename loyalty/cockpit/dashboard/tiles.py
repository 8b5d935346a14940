"""The dashboard's tiles: one figure each, with how it has changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.cockpit import formats
from accounts.selectors.points_statistics import Flow
from loyalty.cockpit.dashboard.figures import Figures
from loyalty.cockpit.dashboard.links import Links
from loyalty.core.models import Store

FULL = 100


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


def tiles(store: Store, figures: Figures, links: Links) -> list[Tile]:
    return [
        *_member_tiles(figures, links),
        *_sales_tiles(store, figures, links),
        *_points_tiles(figures, links),
    ]


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


def _total(flows: Iterable[Flow]) -> Flow:
    earned = spent = expired = Decimal(0)
    for flow in flows:
        earned, spent, expired = (
            earned + flow.earned,
            spent + flow.spent,
            expired + flow.expired,
        )
    return Flow(earned, spent, expired)
