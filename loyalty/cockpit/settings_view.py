"""The page of the store's settings, and who changed them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.cockpit import formats, rights
from accounts.cockpit.base import AUDIT_SHOWN
from accounts.cockpit.pages import Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines as trail
from accounts.models import Access, Resource
from loyalty.cockpit.settings_form import SettingsForm
from loyalty.cockpit.site import site
from loyalty.core.models import AuditEntry


def show(request: CockpitRequest) -> HttpResponse:
    rights.require(request.actor, Resource.SETTINGS)
    may_modify = rights.may(request.actor, Resource.SETTINGS, Access.MODIFY)
    options: dict[str, Any] = {
        "store": request.store,
        "actor": request.actor,
        "instance": request.store,
    }
    if request.method == "POST":
        rights.require(request.actor, Resource.SETTINGS, Access.MODIFY)
        form = SettingsForm(request.POST, **options)
        is_done, _store = form.submit()
        if is_done:
            messages.success(request, _("The settings were saved."))
            return HttpResponseRedirect(reverse("admin:settings"))
    else:
        form = SettingsForm(**options)
    if not may_modify:
        for field in form.fields.values():
            field.disabled = True
    return page(
        request,
        "cockpit/settings.html",
        {
            "title": _("Store settings"),
            "form": form,
            "may_modify": may_modify,
            "cancel_url": reverse("admin:settings"),
            "history_url": reverse("admin:settings_history"),
            "side_panels": [store_panel(request), webhooks_panel()],
        },
    )


def store_panel(request: CockpitRequest) -> Panel:
    store = request.store
    return Panel(
        _("Store"),
        [
            Fact(_("Name"), store.name),
            Fact(_("Code"), store.code),
            Fact(_("Currency"), store.currency),
            Fact(_("Created"), formats.day(store.created_at)),
        ],
        note=_("Code and currency were fixed when the store was created."),
    )


def webhooks_panel() -> Panel:
    address = reverse("admin:webhooks")
    return Panel(_("Webhooks"), [Fact(_("Signature"), formats.link(address, _("Show")))])


def history(request: CockpitRequest) -> HttpResponse:
    """Show who changed which settings."""
    rights.require(request.actor, Resource.SETTINGS)
    entries = AuditEntry.objects.filter(entity_type="Settings", store=request.store)
    crumbs = [(_("Store settings"), reverse("admin:settings")), (_("History"), "")]
    return page(
        request,
        "cockpit/object.html",
        {
            "title": _("History"),
            "crumbs": crumbs,
            "tables": [trail.table(request, entries.order_by("-pk")[:AUDIT_SHOWN])],
        },
    )


def page(request: CockpitRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    shell = site.each_context(request) | {"crumbs": [(context["title"], "")]}
    return TemplateResponse(request, template, shell | context)
