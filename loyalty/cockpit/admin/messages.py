"""The log of messages: what went to whom, when, and what became of it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats, rights
from accounts.cockpit.filters import ChoiceFilter, DayRangeFilter
from accounts.cockpit.pages import Confirmation, EmptyState, Fact, Panel, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.cockpit.admin.logs import SentLogAdmin
from loyalty.core.messages import outbox
from loyalty.core.messages.catalogue import BY_VALUE
from loyalty.core.models import MessageState, SentMessage

TONES = {
    MessageState.WAITING: "warn",
    MessageState.SENDING: "info",
    MessageState.SENT: "good",
    MessageState.NOT_WANTED: "neutral",
    MessageState.FAILED: "bad",
    MessageState.UNKNOWN: "warn",
}


@admin.register(SentMessage)
class SentMessageAdmin(SentLogAdmin):
    """Texts are not kept: some held passwords."""

    resource = Resource.SETTINGS
    audit_type = "SentMessage"
    list_display = ("at", "occasion", "channel_name", "customer", "state_chip", "tries", "fault")
    list_filter = (
        ("state", ChoiceFilter),
        ("channel", ChoiceFilter),
        ("created_at", DayRangeFilter),
    )
    search_fields = ("event",)
    search_help_text = gettext_lazy("Customer's e-mail, phone, card or id")
    empty_state = EmptyState(
        gettext_lazy("No messages yet"),
        gettext_lazy("Every mail, text message and push to a customer stands here."),
        "mail",
    )
    list_note = gettext_lazy(
        "What could not be sent for now is tried again with growing pauses, nine times in all. "
        "What was interrupted may have been sent: it is sent again only if you say so."
    )

    def get_urls(self) -> list[Any]:
        retry = path(
            "<path:object_id>/retry/",
            self.admin_site.admin_view(self.retry),
            name="core_sentmessage_retry",
        )
        return [retry, *super().get_urls()]

    @admin.display(description=gettext_lazy("Event"))
    def occasion(self, line: SentMessage) -> Any:
        known = BY_VALUE.get(line.event)
        return known.label if known else line.event

    @admin.display(description=gettext_lazy("Channel"))
    def channel_name(self, line: SentMessage) -> str:
        return line.get_channel_display()

    @admin.display(description=gettext_lazy("State"))
    def state_chip(self, line: SentMessage) -> str:
        return formats.chip(word(line.get_state_display()), TONES[MessageState(line.state)])

    @admin.display(description=gettext_lazy("Attempts"))
    def tries(self, line: SentMessage) -> str:
        return formats.figure(formats.whole(line.attempts))

    @admin.display(description=gettext_lazy("What went wrong"))
    def fault(self, line: SentMessage) -> str:
        return line.error or formats.EMPTY

    def title_of(self, subject: SentMessage) -> str:
        return str(self.occasion(subject))

    def tools(self, request: CockpitRequest, subject: SentMessage) -> Sequence[Tool]:
        is_stuck = subject.state in {MessageState.FAILED, MessageState.UNKNOWN}
        if not (is_stuck and self.may_modify(request)):
            return ()
        return (Tool(_("Send again"), self.object_url(subject, "retry"), "replay", "primary"),)

    def retry(self, request: CockpitRequest, object_id: str) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        line = self.get_found(request, object_id)
        question = Confirmation(
            _("Send again"),
            [_("The message is written anew, with what is true now.")],
            _("%(name)s will be sent again."),
        )
        return self.confirmed(
            request, line, question, lambda: outbox.retry(line, actor=request.actor)
        )

    def panels(self, request: CockpitRequest, subject: SentMessage) -> Sequence[Panel]:
        return (
            Panel(
                _("Message"),
                [
                    Fact(_("Event"), self.occasion(subject)),
                    Fact(_("Channel"), subject.get_channel_display()),
                    Fact(_("Customer"), self.link_to_owner(request, subject)),
                    Fact(_("Language"), subject.language or formats.EMPTY),
                ],
            ),
            Panel(
                _("Sending"),
                [
                    Fact(_("State"), self.state_chip(subject)),
                    Fact(_("Made"), formats.time_tag(subject.created_at)),
                    Fact(_("Attempts"), formats.whole(subject.attempts)),
                    Fact(_("Last attempt"), formats.time_tag(subject.tried_at)),
                    Fact(_("Sent"), formats.time_tag(subject.sent_at)),
                    Fact(_("What went wrong"), subject.error or formats.EMPTY),
                ],
            ),
        )
