"""The log of webhooks: what was sent, what came back, and what is tried again."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats, rights
from accounts.cockpit.filters import ChoiceFilter, DayRangeFilter
from accounts.cockpit.pages import Column, Confirmation, EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.cockpit.admin.logs import SentLogAdmin, uuids
from loyalty.core import coupon_codes
from loyalty.core.models import DeliveryState, WebhookDelivery
from loyalty.core.webhooks import log, signing
from loyalty.webhooks import TYPES

TONES = {
    DeliveryState.WAITING: "warn",
    DeliveryState.DELIVERED: "good",
    DeliveryState.FAILED: "bad",
}


class TypeFilter(admin.SimpleListFilter):
    title = gettext_lazy("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in (*TYPES, log.TEST_TYPE)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(SentLogAdmin):
    """Bodies hold customers' data: they are shown to whom customers are."""

    resource = Resource.SETTINGS
    audit_type = "WebhookDelivery"
    list_display = ("at", "type", "customer", "state_chip", "tries", "answer", "following")
    list_filter = (("state", ChoiceFilter), TypeFilter, ("created_at", DayRangeFilter))
    search_fields = ("type",)
    search_help_text = gettext_lazy("Customer's e-mail, phone, card or id, or the webhook-id")
    empty_state = EmptyState(
        gettext_lazy("No webhooks yet"),
        gettext_lazy("What is told to your other system stands here, with what it answered."),
        "webhook",
    )
    list_note = gettext_lazy(
        "What failed is tried again for some seven hours; a customer's next message waits until "
        "then. Bodies are kept for 14 days, the rest for 90."
    )

    def get_urls(self) -> list[Any]:
        wrap, name = self.admin_site.admin_view, "core_webhookdelivery"
        return [
            path("<path:object_id>/replay/", wrap(self.replay), name=f"{name}_replay"),
            path("<path:object_id>/now/", wrap(self.send_now), name=f"{name}_now"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("body")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        text = search_term.strip()
        if text.startswith("msg_"):
            return queryset.filter(uuid__in=uuids(text.removeprefix("msg_"))), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("State"))
    def state_chip(self, delivery: WebhookDelivery) -> str:
        tone = TONES[DeliveryState(delivery.state)]
        return formats.chip(word(delivery.get_state_display()), tone)

    @admin.display(description=gettext_lazy("Attempts"))
    def tries(self, delivery: WebhookDelivery) -> str:
        return formats.figure(formats.whole(len(delivery.attempts)))

    @admin.display(description=gettext_lazy("Answer"))
    def answer(self, delivery: WebhookDelivery) -> str:
        if not delivery.attempts:
            return formats.EMPTY
        last = delivery.attempts[-1]
        return str(last["status"] or _("none"))

    @admin.display(description=gettext_lazy("Next attempt"))
    def following(self, delivery: WebhookDelivery) -> str:
        return formats.time_tag(delivery.next_attempt_at)

    def title_of(self, subject: WebhookDelivery) -> str:
        return subject.type

    def tools(self, request: CockpitRequest, subject: WebhookDelivery) -> Sequence[Tool]:
        if not (subject.body and self.may_modify(request)):
            return ()
        if subject.state == DeliveryState.WAITING:
            return (Tool(_("Send now"), self.object_url(subject, "now"), "send", "primary"),)
        return (Tool(_("Send again"), self.object_url(subject, "replay"), "replay", "primary"),)

    def replay(self, request: CockpitRequest, object_id: str) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        delivery = self.get_found(request, object_id)
        question = Confirmation(
            _("Send again"),
            [
                _("The message is sent as it was, under the same webhook-id."),
                _("It goes before what waits for the same customer, as it is older."),
            ],
            _("%(name)s will be sent again."),
        )
        return self.confirmed(
            request,
            delivery,
            question,
            lambda: log.replay(delivery=delivery, actor=request.actor),
        )

    def send_now(self, request: CockpitRequest, object_id: str) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        delivery = self.get_found(request, object_id)
        question = Confirmation(
            _("Send now"),
            [
                _("The next attempt is made at once. It is one of the seven of each message."),
                _("What waits for the same customer before it goes first."),
            ],
            _("%(name)s is sent as soon as a worker is free."),
        )
        return self.confirmed(
            request,
            delivery,
            question,
            lambda: log.send_now(delivery=delivery, actor=request.actor),
        )

    def panels(self, request: CockpitRequest, subject: WebhookDelivery) -> Sequence[Panel]:
        facts = [
            Fact(_("Type"), subject.type),
            Fact(_("State"), self.state_chip(subject)),
            Fact(_("Customer"), self.link_to_owner(request, subject)),
            Fact(_("Made"), formats.time_tag(subject.created_at)),
            Fact(_("Next attempt"), formats.time_tag(subject.next_attempt_at)),
            Fact(_("Over"), formats.time_tag(subject.ended_at)),
        ]
        request_facts = [
            Fact("Content-Type", "application/json"),
            Fact("webhook-id", signing.message_id(subject.uuid)),
            Fact("webhook-timestamp", _("the time of the attempt")),
            Fact("webhook-signature", _("by the secrets that are valid then")),
        ]
        if name := request.store.settings.webhook_header_name:
            request_facts.append(Fact(name, _("as in the settings")))
        return (
            Panel(_("Delivery"), facts),
            Panel(_("Request"), request_facts),
            Panel(_("Body"), [Fact("JSON", self._body(request, subject))]),
        )

    def _body(self, request: CockpitRequest, subject: WebhookDelivery) -> str:
        if not rights.may(request.actor, Resource.CUSTOMER):
            return _("Shown to those who may see customers.")
        if not subject.body:
            return _("No longer kept.")
        told = coupon_codes.body_for(request.actor, subject.body)
        text = json.dumps(told, ensure_ascii=False, indent=2)
        return format_html('<pre class="code">{}</pre>', text)

    def tables(self, request: CockpitRequest, subject: WebhookDelivery) -> Sequence[Table]:
        return (
            Table(
                title=_("Attempts"),
                columns=(
                    Column(_("When")),
                    Column(_("Answer")),
                    Column(_("What went wrong")),
                    Column(_("What came back")),
                    Column(_("Milliseconds"), is_figure=True),
                ),
                rows=[
                    (
                        formats.time_tag(log.time_of(attempt)),
                        attempt["status"] or formats.EMPTY,
                        attempt["error"] or formats.EMPTY,
                        attempt["answer"] or formats.EMPTY,
                        formats.figure(formats.whole(attempt["ms"])),
                    )
                    for attempt in reversed(subject.attempts)
                ],
                empty=_("It has not been tried yet."),
            ),
        )
