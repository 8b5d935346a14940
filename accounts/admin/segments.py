"""Segments: who is in which set."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.pages import Column, EmptyState, Fact, Panel, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Resource, Segment

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
