"""Segments: who is in which set, and the builder that says so."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST

from accounts.admin.ledger import customer_link
from accounts.admin.segment_form import SegmentForm
from accounts.cockpit import criteria, formats, links, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm
from accounts.cockpit.pages import (
    Column,
    Confirmation,
    EmptyState,
    Fact,
    Panel,
    Table,
    Tool,
)
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource, Segment, SegmentMembership
from accounts.selectors import member_exports
from accounts.selectors import segments as selectors
from accounts.selectors.segments import Use
from accounts.services import segments
from loyalty.core import clock, csv_rows
from loyalty.core.errors import DomainError

MEMBERS_SHOWN = 10
# The pages of what segments are used for, by the kind of use.
USE_PAGES = {
    "earning rule": ("admin:earning_earningrule_change", Resource.EARNING_RULE),
    "reward": ("admin:campaigns_rewardcampaign_change", Resource.REWARD_CAMPAIGN),
}
SUMMARY_LENGTH_MAX = 160


@admin.register(Segment)
class SegmentAdmin(CockpitAdmin):
    resource = Resource.SEGMENT
    add_form = edit_form = SegmentForm
    form_template = "cockpit/segment.html"
    list_display = ("name", "who", "state", "figure_members", "created")
    list_filter = ("is_active",)
    search_fields = ("name__folded_contains", "description__folded_contains")
    search_help_text = gettext_lazy("Name or description")
    audit_type = "Segment"
    empty_state = EmptyState(
        gettext_lazy("No segments yet"),
        gettext_lazy(
            "A segment is a set of customers that earning rules and rewards can be meant for, "
            "such as those who have not bought for 90 days."
        ),
        "pie_chart",
    )

    # The list

    def get_references(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        members = (
            SegmentMembership.objects.filter(segment=OuterRef("pk"))
            .order_by()
            .values("segment")
            .annotate(count=Count("*"))
            .values("count")
        )
        rows = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(member_count=Coalesce(Subquery(members), 0))
        return counted

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        words = criteria.Words.of(request.store)  # type: ignore[attr-defined]
        for segment in changelist.result_list:
            segment.summary = criteria.summary_of(segment.parts, words)
        return changelist

    @admin.display(description=gettext_lazy("Who"))
    def who(self, segment: Any) -> str:
        text: str = segment.summary
        if len(text) > SUMMARY_LENGTH_MAX:
            text = f"{text[: SUMMARY_LENGTH_MAX - 1]}…"
        return text or formats.EMPTY

    @admin.display(description=gettext_lazy("State"), ordering="is_active")
    def state(self, segment: Segment) -> str:
        return active_chip(segment.is_active)

    @admin.display(description=gettext_lazy("Customers"), ordering="member_count")
    def figure_members(self, segment: Any) -> str:
        return formats.figure(formats.whole(segment.member_count))

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, segment: Segment) -> str:
        return formats.time_tag(segment.created_at)

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_segment"
        return [
            path("preview/", wrap(require_POST(self.preview_view)), name=f"{name}_preview"),
            path("<int:object_id>/remove/", wrap(self.remove_view), name=f"{name}_remove"),
            path("<int:object_id>/switch/", wrap(self.switch_view), name=f"{name}_switch"),
            path("<int:object_id>/csv/", wrap(self.csv_view), name=f"{name}_csv"),
            *super().get_urls(),
        ]

    def tools(self, request: CockpitRequest, subject: Segment) -> Sequence[Tool]:
        tools = []
        if rights.may(request.actor, Resource.CUSTOMER):
            members = reverse("admin:accounts_customer_changelist")
            tools.append(
                Tool(_("Customers"), f"{members}?segment__id__exact={subject.pk}", "group")
            )
            if rights.may(request.actor, Resource.SEGMENT_EXPORT):
                tools.append(Tool(_("CSV"), self.object_url(subject, "csv"), "download"))
        if self.may_modify(request):
            switch = self.object_url(subject, "switch")
            tools += [
                Tool(_("Switch off"), switch, "toggle_off")
                if subject.is_active
                else Tool(_("Switch on"), switch, "toggle_on"),
                Tool(_("Delete"), self.object_url(subject, "remove"), "delete", "danger"),
            ]
        return tools

    # The builder

    def form_answer(
        self, request: CockpitRequest, form_class: type[CommandForm], subject: Any
    ) -> HttpResponse:
        """Save the form; or, without a script, do what a button of the builder asks."""
        if "do" not in request.POST:
            return super().form_answer(request, form_class, subject)
        form = self._edited(request, subject)
        return self.render(request, self.form_template, self.form_context(request, form), subject)

    def form_context(self, request: CockpitRequest, form: Any) -> dict[str, Any]:
        context = super().form_context(request, form)
        return context | self.builder_context(request, form)

    def builder_context(self, request: CockpitRequest, form: SegmentForm) -> dict[str, Any]:
        return {
            "form": form,
            "groups": [
                (title, [(each.type, each.title) for each in group])
                for title, group in criteria.GROUPS
            ],
            "preview": form.preview(clock.now()),
            "sees_customers": rights.may(request.actor, Resource.CUSTOMER),
            "live_url": reverse("admin:accounts_segment_preview"),
        }

    def preview_view(self, request: CockpitRequest) -> HttpResponse:
        """Answer what changes in the builder while somebody edits: its parts, and who fits."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        form = self._edited(request, None)
        context = self.builder_context(request, form)
        return TemplateResponse(request, "cockpit/_segment_live.html", context)

    def _edited(self, request: CockpitRequest, subject: Segment | None) -> SegmentForm:
        form = SegmentForm(request.POST, store=request.store, actor=request.actor, instance=subject)
        form.edit(request.POST.get("do", ""))
        return form

    # Deeds

    def remove_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Delete a segment that nothing is meant for, once that is confirmed."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        uses = selectors.list_uses(subject)
        if request.method != "POST":
            context = {
                "question": Confirmation(
                    title=_("Delete"),
                    texts=_deleting(subject, uses),
                    done="",
                    style="danger",
                ),
                "links": [use_link(use) for use in uses],
                "is_refused": bool(uses),
                "cancel_url": self.object_url(subject),
            }
            return self.render(request, self.confirm_template, context, subject, _("Delete"))
        try:
            segments.delete(segment=subject, actor=request.actor)
        except DomainError as refusal:
            messages.error(request, word(refusal.message))
            return HttpResponseRedirect(self.object_url(subject))
        messages.success(request, _("%(name)s was deleted.") % {"name": subject.name})
        return HttpResponseRedirect(self.list_url())

    def switch_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Switch a segment on or off, once it is said whom that concerns."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        names = ", ".join(use.name for use in selectors.list_uses(subject))
        concerned = [_("It is used by: %(names)s.") % {"names": names}] if names else []
        if subject.is_active:
            question = Confirmation(
                title=_("Switch off"),
                texts=[
                    _("Its customers stay listed, but nobody comes or goes any more."),
                    _("Rules and rewards that are meant for it no longer count."),
                    *concerned,
                ],
                done=_("%(name)s is off."),
                style="danger",
            )
        else:
            question = Confirmation(
                title=_("Switch on"),
                texts=[_("Its customers are found at once, and kept up to date."), *concerned],
                done=_("%(name)s is on."),
            )
        return self.confirmed(
            request,
            subject,
            question,
            lambda: segments.set_active(
                segment=subject, is_active=not subject.is_active, actor=request.actor
            ),
        )

    def csv_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Answer the members as a file; personal data, so it needs the rights for both (SG-8)."""
        rights.require(request.actor, Resource.SEGMENT_EXPORT)
        rights.require(request.actor, Resource.CUSTOMER)
        subject = self.get_found(request, str(object_id))
        now = clock.now()
        rows = member_exports.segment_rows(request.store, subject, now=now)
        moment = now.astimezone(request.store.zone)
        answer: HttpResponse = csv_rows.answer(  # type: ignore[assignment]  # it streams
            subject.name, moment, member_exports.SEGMENT_COLUMNS, rows
        )
        return answer

    # What the page shows

    def panels(self, request: CockpitRequest, subject: Any) -> Sequence[Panel]:
        # The builder says it itself.
        note = (
            ""
            if self.may_modify(request)
            else criteria.summary_of(subject.parts, criteria.Words.of(request.store))
        )
        return (
            Panel(
                _("In short"),
                [
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Customers"), formats.whole(subject.member_count)),
                    Fact(_("Created"), formats.time_tag(subject.created_at)),
                    Fact(_("Id"), subject.uuid),
                ],
                note=note,
            ),
        )

    def tables(self, request: CockpitRequest, subject: Segment) -> Sequence[Table]:
        used_by = Table(
            title=_("Used by"),
            columns=(Column(_("Name")), Column(_("What it is"))),
            rows=[(use_link(use), word(use.kind)) for use in selectors.list_uses(subject)],
            empty=_("No rule and no reward is meant for this segment yet."),
        )
        if not rights.may(request.actor, Resource.CUSTOMER):
            return (used_by,)
        members = subject.memberships.select_related("customer").order_by("-since", "-pk")
        url = reverse("admin:accounts_customer_changelist")
        latest = Table(
            title=_("Latest members"),
            columns=(Column(_("Customer")), Column(_("Since"))),
            rows=[
                (customer_link(member.customer), formats.time_tag(member.since))
                for member in members[:MEMBERS_SHOWN]
            ],
            empty=_("Nobody is in this segment."),
            more=(f"{url}?segment__id__exact={subject.pk}", _("All customers in it")),
        )
        return (used_by, latest)


def _deleting(subject: Segment, uses: Sequence[Use]) -> list[str]:
    if uses:
        return [_("It cannot be deleted while something is meant for its customers:")]
    return [
        _("Its customers leave it; they and their points stay."),
        _("This cannot be undone. To keep its criteria, switch it off instead."),
    ]


def use_link(use: Use) -> str:
    """Link to what uses a segment, where the cockpit has a page of it."""
    try:
        page, resource = USE_PAGES[use.kind]
        return links.way_to(resource, reverse(page, args=[use.id]), use.name)
    except (KeyError, NoReverseMatch):
        return use.name


def active_chip(is_active: bool) -> str:
    if is_active:
        return formats.chip(pgettext("it is on", "Active"), "good")
    return formats.chip(pgettext("it is on", "Off"), "neutral")
