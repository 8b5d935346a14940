"""Points transfers: what customers received and paid, as Open Loyalty counts them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateFilter,
    RangeNumericFilter,
)

from accounts.admin.ledger import customer_link, customers_of
from accounts.cockpit import formats
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Resource
from loyalty.cockpit import transfers
from loyalty.cockpit.models import PointsTransfer, TransferType


@admin.register(PointsTransfer)
class PointsTransferAdmin(ReadOnlyAdmin):
    resource = Resource.POINT_TRANSFER
    list_display = (
        "created",
        "customer",
        "type_name",
        "comment",
        "issuer",
        "state",
        "expires",
        "figure_value",
    )
    list_select_related = ("posting",)
    list_filter = (
        ("type", ChoicesDropdownFilter),
        ("created_at", RangeDateFilter),
        ("value", RangeNumericFilter),
    )
    ordering = ("-created_at", "-id")
    sortable_by = ("created",)
    empty_state = EmptyState(
        gettext_lazy("No points have moved yet"),
        gettext_lazy("Points that customers earn, receive, spend or send will stand here."),
        "swap_horiz",
    )

    # The list

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(is_transfer=True)

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        return lookup == "wallet" or super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        owners = customers_of(row.wallet_id for row in changelist.result_list)
        for row in changelist.result_list:
            row.owner = owners.get(row.wallet_id)
        return changelist

    def list_tabs(self, request: CockpitRequest) -> Sequence[tuple[Any, str, bool]]:
        chosen = request.GET.get("type__exact", "")
        return [
            (_("All"), "?", not chosen),
            *[
                (_(str(kind.label)), f"?type__exact={kind.value}", chosen == kind.value)
                for kind in TransferType
            ],
        ]

    @admin.display(description=gettext_lazy("When"), ordering="created_at")
    def created(self, row: PointsTransfer) -> str:
        return formats.time_tag(row.created_at)

    @admin.display(description=gettext_lazy("Customer"))
    def customer(self, row: Any) -> str:
        return customer_link(row.owner) if row.owner else formats.EMPTY

    @admin.display(description=gettext_lazy("Type"))
    def type_name(self, row: PointsTransfer) -> str:
        return transfers.type_label(row)

    @admin.display(description=gettext_lazy("Comment"))
    def comment(self, row: PointsTransfer) -> str:
        return row.posting.comment or formats.EMPTY

    @admin.display(description=gettext_lazy("By"))
    def issuer(self, row: PointsTransfer) -> str:
        return _(str(row.posting.get_issuer_display()))

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: PointsTransfer) -> str:
        return transfers.state_chip(row, timezone.now())

    @admin.display(description=gettext_lazy("Expires"))
    def expires(self, row: PointsTransfer) -> str:
        if row.type not in transfers.INCOMING:
            return formats.EMPTY
        return formats.day(row.expires_at) if row.expires_at else _("never")

    @admin.display(description=gettext_lazy("Points"))
    def figure_value(self, row: PointsTransfer) -> str:
        return transfers.value_figure(row)

    # The page

    def title_of(self, subject: PointsTransfer) -> str:
        return f"{transfers.type_label(subject)} {formats.points(subject.value)}"

    def panels(self, request: CockpitRequest, subject: PointsTransfer) -> Sequence[Panel]:
        owner = customers_of([subject.wallet_id]).get(subject.wallet_id)
        posting = subject.posting
        return (
            Panel(
                _("Points transfer"),
                [
                    Fact(_("Customer"), customer_link(owner) if owner else formats.EMPTY),
                    Fact(_("Type"), transfers.type_label(subject)),
                    Fact(_("Points"), transfers.value_figure(subject)),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Comment"), posting.comment or formats.EMPTY),
                    Fact(_("By"), self.issuer(subject)),
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
