"""
What a store says to people: messages (4.x), and its mails as 3.x shows them.

A text is read and written in the language of `_locale`, else in the installation's. Source:
MSG-1…6, campaigns-people spec 13.1 and decision 4.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core.api import formats
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import OpenLoyaltyView
from loyalty.core.errors import InvalidFields, NotFound
from loyalty.core.messages import catalogue, outbox, templates, texts
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.templates import Changes, Message
from loyalty.core.messages.texts import Text


class MessageForm(Form):
    channel = serializers.CharField(help_text="email, sms or push")
    target = serializers.CharField(help_text="customer or admin")
    event = serializers.CharField(help_text="A value of message/events.")
    subject = serializers.CharField(required=False, allow_blank=True, default="")
    content = serializers.CharField()
    enabled = serializers.BooleanField(required=False, allow_null=True, default=None)


class EmailForm(Form):
    key = serializers.CharField()
    subject = serializers.CharField()
    content = serializers.CharField()
    sender_name = serializers.CharField()
    sender_email = serializers.EmailField()
    receiver_email = serializers.CharField(
        required=False, allow_blank=True, default=None, allow_null=True, source="receivers"
    )


class MessageView(OpenLoyaltyView):
    resource = "SETTINGS"

    @property
    def language(self) -> str:
        asked = self.request.query_params.get("_locale") or ""
        return asked if asked in texts.languages() else settings.MAIL_LANGUAGE

    def message(self) -> Message:
        return templates.get(self.store, str(self.kwargs["message"]))

    def paged(self, found: Sequence[Message], *, key: str, row: Any) -> Response:
        page, size = self.page()
        rows = [row(message) for message in found[(page - 1) * size : page * size]]
        return Response({key: rows, "total": len(found)})

    def row(self, message: Message) -> dict[str, Any]:
        text = message.text(self.language)
        return {
            "id": str(message.uuid),
            "channel": message.channel.value,
            "target": message.target.value,
            "event": message.occasion.value,
            "subject": text.subject,
            "content": text.content,
            "enabled": message.is_enabled,
            "updatedAt": self.updated_at(message),
        }

    def updated_at(self, message: Message) -> str | None:
        return formats.date_time(message.updated_at, self.zone) if message.updated_at else None

    def changes(self, form: dict[str, Any]) -> Changes:
        text = Text(form["subject"], form["content"])
        return Changes(texts={self.language: text}, is_enabled=form.get("enabled"))


class Messages(MessageView):
    forms = {"POST": FormOf(MessageForm, root="message")}
    query = ("channel", "target", "event")

    def get(self, request: Request, **ids: str) -> Response:
        asked = {name: request.query_params.get(name) for name in self.query}
        rows = [
            row
            for row in map(self.row, templates.list_messages(self.store))
            if all(not wanted or row[name] == wanted for name, wanted in asked.items())
        ]
        page, size = self.page()
        return Response({"messages": rows[(page - 1) * size : page * size], "total": len(rows)})

    def post(self, request: Request, **ids: str) -> Response:
        form = self.form()
        created = templates.create(
            store=self.store,
            event=form["event"],
            target=form["target"],
            channel=form["channel"],
            changes=self.changes(form),
            actor=self.actor,
        )
        return Response({"id": str(created.uuid)})


class MessageDetails(MessageView):
    forms = {"PUT": FormOf(MessageForm, root="message")}

    def get(self, request: Request, **ids: str) -> Response:
        return Response(self.row(self.message()))

    def put(self, request: Request, **ids: str) -> Response:
        message, form = self.message(), self.form()
        place = {
            "event": message.occasion.value,
            "target": message.target.value,
            "channel": message.channel.value,
        }
        if errors := {
            name: ["This value cannot be changed."]
            for name, value in place.items()
            if form[name] != value
        }:
            raise InvalidFields(errors)
        templates.change(message=message, changes=self.changes(form), actor=self.actor)
        return Response({"id": str(message.uuid)})


class Activate(MessageView):
    def post(self, request: Request, **ids: str) -> Response:
        message = self.message()
        templates.enable(message=message, is_enabled=True, actor=self.actor)
        return Response({"id": str(message.uuid)})


class Deactivate(MessageView):
    def post(self, request: Request, **ids: str) -> Response:
        message = self.message()
        templates.enable(message=message, is_enabled=False, actor=self.actor)
        return Response({"id": str(message.uuid)})


class MessageEvents(OpenLoyaltyView):
    """What may be said on which event (MSG-4)."""

    is_global = True
    resource = "SETTINGS"

    def get(self, request: Request, **ids: str) -> Response:
        events = [
            {
                "value": occasion.value,
                "label": str(occasion.label),
                "snippets": list(occasion.allowed),
            }
            for occasion in catalogue.OCCASIONS
        ]
        return Response({"events": events, "total": len(events)})


class EmailView(MessageView):
    """3.x knows one mail for each event."""

    def emails(self) -> list[Message]:
        seen: dict[str, Message] = {}
        for message in templates.list_messages(self.store):
            if message.channel == MessageChannel.EMAIL:
                is_usual = message.target == message.occasion.target
                if is_usual or message.occasion.value not in seen:
                    seen[message.occasion.value] = message
        return list(seen.values())

    def email(self) -> Message:
        """:raises NotFound: it is no mail."""
        for message in self.emails():
            if str(message.uuid) == str(self.kwargs["email"]):
                return message
        raise NotFound

    def email_row(self, message: Message) -> dict[str, Any]:
        text = message.text(self.language)
        row = {
            "id": str(message.uuid),
            "key": message.occasion.key,
            "subject": text.subject,
            "content": text.content,
            "sender_name": message.sender_name or outbox.program_values(self.store)["program_name"],
            "sender_email": message.sender_email or settings.DEFAULT_FROM_EMAIL,
            "updatedAt": self.updated_at(message),
        }
        if message.target == catalogue.Target.ADMIN:
            row["receiver_email"] = ", ".join(message.receivers)
        return row


class Emails(EmailView):
    def get(self, request: Request, **ids: str) -> Response:
        return self.paged(self.emails(), key="emails", row=self.email_row)


class EmailDetails(EmailView):
    forms = {"PUT": FormOf(EmailForm, root="email")}

    def get(self, request: Request, **ids: str) -> Response:
        message = self.email()
        program_name = outbox.program_values(self.store)["program_name"]
        preview = outbox.letter_of(
            message,
            catalogue.sample_values(message.occasion, program_name),
            self.language,
            recipients=(),
        )
        variables = list(message.occasion.allowed)
        return Response(
            {
                "entity": self.email_row(message),
                "additional": {"variables": variables, "preview": preview.as_html()},
            }
        )

    def put(self, request: Request, **ids: str) -> Response:
        message, form = self.email(), self.form()
        if form["key"] != message.occasion.key:
            raise InvalidFields({"key": ["This value cannot be changed."]})
        receivers = form["receivers"]
        if message.target == catalogue.Target.ADMIN and not receivers:
            raise InvalidFields({"receivers": [templates.NOT_BLANK]})
        changes = Changes(
            texts={self.language: Text(form["subject"], form["content"])},
            sender_name=form["sender_name"],
            sender_email=form["sender_email"],
            receivers=receivers,
        )
        templates.change(message=message, changes=changes, actor=self.actor)
        return Response({"id": str(message.uuid)})
