"""The ledger's screens: what happened to points, to look at only."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats, links
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.filters import ChoiceFilter, DayRangeFilter
from accounts.cockpit.pages import Column, EmptyState, Fact, Panel, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.ledger.models import (
    AllocationState,
    Entry,
    Lot,
    LotAllocation,
    LotState,
    Posting,
    PostingKind,
    PostingStatus,
    WalletKind,
)
from accounts.models import Customer, Resource
from loyalty.core import coupon_codes

STATUS_TONES = {
    PostingStatus.CAPTURED: "good",
    PostingStatus.HELD: "warn",
    PostingStatus.RELEASED: "neutral",
    PostingStatus.REVERTED: "bad",
}
STATE_TONES = {
    LotState.ACTIVE: "good",
    LotState.PENDING: "info",
    LotState.EXPIRED: "neutral",
    LotState.CANCELLED: "bad",
}
ALLOCATIONS_SHOWN = 100


def customers_of(wallet_ids: Iterable[int | None]) -> dict[int, Customer]:
    """Return whose wallets these are: one query for a whole page."""
    wallets = {wallet_id for wallet_id in wallet_ids if wallet_id is not None}
    rows = Customer.objects.filter(wallet_id__in=wallets).only(
        "wallet_id", "first_name", "last_name", "email"
    )
    return {customer.wallet_id: customer for customer in rows}


def customer_link(customer: Customer) -> str:
    url = reverse("admin:accounts_customer_change", args=[customer.pk])
    return links.way_to(Resource.CUSTOMER, url, customer.name or customer.email or customer.pk)


def wallet_owner(posting: Posting, wallet: Any, owners: dict[int, Customer]) -> str:
    """Name a wallet: its customer, or what the store keeps it for."""
    if wallet is None:
        return formats.EMPTY
    if wallet.kind != WalletKind.CUSTOMER:
        return word(wallet.get_kind_display())
    owner = owners.get(wallet.pk)
    return customer_link(owner) if owner else formats.EMPTY


@admin.register(Posting)
class PostingAdmin(ReadOnlyAdmin):
    """Double entry: every movement names two wallets and one amount."""

    resource = Resource.POINT_TRANSFER
    list_display = ("created", "kind_name", "sender", "receiver", "figure_amount", "state", "why")
    list_select_related = ("from_wallet", "to_wallet")
    list_filter = (
        ("kind", ChoiceFilter),
        ("status", ChoiceFilter),
        ("issuer", ChoiceFilter),
        ("created_at", DayRangeFilter),
    )
    ordering = ("-pk",)
    sortable_by = ("created",)
    empty_state = EmptyState(
        gettext_lazy("No points have moved yet"),
        gettext_lazy("Every earning, spending, transfer and expiry will stand here as a posting."),
        "account_balance",
    )
    list_note = gettext_lazy(
        "The ledger, as it is written: each posting moves points from one wallet to another. "
        "Nothing here can be changed; undoing writes a posting of its own."
    )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = changelist.result_list
        owners = customers_of(w for row in rows for w in (row.from_wallet_id, row.to_wallet_id))
        for row in rows:
            row.owners = owners
        return changelist

    @admin.display(description=gettext_lazy("When"), ordering="pk")
    def created(self, posting: Posting) -> str:
        return formats.time_tag(posting.created_at)

    @admin.display(description=gettext_lazy("Kind"))
    def kind_name(self, posting: Posting) -> str:
        return word(posting.get_kind_display())

    @admin.display(description=gettext_lazy("From"))
    def sender(self, posting: Any) -> str:
        return wallet_owner(posting, posting.from_wallet, posting.owners)

    @admin.display(description=gettext_lazy("To"))
    def receiver(self, posting: Any) -> str:
        return wallet_owner(posting, posting.to_wallet, posting.owners)

    @admin.display(description=gettext_lazy("Points"))
    def figure_amount(self, posting: Posting) -> str:
        return formats.figure(formats.points(posting.amount))

    @admin.display(description=gettext_lazy("Status"))
    def state(self, posting: Posting) -> str:
        tone = STATUS_TONES[PostingStatus(posting.status)]
        return formats.chip(word(posting.get_status_display()), tone)

    @admin.display(description=gettext_lazy("Why"))
    def why(self, posting: Posting) -> str:
        return coupon_codes.hidden_in(posting.comment) or formats.EMPTY

    def title_of(self, subject: Posting) -> str:
        return f"{word(subject.get_kind_display())} {formats.points(subject.amount)}"

    def panels(self, request: CockpitRequest, subject: Posting) -> Sequence[Panel]:
        owners = customers_of([subject.from_wallet_id, subject.to_wallet_id])
        return (
            Panel(
                _("Posting"),
                [
                    Fact(_("Kind"), word(subject.get_kind_display())),
                    Fact(_("Status"), self.state(subject)),
                    Fact(_("From"), wallet_owner(subject, subject.from_wallet, owners)),
                    Fact(_("To"), wallet_owner(subject, subject.to_wallet, owners)),
                    Fact(_("Amount"), formats.points(subject.amount)),
                    Fact(_("Asked for"), formats.points(subject.requested_amount)),
                    Fact(_("Captured"), formats.points(subject.captured_amount)),
                ],
            ),
            Panel(
                _("Origin"),
                [
                    Fact(_("Issuer"), word(subject.get_issuer_display())),
                    Fact(_("Comment"), self.why(subject)),
                    Fact(_("Counts from"), formats.time_tag(subject.effective_at)),
                    Fact(_("Written"), formats.time_tag(subject.created_at)),
                    Fact(_("Transaction"), subject.transaction_uuid or formats.EMPTY),
                    Fact(_("Key"), subject.system_unique_key),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )

    def tables(self, request: CockpitRequest, subject: Posting) -> Sequence[Table]:
        return (entries_table(subject), allocations_table(subject.allocations.all(), of="posting"))


def entries_table(posting: Posting) -> Table:
    entries = Entry.objects.filter(posting=posting).select_related("wallet").order_by("amount")
    rows = list(entries)
    owners = customers_of(entry.wallet_id for entry in rows)
    return Table(
        title=_("Entries"),
        columns=(Column(_("Wallet")), Column(_("Points"), is_figure=True)),
        rows=[
            (wallet_owner(posting, entry.wallet, owners), formats.signed_figure(entry.amount))
            for entry in rows
        ],
        empty=_("A held or released posting has no entries: nothing has changed hands."),
    )


def allocations_table(allocations: "QuerySet[LotAllocation]", *, of: str) -> Table:
    """Return which lots a posting took from, or which postings took from a lot."""
    rows = allocations.select_related("lot", "posting").order_by("pk")[:ALLOCATIONS_SHOWN]
    tones = {AllocationState.CONSUMED: "good", AllocationState.RESERVED: "warn"}
    return Table(
        title=_("Taken from these lots") if of == "posting" else _("What became of it"),
        columns=(
            Column(_("Lot") if of == "posting" else _("Posting")),
            Column(_("Points"), is_figure=True),
            Column(_("State")),
        ),
        rows=[
            (
                _lot_link(row.lot) if of == "posting" else _posting_link(row.posting),
                formats.figure(formats.points(row.amount)),
                formats.chip(
                    word(row.get_state_display()), tones.get(AllocationState(row.state), "neutral")
                ),
            )
            for row in rows
        ],
        empty=_("No lot was touched.") if of == "posting" else _("Nothing has been taken from it."),
    )


def _lot_link(lot: Lot) -> str:
    url = reverse("admin:ledger_lot_change", args=[lot.pk])
    text = _("%(points)s of %(day)s") % {
        "points": formats.points(lot.amount),
        "day": formats.day(lot.created_at),
    }
    return formats.link(url, text)


def _posting_link(posting: Posting) -> str:
    url = reverse("admin:ledger_posting_change", args=[posting.pk])
    kind = word(PostingKind(posting.kind).label)
    return formats.link(url, f"{kind}, {formats.day(posting.created_at)}")


class LotStateFilter(admin.SimpleListFilter):
    """What can be told by date without reading a lot's state."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in (LotState.ACTIVE, LotState.PENDING)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == LotState.ACTIVE:
            return queryset.active_at(timezone.now())
        if self.value() == LotState.PENDING:
            return queryset.pending_at(timezone.now())
        return queryset


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    """What entered customers' wallets, and what is left of it."""

    resource = Resource.POINT_TRANSFER
    list_display = (
        "created",
        "customer",
        "origin_name",
        "figure_amount",
        "figure_remaining",
        "state",
        "expires",
    )
    list_filter = (LotStateFilter, ("created_at", DayRangeFilter), ("expires_at", DayRangeFilter))
    ordering = ("-created_at", "-pk")
    sortable_by = ("created",)
    empty_state = EmptyState(
        gettext_lazy("No lots yet"),
        gettext_lazy("Points that a customer receives at once are a lot: with one start, one end."),
        "layers",
    )
    list_note = gettext_lazy(
        "A lot is what entered a wallet at once. Spending takes from lots; what is left expires."
    )

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        return lookup == "wallet" or super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        owners = customers_of(row.wallet_id for row in changelist.result_list)
        for row in changelist.result_list:
            row.owner = owners.get(row.wallet_id)
        return changelist

    @admin.display(description=gettext_lazy("Received"), ordering="created_at")
    def created(self, lot: Lot) -> str:
        return formats.time_tag(lot.created_at)

    @admin.display(description=gettext_lazy("Customer"))
    def customer(self, lot: Any) -> str:
        return customer_link(lot.owner) if lot.owner else formats.EMPTY

    @admin.display(description=gettext_lazy("Origin"))
    def origin_name(self, lot: Lot) -> str:
        return word(lot.get_origin_display())

    @admin.display(description=gettext_lazy("Points"))
    def figure_amount(self, lot: Lot) -> str:
        return formats.figure(formats.points(lot.amount))

    @admin.display(description=gettext_lazy("Left"))
    def figure_remaining(self, lot: Lot) -> str:
        return formats.figure(formats.points(lot.remaining))

    @admin.display(description=gettext_lazy("State"))
    def state(self, lot: Lot) -> str:
        state = lot.state_at(timezone.now())
        return formats.chip(word(state.label), STATE_TONES[state])

    @admin.display(description=gettext_lazy("Expires"))
    def expires(self, lot: Lot) -> str:
        return formats.day(lot.expires_at) if lot.expires_at else _("never")

    def title_of(self, subject: Lot) -> str:
        return _("Lot of %(points)s") % {"points": formats.points(subject.amount)}

    def panels(self, request: CockpitRequest, subject: Lot) -> Sequence[Panel]:
        owner = customers_of([subject.wallet_id]).get(subject.wallet_id)
        return (
            Panel(
                _("Lot"),
                [
                    Fact(_("Customer"), customer_link(owner) if owner else formats.EMPTY),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Origin"), word(subject.get_origin_display())),
                    Fact(_("Active from"), formats.time_tag(subject.active_from)),
                    Fact(_("Expires"), formats.time_tag(subject.expires_at)),
                    Fact(_("Written by"), _posting_link(subject.posting)),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
            Panel(
                _("What became of the points"),
                [
                    Fact(_("Received"), formats.points(subject.amount)),
                    Fact(_("Left"), formats.points(subject.remaining)),
                    Fact(_("of which set aside"), formats.points(subject.reserved)),
                    Fact(_("Spent"), formats.points(subject.consumed)),
                    Fact(_("Expired"), formats.points(subject.expired)),
                    Fact(_("Cancelled"), formats.points(subject.cancelled)),
                ],
                note=_("Received is always the sum of left, spent, expired and cancelled."),
            ),
        )

    def tables(self, request: CockpitRequest, subject: Lot) -> Sequence[Table]:
        return (allocations_table(subject.allocations.all(), of="lot"),)
