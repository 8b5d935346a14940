"""The cockpit's list of invitations: who brought whom, and how far it has come."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.filters import ChoiceFilter, DayRangeFilter
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Customer, Resource
from accounts.selectors import search
from earning.models import Invitation, InvitationStatus
from earning.selectors import invitations

# How many customers a search looks at: more, and it should say more.
FOUND_MAX = 200
TONES = {
    InvitationStatus.INVITED: "info",
    InvitationStatus.REGISTERED: "warn",
    InvitationStatus.MADE_PURCHASE: "good",
}
WORDS = (
    gettext_noop("invitation"),
    gettext_noop("invitations"),
    gettext_noop("Invited"),
    gettext_noop("Registered"),
    gettext_noop("Made a purchase"),
    gettext_noop("E-mail"),
    gettext_noop("Text message"),
    gettext_noop("Personal link"),
)


@admin.register(Invitation)
class InvitationAdmin(CockpitAdmin):
    resource = Resource.CUSTOMER
    list_display = ("invited", "referrer_name", "address", "recipient_name", "state")
    list_select_related = ("referrer", "recipient")
    list_filter = (
        ("status", ChoiceFilter),
        ("channel", ChoiceFilter),
        ("created_at", DayRangeFilter),
    )
    search_fields = ("recipient_email",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("Name, e-mail or phone of either person")
    ordering = ("-created_at", "-pk")
    sortable_by = ("invited",)
    empty_state = EmptyState(
        gettext_lazy("No invitations yet"),
        gettext_lazy("Customers invite their friends from the portal and from your apps."),
        "group_add",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        people = search.matching(
            Customer.objects.in_store(request.store),  # type: ignore[attr-defined]
            text,
        )
        found = list(people.order_by("-pk").values_list("pk", flat=True)[:FOUND_MAX])
        same = Q(recipient_email__istartswith=text) | Q(recipient_phone__startswith=text)
        return queryset.filter(same | Q(referrer__in=found) | Q(recipient__in=found)), False

    def list_tabs(self, request: CockpitRequest) -> Sequence[tuple[Any, str, bool]]:
        """Return the steps with their figures (RF-11); who bought had registered before."""
        figures = invitations.count(request.store)
        here = request.GET.get("status__exact", "")
        steps = (
            (_("All"), "", figures.total),
            (word("Invited"), "invited", figures.total - figures.registered),
            (word("Registered"), "registered", figures.registered - figures.completed),
            (word("Made a purchase"), "made_purchase", figures.completed),
        )
        return [
            (
                f"{label} ({formats.whole(number)})",
                f"?status__exact={code}" if code else "?",
                here == code,
            )
            for label, code, number in steps
        ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        is_ours = lookup in {"referrer__id__exact", "recipient__id__exact"}
        return is_ours or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("Invited"), ordering="created_at")
    def invited(self, row: Invitation) -> str:
        return formats.time_tag(row.created_at)

    @admin.display(description=gettext_lazy("Invited by"))
    def referrer_name(self, row: Invitation) -> str:
        return customer_link(row.referrer)

    @admin.display(description=gettext_lazy("Sent to"))
    def address(self, row: Invitation) -> str:
        return row.recipient_email or row.recipient_phone or word(row.get_channel_display())

    @admin.display(description=gettext_lazy("Who came"))
    def recipient_name(self, row: Invitation) -> str:
        return customer_link(row.recipient) if row.recipient else formats.EMPTY

    @admin.display(description=gettext_lazy("How far"))
    def state(self, row: Invitation) -> str:
        return formats.chip(word(row.get_status_display()), TONES[InvitationStatus(row.status)])

    def title_of(self, subject: Invitation) -> str:
        return _("Invitation by %(name)s") % {"name": subject.referrer.name}

    def panels(self, request: CockpitRequest, subject: Invitation) -> Sequence[Panel]:
        return [
            Panel(
                _("Invitation"),
                [
                    Fact(_("Invited by"), customer_link(subject.referrer)),
                    Fact(_("Sent to"), self.address(subject)),
                    Fact(_("Who came"), self.recipient_name(subject)),
                    Fact(_("How far"), self.state(subject)),
                    Fact(_("Invited"), formats.time_tag(subject.created_at)),
                    Fact(_("Joined"), formats.time_tag(subject.registered_at)),
                    Fact(_("First purchase"), formats.time_tag(subject.purchased_at)),
                    Fact(_("Id"), subject.uuid),
                ],
            )
        ]
