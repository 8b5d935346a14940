"""What the page of one customer shows: plain values, from a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from accounts.admin import transfers
from accounts.admin.ledger import STATE_TONES, customer_link
from accounts.admin.pos import address_line
from accounts.cockpit import formats, links
from accounts.cockpit.pages import Column, Fact, Panel, Table
from accounts.cockpit.vocabulary import word
from accounts.ledger.models import Lot
from accounts.models import Customer, LevelChange, PointsTransfer, Resource
from accounts.selectors import balances, points_statistics, qualifying, standing
from campaigns.admin import words
from campaigns.selectors import bought
from earning.selectors import invitations
from loyalty.cockpit import timeline
from loyalty.core import coupon_codes
from transactions.admin import kind_chip
from transactions.models import Transaction
from transactions.selectors import points as document_points

ROWS_SHOWN = 8
LOTS_SHOWN = 8
CHANGES_SHOWN = 10
MILES = 100
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Progress:
    """The way to the next level. `percent`: 0 to 100 of it; None at the top."""

    level: str
    next: str
    is_by_hand: bool
    percent: int | None
    missing: Decimal | None
    is_in_points: bool


@dataclass(frozen=True)
class Balance:
    active: Decimal
    pending: Decimal
    blocked: Decimal
    expiring: Decimal
    earned: Decimal
    spent: Decimal
    expired: Decimal


@dataclass(frozen=True)
class CustomerPage:
    """`balance` None: the person who looks may not see points."""

    balance: Balance | None
    progress: Progress
    panels: Sequence[Panel]
    tables: Sequence[Table]
    initials: str


def read(
    customer: Customer,
    *,
    now: datetime,
    sees_points: bool,
    sees_purchases: bool,
    sees_rewards: bool = False,
    sees_codes: bool = False,
) -> CustomerPage:
    """Collect the page; what the rights do not open is left out."""
    tables: list[Table] = []
    if sees_points:
        tables.append(transfers_table(customer, now))
    if sees_purchases:
        tables.append(purchases_table(customer, now))
    if sees_rewards:
        tables.append(coupons_table(customer, now, sees_codes=sees_codes))
    if sees_points:
        tables += [lots_table(customer, now), timeline.timeline_table(customer)]
    tables.append(level_changes_table(customer))
    return CustomerPage(
        balance=read_balance(customer, now) if sees_points else None,
        progress=read_progress(customer, now),
        panels=(profile_panel(customer), value_panel(customer), program_panel(customer)),
        tables=tables,
        initials="".join(name[:1] for name in (customer.first_name, customer.last_name)).upper()
        or "?",
    )


def read_balance(customer: Customer, now: datetime) -> Balance:
    figures = balances.get_figures(customer.wallet_id, now, zone=customer.store.zone)
    return Balance(
        active=figures.points,
        pending=figures.locked,
        blocked=figures.blocked,
        expiring=points_statistics.sum_expiring_of(customer.wallet_id, now, within=SOON),
        earned=figures.total_earned,
        spent=figures.used,
        expired=figures.expired,
    )


def read_progress(customer: Customer, now: datetime) -> Progress:
    found = standing.get_progress(customer, now)
    percent = None
    if found.next is not None:
        floor = found.current.condition_value if found.current else Decimal(0)
        width = found.next.condition_value - floor
        share = (found.amount - floor) / width if width > 0 else Decimal(0)
        percent = int(max(Decimal(0), min(Decimal(1), share)) * MILES)
    return Progress(
        level=found.current.name() if found.current else "",
        next=found.next.name() if found.next else "",
        is_by_hand=customer.manually_assigned_level_id is not None,
        percent=percent,
        missing=found.missing,
        is_in_points=qualifying.follows_points(customer.store),
    )


def transfers_table(customer: Customer, now: datetime) -> Table:
    url = reverse("admin:accounts_pointstransfer_changelist")
    found = PointsTransfer.objects.of_customer(customer).select_related("posting")
    return Table(
        title=_("Points transfers"),
        columns=(
            Column(_("When")),
            Column(_("Type")),
            Column(_("Comment")),
            Column(_("State")),
            Column(_("Points"), is_figure=True),
        ),
        rows=[
            (
                formats.link(transfers.transfer_url(row), formats.moment(row.created_at)),
                transfers.type_label(row),
                coupon_codes.hidden_in(row.posting.comment) or formats.EMPTY,
                transfers.state_chip(row, now),
                formats.signed_figure(transfers.signed_value(row)),
            )
            for row in found.order_by("-created_at", "-uuid")[:ROWS_SHOWN]
        ],
        empty=_("No points have moved yet."),
        more=(f"{url}?customer={customer.wallet_id}", _("All transfers")),
    )


def lots_table(customer: Customer, now: datetime) -> Table:
    lots = Lot.objects.filter(wallet_id=customer.wallet_id, is_open=True)
    return Table(
        title=_("Lots that hold the balance"),
        columns=(
            Column(_("Received")),
            Column(_("State")),
            Column(_("Active from")),
            Column(_("Expires")),
            Column(_("Points"), is_figure=True),
            Column(_("Left"), is_figure=True),
        ),
        rows=[
            (
                formats.link(
                    reverse("admin:ledger_lot_change", args=[lot.pk]), formats.day(lot.created_at)
                ),
                formats.chip(word(lot.state_at(now).label), STATE_TONES[lot.state_at(now)]),
                formats.day(lot.active_from),
                formats.day(lot.expires_at) if lot.expires_at else _("never"),
                formats.figure(formats.points(lot.amount)),
                formats.figure(formats.points(lot.remaining)),
            )
            for lot in lots.order_by("created_at", "pk")[:LOTS_SHOWN]
        ],
        empty=_("There is nothing to spend."),
        more=(
            f"{reverse('admin:ledger_lot_changelist')}?wallet={customer.wallet_id}",
            _("All lots"),
        ),
    )


def purchases_table(customer: Customer, now: datetime) -> Table:
    documents = Transaction.objects.filter(customer=customer).select_related("pos")
    rows = list(documents.order_by("-purchased_at", "-pk")[:ROWS_SHOWN])
    moved = document_points.moved_by(rows, now)
    url = reverse("admin:transactions_transaction_changelist")
    return Table(
        title=_("Purchases"),
        columns=(
            Column(_("Document")),
            Column(_("Type")),
            Column(_("When")),
            Column(_("Point of sale")),
            Column(_("Amount"), is_figure=True),
            Column(_("Points"), is_figure=True),
        ),
        rows=[
            (
                formats.link(
                    reverse("admin:transactions_transaction_change", args=[row.pk]),
                    row.document_number,
                ),
                kind_chip(row),
                formats.time_tag(row.purchased_at),
                row.pos or row.purchase_place or formats.EMPTY,
                formats.figure(formats.money(row.gross_value, customer.store.currency)),
                formats.signed_figure(moved[row.pk])
                if row.pk in moved
                else formats.figure(formats.EMPTY),
            )
            for row in rows
        ],
        empty=_("No purchase is known."),
        more=(f"{url}?customer__id__exact={customer.pk}", _("All purchases")),
    )


def coupons_table(customer: Customer, now: datetime, *, sees_codes: bool) -> Table:
    url = reverse("admin:campaigns_coupon_changelist")
    return Table(
        title=_("Coupons"),
        columns=(
            Column(_("Code")),
            Column(_("Reward")),
            Column(_("Bought")),
            Column(_("Valid until")),
            Column(_("State")),
            Column(_("Points"), is_figure=True),
        ),
        rows=[
            (
                formats.link(
                    reverse("admin:campaigns_coupon_change", args=[coupon.pk]),
                    words.code_of(coupon.code, is_whole=sees_codes),
                ),
                coupon.campaign_name,
                formats.time_tag(coupon.purchased_at),
                formats.day(coupon.active_to) if coupon.active_to else _("for ever"),
                words.status_chip(coupon, now),
                formats.figure(formats.points(coupon.cost_in_points)),
            )
            for coupon in bought.list_of_customer(customer)[:ROWS_SHOWN]
        ],
        empty=_("No reward was bought yet."),
        more=(f"{url}?customer__id__exact={customer.pk}", _("All coupons")),
    )


def level_changes_table(customer: Customer) -> Table:
    changes = LevelChange.objects.filter(customer=customer)
    rows = changes.select_related("old_level", "new_level").prefetch_related(
        "old_level__translations", "new_level__translations"
    )
    return Table(
        title=_("Levels so far"),
        columns=(Column(_("When")), Column(_("From")), Column(_("To")), Column(_("Why"))),
        rows=[
            (
                formats.time_tag(row.changed_at),
                row.old_level or formats.EMPTY,
                row.new_level or formats.EMPTY,
                word(row.get_reason_display()),
            )
            for row in rows.order_by("-pk")[:CHANGES_SHOWN]
        ],
        empty=_("The level has never changed."),
    )


def profile_panel(customer: Customer) -> Panel:
    return Panel(
        _("Profile"),
        [
            Fact(_("E-mail"), customer.email or formats.EMPTY),
            Fact(_("Phone"), customer.phone or formats.EMPTY),
            Fact(_("Loyalty card"), customer.loyalty_card_number or formats.EMPTY),
            Fact(_("The card itself"), word(customer.get_card_state_display())),
            Fact(_("Gender"), word(customer.get_gender_display())),
            Fact(_("Birth date"), formats.day(customer.birth_date)),
            Fact(_("Address"), address_line(customer.address) or formats.EMPTY),
            *company_facts(customer.company),
            Fact(_("Labels"), label_chips(customer.labels)),
        ],
    )


def value_panel(customer: Customer) -> Panel:
    currency = customer.store.currency
    return Panel(
        _("Value"),
        [
            Fact(_("Bought in all"), formats.money(customer.transactions_amount, currency)),
            Fact(_("Orders"), formats.whole(customer.transactions_count)),
            Fact(_("Average order"), formats.money(customer.average_transaction_amount, currency)),
            Fact(_("Last purchase"), formats.day(customer.last_transaction_at)),
        ],
    )


def program_panel(customer: Customer) -> Panel:
    memberships = customer.segment_memberships.select_related("segment").order_by("pk")
    segments = format_html_join(
        ", ",
        "{}",
        [
            (
                links.way_to(
                    Resource.SEGMENT,
                    reverse("admin:accounts_segment_change", args=[membership.segment_id]),
                    membership.segment.name,
                ),
            )
            for membership in memberships
        ],
    )
    agreed = {True: _("Yes"), False: _("No")}
    return Panel(
        _("Program"),
        [
            Fact(_("Joined"), formats.time_tag(customer.created_at)),
            Fact(_("Last sign-in"), formats.time_tag(customer.last_login_at)),
            Fact(_("Point of sale"), customer.pos or formats.EMPTY),
            Fact(_("Seller"), customer.seller or formats.EMPTY),
            Fact(_("Invited by"), inviter_link(customer)),
            Fact(_("Friends invited"), invited_link(customer)),
            Fact(_("Segments"), segments or formats.EMPTY),
            Fact(_("Program conditions"), agreed[customer.agreement1]),
            Fact(_("Marketing"), agreed[customer.agreement2]),
            Fact(_("Data processing"), agreed[customer.agreement3]),
            Fact(_("Id"), customer.uuid),
        ],
    )


def inviter_link(customer: Customer) -> str:
    return customer_link(customer.invited_by) if customer.invited_by else formats.EMPTY


def invited_link(customer: Customer) -> str:
    """Say how far a customer's invitations have come, and lead to them (RF-11)."""
    figures = invitations.count_sent_by(customer)
    if not figures.total:
        return formats.EMPTY
    text = _("%(total)s, %(registered)s joined, %(completed)s bought") % {
        "total": formats.whole(figures.total),
        "registered": formats.whole(figures.registered),
        "completed": formats.whole(figures.completed),
    }
    url = reverse("admin:earning_invitation_changelist")
    return formats.link(f"{url}?referrer__id__exact={customer.pk}", text)


def company_facts(company: dict[str, str]) -> list[Fact]:
    if not company:
        return []
    return [
        Fact(_("Company"), company.get("name") or formats.EMPTY),
        Fact(_("Tax number"), company.get("nip") or formats.EMPTY),
    ]


def label_chips(labels: list[dict[str, Any]]) -> str:
    texts = [f"{label.get('key')}: {label.get('value')}" for label in labels]
    return ", ".join(texts) or formats.EMPTY
