"""The audit trail: who did what, with which values."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats
from accounts.cockpit.base import ReadOnlyAdmin, describe
from accounts.cockpit.filters import DayRangeFilter
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Resource
from loyalty.core.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The current store's entries, and those of no store: sign-ins, staff, roles."""

    resource = Resource.AUDIT
    store_path = ""
    list_display = ("at", "who", "what", "on", "values", "address")
    list_filter = (("created_at", DayRangeFilter),)
    search_fields = ("entity_id", "username", "event_type")
    search_help_text = gettext_lazy("Person, deed or id")
    ordering = ("-pk",)
    sortable_by = ("at",)
    empty_state = EmptyState(
        gettext_lazy("Nothing has been recorded yet"),
        gettext_lazy(
            "Every change that people and programs make is written here, with its values."
        ),
        "history",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        store = request.store  # type: ignore[attr-defined]
        entries = super().get_queryset(request)
        return entries.filter(store=store) | entries.filter(store=None)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        found = (
            queryset.filter(entity_id=text)
            | queryset.filter(username__istartswith=text)
            | queryset.filter(event_type__istartswith=text)
        )
        return found, False

    @admin.display(description=gettext_lazy("When"), ordering="pk")
    def at(self, entry: AuditEntry) -> str:
        return formats.time_tag(entry.created_at)

    @admin.display(description=gettext_lazy("Who"))
    def who(self, entry: AuditEntry) -> str:
        return entry.username

    @admin.display(description=gettext_lazy("What"))
    def what(self, entry: AuditEntry) -> str:
        return words_of(entry.event_type)

    @admin.display(description=gettext_lazy("On"))
    def on(self, entry: AuditEntry) -> str:
        return f"{words_of(entry.entity_type)} …{entry.entity_id[-6:]}"

    @admin.display(description=gettext_lazy("Values"))
    def values(self, entry: AuditEntry) -> str:
        text = describe(entry.data)
        return text if len(text) <= 60 else f"{text[:57]}…"

    @admin.display(description=gettext_lazy("From"))
    def address(self, entry: AuditEntry) -> str:
        return entry.ip_address or formats.EMPTY

    def title_of(self, subject: AuditEntry) -> str:
        return words_of(subject.event_type)

    def panels(self, request: CockpitRequest, subject: AuditEntry) -> Sequence[Panel]:
        return (
            Panel(
                _("Deed"),
                [
                    Fact(_("When"), formats.time_tag(subject.created_at)),
                    Fact(_("Who"), subject.username),
                    Fact(_("As"), subject.actor_kind or formats.EMPTY),
                    Fact(_("From"), subject.ip_address or formats.EMPTY),
                    Fact(_("What"), subject.event_type),
                    Fact(_("On"), f"{subject.entity_type} {subject.entity_id}"),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
            Panel(
                _("Values"),
                [Fact(key, describe_value(value)) for key, value in subject.data.items()],
                note="" if subject.data else _("Nothing more was recorded."),
            ),
        )


def words_of(name: str) -> str:
    """Return `RegisterCustomer` as people read it: Register customer."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()


def describe_value(value: Any) -> str:
    if isinstance(value, dict):
        if set(value) == {"old", "new"} and not isinstance(value["new"], dict):
            return f"{value['old'] or formats.EMPTY} → {value['new'] or formats.EMPTY}"
        return describe(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or formats.EMPTY
    return formats.EMPTY if value in (None, "") else str(value)
