"""The event store: every fact, in the order in which it was written."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from accounts.cockpit import formats, rights
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.filters import DayRangeFilter
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines
from accounts.models import Customer, Resource
from accounts.selectors import search
from loyalty.cockpit.admin import event_words
from loyalty.core import coupon_codes
from loyalty.core.models import Event

# Of the values of a fact the list shows so many.
VALUES_SHOWN = 3
# A search by name looks at so many customers.
FOUND_MAX = 200


class TypeFilter(DropdownFilter):  # type: ignore[misc]  # the theme is not typed
    """What happened. A list, because to ask a long store for all its types would read the whole."""

    title = gettext_lazy("what happened")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = [(name, event_words.title_of(name)) for name in event_words.TITLES]
        return sorted(known, key=lambda pair: pair[1].casefold())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    resource = Resource.AUDIT
    list_display = ("at", "what", "about", "values")
    list_filter = (TypeFilter, ("recorded_at", DayRangeFilter))
    search_fields = ("type",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("What happened, a customer, or an id")
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

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        if identity := _uuid(text):
            return self._about(request, queryset, identity), False
        if types := event_words.types_like(text):
            return queryset.filter(type__in=types), False
        known = Customer.objects.in_store(request.store)  # type: ignore[attr-defined]
        if not rights.may(request.actor, Resource.CUSTOMER):  # type: ignore[attr-defined]
            return queryset.none(), False
        found = search.matching(known, text).order_by("-pk").values_list("pk", flat=True)
        return queryset.filter(customer_id__in=list(found[:FOUND_MAX])), False

    def _about(self, request: Any, queryset: Any, identity: UUID) -> Any:
        known = Customer.objects.in_store(request.store)
        if pk := known.filter(uuid=identity).values_list("pk", flat=True).first():
            return queryset.filter(customer_id=pk)
        return queryset.filter(subject=identity)

    def get_changelist_instance(self, request: Any) -> Any:
        changelist = super().get_changelist_instance(request)
        events = list(changelist.result_list)
        entries = [
            event_words.entry_of(event, coupon_codes.payload_for(request.actor, event.payload))
            for event in events
        ]
        for event, shown in zip(events, lines.shown(request, entries), strict=True):
            event.shown = shown
        changelist.result_list = events
        return changelist

    @admin.display(description=gettext_lazy("When"), ordering="pk")
    def at(self, event: Event) -> str:
        return formats.time_tag(event.recorded_at)

    @admin.display(description=gettext_lazy("What"))
    def what(self, event: Event) -> str:
        return event_words.title_of(event.type)

    @admin.display(description=gettext_lazy("About"))
    def about(self, event: Event) -> str:
        about, _values = _parted(event, event.shown)  # type: ignore[attr-defined]  # set above
        return about

    @admin.display(description=gettext_lazy("Values"))
    def values(self, event: Event) -> str:
        _about, values = _parted(event, event.shown)  # type: ignore[attr-defined]  # as above
        return lines.brief(self.object_url(event), values, VALUES_SHOWN)

    def title_of(self, subject: Event) -> str:
        return event_words.title_of(subject.type)

    def panels(self, request: CockpitRequest, subject: Event) -> Sequence[Panel]:
        payload = coupon_codes.payload_for(request.actor, subject.payload)
        entry = event_words.entry_of(subject, payload, whole=True)
        [shown] = lines.shown(request, [entry], whole=True)
        about, values = _parted(subject, shown)
        return (
            Panel(
                _("Event"),
                [
                    Fact(_("When"), formats.time_tag(subject.recorded_at)),
                    Fact(_("What"), self.title_of(subject)),
                    Fact(_("About"), about),
                ],
            ),
            Panel(
                _("Values"),
                [Fact(line.label, line.value) for line in values],
                note="" if values else _("Nothing more was recorded."),
            ),
            Panel(
                _("As programs see it"),
                [
                    Fact(_("Type"), subject.type),
                    Fact(_("Id"), subject.uuid),
                    Fact(_("About"), subject.subject),
                    Fact("JSON", _folded(payload)),
                ],
            ),
        )


def _parted(event: Event, shown: lines.Shown) -> tuple[SafeString, Sequence[lines.Line]]:
    """Return what an event is about, and the lines of its values."""
    if not event_words.is_about_something(event):
        return SafeString(formats.EMPTY), shown.lines
    about, *values = shown.lines
    return about.new, values


def _folded(payload: dict[str, Any]) -> SafeString:
    text = json.dumps(payload, ensure_ascii=False, indent=2)
    return format_html(
        '<details class="secret"><summary>{}</summary><pre class="code">{}</pre></details>',
        _("Show"),
        text,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == len("00000000-0000-0000-0000-000000000000") else None
    except ValueError:
        return None
