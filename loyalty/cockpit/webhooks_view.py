"""The page of a store's webhooks: where they go, how they are signed, and whether they arrive."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cockpit import formats, rights
from accounts.cockpit.base import AUDIT_SHOWN
from accounts.cockpit.pages import Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines as trail
from accounts.models import Access, Resource
from loyalty.cockpit.settings_view import page
from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.models import AuditEntry
from loyalty.core.webhooks import log, signing


def show(request: CockpitRequest) -> HttpResponse:
    rights.require(request.actor, Resource.SETTINGS)
    may_modify = rights.may(request.actor, Resource.SETTINGS, Access.MODIFY)
    entries = AuditEntry.objects.filter(entity_type="Webhooks", store=request.store)
    panels = [_receiver(request), _figures(request)]
    if may_modify:
        # Who knows the secret can make messages that pass for ours.
        panels.append(_secrets(request))
    return page(
        request,
        "cockpit/webhooks.html",
        {
            "title": _("Webhooks"),
            "panels": panels,
            "tables": [trail.table(request, entries.order_by("-pk")[:AUDIT_SHOWN])],
            "may_modify": may_modify,
            "failed_count": log.count_of(request.store).get("failed", 0),
        },
    )


def _receiver(request: CockpitRequest) -> Panel:
    settings = request.store.settings
    is_on = settings.webhooks and settings.uri_webhooks
    chip = formats.chip(_("on"), "good") if is_on else formats.chip(_("off"), "neutral")
    return Panel(
        _("Receiver"),
        [
            Fact(_("Webhooks"), chip),
            Fact(_("Where they go"), settings.uri_webhooks or formats.EMPTY),
            Fact(_("Extra header"), settings.webhook_header_name or formats.EMPTY),
            Fact(
                _("Change it"),
                formats.link(reverse("admin:settings"), _("Store settings")),
            ),
        ],
    )


def _figures(request: CockpitRequest) -> Panel:
    counts = log.count_of(request.store)
    address = reverse("admin:core_webhookdelivery_changelist")
    return Panel(
        _("Deliveries"),
        [
            Fact(
                label,
                formats.link(f"{address}?state__exact={state}", formats.whole(counts[state])),
            )
            for state, label in (("waiting", _("Waiting")), ("failed", _("Failed")))
        ]
        + [Fact(_("All of them"), formats.link(address, _("Log of webhooks")))],
    )


def _secrets(request: CockpitRequest) -> Panel:
    present, *older = signing.list_valid(request.store, now=clock.now())
    facts = [
        Fact(_("Present secret"), _hidden(present.value)),
        Fact(_("Since"), formats.time_tag(present.created_at)),
    ]
    for secret in older:
        facts += [
            Fact(_("Former secret"), _hidden(secret.value)),
            Fact(_("Signs until"), formats.time_tag(secret.expires_at)),
        ]
    return Panel(
        _("Signature"),
        facts,
        note=_(
            "Messages are signed by the Standard Webhooks scheme. After a change the former secret "
            "signs beside the new one for a day."
        ),
    )


def _hidden(value: str) -> str:
    return format_html(
        '<details class="secret"><summary>{}</summary><code>{}</code></details>', _("Show"), value
    )


def act(request: CockpitRequest, deed: str) -> HttpResponse:
    """Do what a button of the page says, and go back to it."""
    rights.require(request.actor, Resource.SETTINGS, Access.MODIFY)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if deed not in DEEDS:
        raise Http404(deed)
    try:
        with transaction.atomic():
            messages.success(request, DEEDS[deed](request))
    except DomainError as refusal:
        messages.error(request, _(refusal.message))
    return HttpResponseRedirect(reverse("admin:webhooks"))


def _test(request: CockpitRequest) -> str:
    log.send_test(store=request.store, actor=request.actor)
    return _("A test message is on its way; the log shows what comes back.")


def _rotate(request: CockpitRequest) -> str:
    signing.rotate(store=request.store, actor=request.actor)
    return _("There is a new secret. The former one signs beside it for a day.")


def _replay(request: CockpitRequest) -> str:
    count = log.replay_failed(store=request.store, actor=request.actor)
    return ngettext(
        "%(count)s message is sent again.", "%(count)s messages are sent again.", count
    ) % {"count": count}


DEEDS: dict[str, Any] = {"test": _test, "rotate": _rotate, "replay": _replay}
