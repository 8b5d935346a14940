"""The first page: how the program is doing."""

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.cockpit import rights
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Resource
from loyalty.cockpit import dashboard, navigation
from loyalty.cockpit.site import site


def show(request: CockpitRequest) -> HttpResponse:
    """Show the figures to whom they are open, and everybody else where they can go."""
    shell = site.each_context(request) | {
        "title": _("Dashboard"),
        "crumbs": [(_("Dashboard"), "")],
    }
    if not rights.may(request.actor, Resource.ANALYTICS):
        shell["entries"] = navigation.entries(request)
        return TemplateResponse(request, "cockpit/welcome.html", shell)
    choice = dashboard.chosen(request.GET.get("days", ""))
    now = timezone.now()
    figures = dashboard.count_lately(request.store, choice, now)
    context = {
        "choice": choice,
        "choices": dashboard.CHOICES,
        "page": dashboard.read(request.store, request.actor, figures, now),
    }
    return TemplateResponse(request, "cockpit/dashboard.html", shell | context)
