"""The event store: every fact, in the order in which it was written."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.filters import DayRangeFilter
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Customer, Resource
from loyalty.core import coupon_codes
from loyalty.core.models import Event

VALUE_LENGTH_MAX = 60
NOTHING: tuple[Any, ...] = (None, "", [], {})


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    resource = Resource.AUDIT
    list_display = ("at", "type", "about", "values")
    list_filter = (("recorded_at", DayRangeFilter),)
    search_fields = ("type",)
    search_help_text = gettext_lazy("Type, such as points.spent, or the id of what it is about")
    ordering = ("-pk",)
    sortable_by = ("at",)
    empty_state = EmptyState(
        gettext_lazy("No events yet"),
        gettext_lazy("Whatever happens in the program is a fact that is kept here for ever."),
        "bolt",
    )
    list_note = gettext_lazy(
        "What happened, never changed and never deleted. Webhooks and messages are sent from here."
    )

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        if len(text) == 36 and text.count("-") == 4:
            return queryset.filter(subject=text), False
        return queryset.filter(type=text.lower()), False

    def get_changelist_instance(self, request: Any) -> Any:
        changelist = super().get_changelist_instance(request)
        for event in changelist.result_list:
            event.payload = coupon_codes.payload_for(request.actor, event.payload)
        return changelist

    @admin.display(description=gettext_lazy("When"), ordering="pk")
    def at(self, event: Event) -> str:
        return formats.time_tag(event.recorded_at)

    @admin.display(description=gettext_lazy("About"))
    def about(self, event: Event) -> str:
        return f"…{str(event.subject)[-12:]}"

    @admin.display(description=gettext_lazy("Values"))
    def values(self, event: Event) -> str:
        text = _describe(event.payload)
        return text if len(text) <= 80 else f"{text[:77]}…"

    def title_of(self, subject: Event) -> str:
        return subject.type

    def panels(self, request: CockpitRequest, subject: Event) -> Sequence[Panel]:
        customer = (
            Customer.objects.in_store(request.store).filter(pk=subject.customer_id).first()
            if subject.customer_id
            else None
        )
        return (
            Panel(
                _("Event"),
                [
                    Fact(_("Type"), subject.type),
                    Fact(_("When"), formats.time_tag(subject.recorded_at)),
                    Fact(_("About"), subject.subject),
                    Fact(_("Customer"), customer_link(customer) if customer else formats.EMPTY),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
            Panel(
                _("Values"),
                [
                    Fact(key, value if isinstance(value, str) else json.dumps(value))
                    for key, value in coupon_codes.payload_for(
                        request.actor, subject.payload
                    ).items()
                ],
            ),
        )


def _describe(data: dict[str, Any]) -> str:
    """Return a fact's data as one readable line; what is empty is left out."""
    texts = [f"{key}: {_brief(value)}" for key, value in data.items() if value not in NOTHING]
    return ", ".join(texts) or formats.EMPTY


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part not in NOTHING)
    if isinstance(value, list):
        return ", ".join(_brief(part) for part in value)
    text = formats.EMPTY if value in NOTHING else str(value)
    return text if len(text) <= VALUE_LENGTH_MAX else f"{text[: VALUE_LENGTH_MAX - 1]}…"
