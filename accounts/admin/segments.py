"""Segments: who is in which set."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.pages import Column, EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Resource, Segment
from accounts.selectors import segments as selectors
from accounts.services import segments
from loyalty.core.errors import DomainError

MEMBERS_SHOWN = 25


@admin.register(Segment)
class SegmentAdmin(CockpitAdmin):
    resource = Resource.SEGMENT
    list_display = ("name", "description", "state", "figure_members", "created")
    list_filter = ("is_active",)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Name")
    audit_type = "Segment"
    empty_state = EmptyState(
        gettext_lazy("No segments yet"),
        gettext_lazy(
            "A segment is a set of customers that earning rules and rewards can be meant for, "
            "such as those who have not bought for 90 days."
        ),
        "pie_chart",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        segments = super().get_queryset(request)
        counted: QuerySet[Any] = segments.annotate(member_count=Count("memberships"))
        return counted

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.remove_view)
        return [
            path("<int:object_id>/remove/", view, name="accounts_segment_remove"),
            *super().get_urls(),
        ]

    def tools(self, request: CockpitRequest, subject: Segment) -> Sequence[Tool]:
        if not self.may_modify(request):
            return ()
        url = self.object_url(subject, "remove")
        return (Tool(_("Delete"), url, "delete", "danger"),)

    def remove_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Delete a segment that nothing is meant for, once that is confirmed."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        if request.method != "POST":
            context = {
                "texts": (),
                "style": "danger",
                "action": _("Delete"),
                "cancel_url": self.object_url(subject),
            }
            return self.render(request, "cockpit/confirm.html", context, subject, _("Delete"))
        try:
            segments.delete(segment=subject, actor=request.actor)
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(self.object_url(subject))
        messages.success(request, _("%(name)s was deleted.") % {"name": subject.name})
        return HttpResponseRedirect(self.list_url())

    @admin.display(description=gettext_lazy("State"), ordering="is_active")
    def state(self, segment: Segment) -> str:
        return active_chip(segment.is_active)

    @admin.display(description=gettext_lazy("Customers"), ordering="member_count")
    def figure_members(self, segment: Any) -> str:
        return formats.figure(formats.whole(segment.member_count))

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, segment: Segment) -> str:
        return formats.time_tag(segment.created_at)

    def panels(self, request: CockpitRequest, subject: Any) -> Sequence[Panel]:
        return (
            Panel(
                _("Segment"),
                [
                    Fact(_("Name"), subject.name),
                    Fact(_("Description"), subject.description or formats.EMPTY),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Customers"), formats.whole(subject.member_count)),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )

    def tables(self, request: CockpitRequest, subject: Segment) -> Sequence[Table]:
        members = subject.memberships.select_related("customer").order_by("-since", "-pk")
        return (
            Table(
                title=_("Earning rules"),
                columns=(Column(_("Name")),),
                rows=[(use.name,) for use in selectors.list_uses(subject)],
                empty=_("No rules yet"),
            ),
            Table(
                title=_("Latest members"),
                columns=(Column(_("Customer")), Column(_("Since"))),
                rows=[
                    (customer_link(member.customer), formats.time_tag(member.since))
                    for member in members[:MEMBERS_SHOWN]
                ],
                empty=_("Nobody is in this segment."),
            ),
        )


def active_chip(is_active: bool) -> str:
    return formats.chip(_("Active"), "good") if is_active else formats.chip(_("Off"), "neutral")
