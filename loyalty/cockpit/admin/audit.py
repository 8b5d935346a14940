"""The audit trail: who did what, with which values."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cockpit import formats, rights
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.filters import DayRangeFilter
from accounts.cockpit.pages import Column, Confirmation, EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines, words
from accounts.models import Access, Resource
from loyalty.core.models import AuditArchive, AuditEntry
from loyalty.core.selectors import audit as selectors
from loyalty.core.services import audit_archives

# Of the values of an entry the list shows so many.
VALUES_SHOWN = 3
# What entries are about, in the order of the menu. A list, because to ask a long trail for all the
# words in it would read the whole.
ABOUT = {
    "Customer": gettext_lazy("Customers"),
    "Level": gettext_lazy("Levels"),
    "Segment": gettext_lazy("Segments"),
    "Transaction": gettext_lazy("Transactions"),
    "EarningRule": gettext_lazy("Earning rules"),
    "Campaign": gettext_lazy("Rewards"),
    "CampaignCategory": gettext_lazy("Categories"),
    "Coupon": gettext_lazy("Coupons"),
    "PointsTransfer": gettext_lazy("Points transfers"),
    "Pos": gettext_lazy("Points of sale"),
    "Seller": gettext_lazy("Sellers"),
    "Settings": gettext_lazy("Store settings"),
    "Language": gettext_lazy("Languages"),
    "Message": gettext_lazy("Messages"),
    "Webhooks": gettext_lazy("Webhooks"),
    "Store": gettext_lazy("Stores"),
    "Admin": gettext_lazy("Staff"),
    "Role": gettext_lazy("Roles"),
    "User": gettext_lazy("Sign-ins over the API"),
    "Cockpit": gettext_lazy("Sign-ins to the cockpit"),
}
KINDS = {
    "admin": gettext_lazy("Staff"),
    "api": gettext_lazy("Integrations"),
    "seller": gettext_lazy("Sellers"),
    "customer": gettext_lazy("Customers"),
    "system": gettext_lazy("The system"),
}


class AboutFilter(admin.SimpleListFilter):
    title = gettext_lazy("what it is about")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ABOUT.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(entity_type=self.value()) if self.value() else queryset


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("who did it")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(KINDS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(actor_kind=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The current store's entries, and those of no store: sign-ins, staff, roles."""

    resource = Resource.AUDIT
    store_path = ""
    list_display = ("at", "who", "what", "on", "values", "address")
    list_filter = (AboutFilter, KindFilter, ("created_at", DayRangeFilter))
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
        seen = selectors.list_entries(request.actor, selectors.Filter())  # type: ignore[attr-defined]
        return seen.filter(store=store) | seen.filter(store=None)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        name = "core_auditentry"
        return [
            path("archives/", wrap(self.archives_view), name=f"{name}_archives"),
            path("archives/make/", wrap(self.make_archive_view), name=f"{name}_make"),
            path("archives/<str:filename>/", wrap(self.archive_view), name=f"{name}_archive"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: CockpitRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tools = []
        if request.actor.reaches_all_stores:
            archives = reverse("admin:core_auditentry_archives")
            tools.append(Tool(_("Archives"), archives, "inventory_2"))
        return super().changelist_view(request, {"list_tools": tools, **(extra_context or {})})

    def archives_view(self, request: CockpitRequest) -> HttpResponse:
        """List what was moved out of the trail, each as a file to download (AUD-6)."""
        self._require_all_stores(request)
        rows = [
            (
                formats.link(
                    reverse("admin:core_auditentry_archive", args=[archive.filename]),
                    archive.filename,
                ),
                formats.whole(archive.entry_count),
                formats.time_tag(archive.created_at),
            )
            for archive in AuditArchive.objects.all()
        ]
        columns = (Column(_("File")), Column(_("Entries"), True), Column(_("Made")))
        make = reverse("admin:core_auditentry_make")
        may_make = rights.may(request.actor, self.resource, Access.MODIFY)
        context = self.admin_site.each_context(request) | {
            "title": _("Archives"),
            "crumbs": [(self.plural, self.list_url()), (_("Archives"), "")],
            "page_tools": [Tool(_("Archive old entries"), make, "inventory_2")] if may_make else [],
            "tables": [Table(_("Archives"), columns, rows, _("There are none yet."))],
        }
        return TemplateResponse(request, self.object_template, context)

    def make_archive_view(self, request: CockpitRequest) -> HttpResponse:
        """Ask, and then move what is older than a year into an archive (AUD-5)."""
        self._require_all_stores(request)
        rights.require(request.actor, self.resource, Access.MODIFY)
        archives = reverse("admin:core_auditentry_archives")
        if request.method == "POST":
            outcome = audit_archives.archive(before=None, actor=request.actor)
            if outcome.count:
                told = ngettext(
                    "%(count)s entry was archived.",
                    "%(count)s entries were archived.",
                    outcome.count,
                )
                messages.success(request, told % {"count": outcome.count})
            else:
                messages.info(request, _("Nothing is old enough, or it is archived already."))
            return HttpResponseRedirect(archives)
        question = Confirmation(
            _("Archive old entries"),
            (_("Entries older than a year leave the list and go into a file that stays here."),),
            "",
        )
        context = self.admin_site.each_context(request) | {
            "title": _("Archive old entries"),
            "crumbs": [(self.plural, self.list_url()), (_("Archives"), archives)],
            "question": question,
            "subject": self.plural,
            "cancel_url": archives,
        }
        return TemplateResponse(request, self.confirm_template, context)

    def archive_view(self, request: CockpitRequest, filename: str) -> HttpResponse:
        self._require_all_stores(request)
        found = next(
            (each for each in AuditArchive.objects.all() if each.filename == filename), None
        )
        if found is None:
            raise Http404(filename)
        pieces = (piece.encode() for piece in audit_archives.xml_of(found))
        answer = StreamingHttpResponse(pieces, content_type="application/xml; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{found.filename}"'
        return answer  # type: ignore[return-value]  # it streams

    def _require_all_stores(self, request: CockpitRequest) -> None:
        """Archives hold every store's entries. :raises Http404: not for this person."""
        rights.require(request.actor, self.resource)
        if not request.actor.reaches_all_stores:
            raise Http404("archives")

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
            | queryset.filter(event_type__in=words.deeds_like(text))
        )
        return found, False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        entries = list(changelist.result_list)
        shown = lines.shown(request, entries)  # type: ignore[arg-type]  # `prepare` has seen it
        for entry, each in zip(entries, shown, strict=True):
            entry.shown = each
        changelist.result_list = entries
        return changelist

    @admin.display(description=gettext_lazy("When"), ordering="pk")
    def at(self, entry: AuditEntry) -> str:
        return formats.time_tag(entry.created_at)

    @admin.display(description=gettext_lazy("Who"))
    def who(self, entry: AuditEntry) -> str:
        return lines.who(entry)

    @admin.display(description=gettext_lazy("What"))
    def what(self, entry: AuditEntry) -> str:
        return words.deed(entry.event_type)

    @admin.display(description=gettext_lazy("On"))
    def on(self, entry: AuditEntry) -> str:
        on: str = entry.shown.on  # type: ignore[attr-defined]  # `get_changelist_instance` sets it
        return on

    @admin.display(description=gettext_lazy("Values"))
    def values(self, entry: AuditEntry) -> str:
        told = entry.shown.lines  # type: ignore[attr-defined]  # as above
        return lines.brief(lines.url_of(entry), told, VALUES_SHOWN)

    @admin.display(description=gettext_lazy("From"))
    def address(self, entry: AuditEntry) -> str:
        return entry.ip_address or formats.EMPTY

    def title_of(self, subject: AuditEntry) -> str:
        return words.deed(subject.event_type)

    def panels(self, request: CockpitRequest, subject: AuditEntry) -> Sequence[Panel]:
        [shown] = lines.shown(request, [subject], whole=True)
        kind = KINDS.get(subject.actor_kind, formats.EMPTY)
        return (
            Panel(
                _("Deed"),
                [
                    Fact(_("When"), formats.time_tag(subject.created_at)),
                    Fact(_("Who"), shown.who),
                    Fact(_("As"), kind),
                    Fact(_("From"), subject.ip_address or formats.EMPTY),
                    Fact(_("What"), shown.deed),
                    Fact(_("On"), shown.on),
                    Fact(_("In the API"), f"{subject.event_type}, {subject.entity_type}"),
                    Fact(_("Its id there"), subject.entity_id or formats.EMPTY),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
            Panel(
                _("Values"),
                [Fact(line.label, line.value) for line in shown.lines],
                note="" if subject.data else _("Nothing more was recorded."),
            ),
        )
