"""The page of levels over time: a small chart for each, and who moved."""

from decimal import Decimal

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.cockpit import formats, links, rights
from accounts.cockpit.pages import Column, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import LevelChange, Resource
from accounts.selectors import level_statistics
from accounts.selectors.level_statistics import LevelCourse
from loyalty.cockpit.charts import Part, stacked_bars
from loyalty.cockpit.dashboard.diagrams import ChartCard, part_label, part_title
from loyalty.core import clock
from loyalty.core.models import Store

WEEKS = 26
MOVES_SHOWN = 25


def show(request: CockpitRequest) -> HttpResponse:
    from loyalty.cockpit.site import site

    rights.require(request.actor, Resource.LEVEL)
    courses = level_statistics.list_courses(request.store, weeks=WEEKS, now=clock.now())
    sees_customers = rights.may(request.actor, Resource.CUSTOMER)
    context = {
        "title": _("Levels over time"),
        "tabs": [
            (_("All levels"), reverse("admin:accounts_level_changelist"), False),
            (_("Over time"), "", True),
        ],
        "cards": [card(course, sees_customers) for course in courses],
        "tables": [moves_table(request.store)] if sees_customers else [],
    }
    shell = site.each_context(request) | {"crumbs": [(context["title"], "")]}
    return TemplateResponse(request, "cockpit/level_statistics.html", shell | context)


def card(course: LevelCourse, sees_customers: bool) -> ChartCard:
    """Return one level's members at the end of each week."""
    parts = [
        Part(
            part_label(day, "week"),
            f"{part_title(day, 'week')}: {formats.whole(count)}",
            [Decimal(count)],
        )
        for day, count in course.members.items()
    ]
    customers = reverse("admin:accounts_customer_changelist")
    texts = {"came": formats.whole(course.came), "left": formats.whole(course.left)}
    members = list(course.members.values())[-1]
    return ChartCard(
        title=f"{course.level.name}: {formats.whole(members)}",
        chart=stacked_bars(parts, formats.whole),
        legend=(),
        url=f"{customers}?level__id__exact={course.level.pk}" if sees_customers else "",
        note=_("%(came)s came, %(left)s left in half a year") % texts,
    )


def moves_table(store: Store) -> Table:
    """Return the latest moves in the store, with their reasons."""
    rows = (
        LevelChange.objects.filter(customer__store=store)
        .select_related("customer", "old_level", "new_level")
        .prefetch_related("old_level__translations", "new_level__translations")
    )
    return Table(
        title=_("Latest moves"),
        columns=(
            Column(_("When")),
            Column(_("Customer")),
            Column(_("From")),
            Column(_("To")),
            Column(_("Why")),
        ),
        rows=[
            (
                formats.time_tag(row.changed_at),
                links.way_to(
                    Resource.CUSTOMER,
                    reverse("admin:accounts_customer_change", args=[row.customer_id]),
                    row.customer.name or row.customer_id,
                ),
                row.old_level or formats.EMPTY,
                row.new_level or formats.EMPTY,
                word(row.get_reason_display()),
            )
            for row in rows.order_by("-pk")[:MOVES_SHOWN]
        ],
        empty=_("The level has never changed."),
    )
