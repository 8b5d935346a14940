"""Points transfers: what customers received and paid, and undoing it by hand."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeNumericFilter

from accounts.admin.ledger import STATE_TONES, customer_link
from accounts.cockpit import formats, rights
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.filters import ChoiceFilter, DayRangeFilter
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.pages import EmptyState, Fact, Panel, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.ledger.models import LotState
from accounts.models import (
    Access,
    Customer,
    PointsTransfer,
    Resource,
    TransferState,
    TransferType,
)
from accounts.models.transfers import ADDING_TYPES
from accounts.selectors import search
from accounts.services import points
from loyalty.core import coupon_codes

REASON_LENGTH_MAX = 500
# So many customers' transfers a search shows; who asks for more names them better.
FOUND_MAX = 1000


def type_label(transfer: PointsTransfer) -> str:
    return word(TransferType(transfer.type).label)


def signed_value(transfer: PointsTransfer) -> Decimal:
    value: Decimal = transfer.value
    return value if transfer.type in ADDING_TYPES else -value


def state_chip(transfer: PointsTransfer, now: datetime) -> str:
    state = transfer.state_at(now)
    return formats.chip(word(state.label), STATE_TONES[LotState(state.value)])


def transfer_url(transfer: PointsTransfer) -> str:
    return reverse("admin:accounts_pointstransfer_change", args=[transfer.uuid])


class CancelForm(CommandForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_LENGTH_MAX)

    submit_label = gettext_lazy("Cancel this transfer")

    def prepare(self) -> None:
        transfer: PointsTransfer = self.instance
        text = (
            _("The points that it sets aside can be spent again.")
            if transfer.type == TransferType.BLOCKED
            else _("What is left of it goes: %(left)s points. Spent points stay spent.")
            % {"left": formats.points(transfer.available)}
        )
        self.sections = (Section(_("Cancel transfer"), ("reason",), text),)  # type: ignore[misc]  # depends on the transfer

    def run(self, data: dict[str, Any]) -> Any:
        return points.cancel(
            store=self.store,
            transfer_uuid=self.instance.uuid,
            comment=data["reason"],
            actor=self.actor,
        )


class ActivateForm(CommandForm):
    """Nothing to fill in: a confirmation."""

    submit_label = gettext_lazy("Unlock now")

    def prepare(self) -> None:
        text = _("The points can be spent from now on, before their time.")
        self.sections = (Section(_("Unlock transfer"), (), text),)  # type: ignore[misc]  # translated when shown

    def run(self, data: dict[str, Any]) -> Any:
        return points.activate(store=self.store, transfer_uuid=self.instance.uuid, actor=self.actor)


class ExpireForm(CommandForm):
    """Nothing to fill in: a confirmation."""

    submit_label = gettext_lazy("Expire now")

    def prepare(self) -> None:
        text = _("What is left of it expires: %(left)s points. This cannot be undone.") % {
            "left": formats.points(self.instance.available)
        }
        self.sections = (Section(_("Expire transfer"), (), text),)  # type: ignore[misc]  # depends on the transfer

    def run(self, data: dict[str, Any]) -> Any:
        return points.expire(store=self.store, transfer_uuid=self.instance.uuid, actor=self.actor)


DEEDS: dict[str, tuple[type[CommandForm], Any]] = {
    "cancel": (CancelForm, gettext_lazy("The transfer was cancelled.")),
    "activate": (ActivateForm, gettext_lazy("The points were unlocked.")),
    "expire": (ExpireForm, gettext_lazy("The points have expired.")),
}


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, word(state.label)) for state in TransferState]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in TransferState.values:
            return queryset.in_state([self.value()], timezone.now())
        return queryset


@admin.register(PointsTransfer)
class PointsTransferAdmin(ReadOnlyAdmin):
    resource = Resource.POINT_TRANSFER
    list_display = (
        "created",
        "customer_name",
        "type_name",
        "comment",
        "issuer",
        "state",
        "expires",
        "figure_value",
    )
    list_select_related = ("customer", "posting")
    list_filter = (
        ("type", ChoiceFilter),
        StateFilter,
        ("created_at", DayRangeFilter),
        ("value", RangeNumericFilter),
    )
    search_fields = ("customer",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("Name, e-mail, phone or card")
    ordering = ("-created_at", "-uuid")
    sortable_by = ("created",)
    # Audited under the id of the transfer.
    audit_type = "PointsTransfer"
    empty_state = EmptyState(
        gettext_lazy("No points have moved yet"),
        gettext_lazy("Points that customers earn, receive, spend or send will stand here."),
        "swap_horiz",
    )

    # The list

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        return lookup == "customer" or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        known = Customer.objects.in_store(request.store)  # type: ignore[attr-defined]
        found = search.matching(known, search_term).values_list("wallet_id", flat=True)
        # As numbers, so that both halves of the view go by their index of wallets.
        return queryset.filter(customer__in=list(found[:FOUND_MAX])), False

    def list_tabs(self, request: CockpitRequest) -> Sequence[tuple[Any, str, bool]]:
        chosen = request.GET.get("type__exact", "")
        return [
            (_("All"), "?", not chosen),
            *[
                (word(kind.label), f"?type__exact={kind.value}", chosen == kind.value)
                for kind in TransferType
            ],
        ]

    @admin.display(description=gettext_lazy("When"), ordering="created_at")
    def created(self, row: PointsTransfer) -> str:
        return formats.time_tag(row.created_at)

    @admin.display(description=gettext_lazy("Customer"))
    def customer_name(self, row: PointsTransfer) -> str:
        return customer_link(row.customer)

    @admin.display(description=gettext_lazy("Type"))
    def type_name(self, row: PointsTransfer) -> str:
        return type_label(row)

    @admin.display(description=gettext_lazy("Comment"))
    def comment(self, row: PointsTransfer) -> str:
        return coupon_codes.hidden_in(row.posting.comment) or formats.EMPTY

    @admin.display(description=gettext_lazy("By"))
    def issuer(self, row: PointsTransfer) -> str:
        return word(row.posting.get_issuer_display())

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: PointsTransfer) -> str:
        return state_chip(row, timezone.now())

    @admin.display(description=gettext_lazy("Expires"))
    def expires(self, row: PointsTransfer) -> str:
        if row.type not in ADDING_TYPES:
            return formats.EMPTY
        return formats.day(row.expires_at) if row.expires_at else _("never")

    @admin.display(description=gettext_lazy("Points"))
    def figure_value(self, row: PointsTransfer) -> str:
        return formats.signed_figure(signed_value(row))

    # The page

    def title_of(self, subject: PointsTransfer) -> str:
        return f"{type_label(subject)} {formats.points(subject.value)}"

    def panels(self, request: CockpitRequest, subject: PointsTransfer) -> Sequence[Panel]:
        posting_url = reverse("admin:ledger_posting_change", args=[subject.posting_id])
        return (
            Panel(
                _("Points transfer"),
                [
                    Fact(_("Customer"), customer_link(subject.customer)),
                    Fact(_("Type"), type_label(subject)),
                    Fact(_("Points"), formats.signed_figure(signed_value(subject))),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Comment"), self.comment(subject)),
                    Fact(_("By"), self.issuer(subject)),
                    Fact(_("In the ledger"), formats.link(posting_url, _("Posting"))),
                ],
            ),
            Panel(
                _("Dates"),
                [
                    Fact(_("Created"), formats.time_tag(subject.created_at)),
                    Fact(_("Locked until"), formats.time_tag(subject.locked_until)),
                    Fact(_("Expires"), self.expires(subject)),
                    Fact(_("Left to spend"), formats.points(subject.available)),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )

    # Undoing

    def may_act(self, request: CockpitRequest) -> bool:
        return rights.may(request.actor, self.resource, Access.MODIFY)

    def tools(self, request: CockpitRequest, subject: PointsTransfer) -> Sequence[Tool]:
        if not self.may_act(request):
            return ()
        now = timezone.now()
        state = subject.state_at(now)
        is_lot = subject.type in ADDING_TYPES
        tools = []
        if is_lot and state == TransferState.PENDING:
            tools.append(Tool(_("Unlock"), self.deed_url(subject, "activate"), "lock_open"))
        if is_lot and state == TransferState.ACTIVE:
            tools.append(Tool(_("Expire"), self.deed_url(subject, "expire"), "event_busy"))
        if subject.can_cancel_at(now):
            tools.append(Tool(_("Cancel"), self.deed_url(subject, "cancel"), "undo", "danger"))
        return tools

    def deed_url(self, subject: PointsTransfer, deed: str) -> str:
        return self.url_of("deed", subject.uuid, deed)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.deed_view)
        return [
            path("<uuid:object_id>/do/<str:deed>/", view, name="accounts_pointstransfer_deed"),
            *super().get_urls(),
        ]

    def deed_view(self, request: CockpitRequest, object_id: Any, deed: str) -> HttpResponse:
        """Cancel, unlock or expire a transfer, once that is confirmed."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        if deed not in DEEDS:
            raise Http404(deed)
        subject = self.get_found(request, str(object_id))
        form_class, done = DEEDS[deed]
        options = {"store": request.store, "actor": request.actor, "instance": subject}
        form = form_class(request.POST if request.method == "POST" else None, **options)
        if request.method == "POST":
            is_done, _result = form.submit()
            if is_done:
                messages.success(request, done)
                return HttpResponseRedirect(self.object_url(subject))
        context = self.form_context(request, form) | {"cancel_url": self.object_url(subject)}
        title = str(form.sections[0].title)
        return self.render(request, self.form_template, context, subject, title)
