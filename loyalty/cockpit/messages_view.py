"""What the program says to people: by event and channel, in every language, with a preview."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from accounts.cockpit import formats, rights
from accounts.cockpit.base import AUDIT_SHOWN
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.pages import Column, Fact, Panel, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines as trail
from accounts.cockpit.vocabulary import language_name
from accounts.models import Access, Resource
from loyalty.cockpit.settings_view import page
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.mail import Undeliverable, Unreachable
from loyalty.core.messages import catalogue, outbox, rendering, senders, templates, texts
from loyalty.core.messages.catalogue import MessageChannel, Target
from loyalty.core.messages.templates import Changes, Message
from loyalty.core.messages.texts import Text
from loyalty.core.models import AuditEntry

# A preview may show pictures of the web and its own styles, and do nothing.
PREVIEW_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:"


@dataclass(frozen=True)
class Preview:
    language: str
    name: str
    url: str = ""
    subject: str = ""
    text: str = ""


class MessageForm(CommandForm):
    """The words of one message in each language, and who sends it."""

    renamed = {"subject": "", "content": ""}
    instance: Message

    def initial_values(self) -> dict[str, Any]:
        message: Message = self.instance
        values: dict[str, Any] = {
            "sender_name": message.sender_name,
            "sender_email": message.sender_email,
            "receivers": ", ".join(message.receivers),
        }
        for language, _name in settings.LANGUAGES:
            text = message.texts.get(language, Text())
            values[f"subject_{language}"] = text.subject
            values[f"content_{language}"] = text.content
        return values

    def prepare(self) -> None:
        message = self.instance
        is_mail = message.channel == MessageChannel.EMAIL
        sections = []
        for language, name in settings.LANGUAGES:
            names = [f"content_{language}"]
            if message.channel != MessageChannel.SMS:
                self.fields[f"subject_{language}"] = forms.CharField(
                    label=_("Subject") if is_mail else _("Title"), required=False
                )
                names.insert(0, f"subject_{language}")
            self.fields[f"content_{language}"] = forms.CharField(
                label=_("Text as HTML") if is_mail else _("Text"),
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 10 if is_mail else 4}),
            )
            title = capfirst(language_name(language) or name)
            sections.append(Section(title, tuple(names)))
        if is_mail:
            sections.append(self._sender(message))
        # Of this form alone: another message has other sections.
        self.sections = tuple(sections)  # type: ignore[misc]

    def _sender(self, message: Message) -> Section:
        self.fields["sender_name"] = forms.CharField(
            label=_("Sender’s name"), required=False, help_text=_("Empty: the program’s name.")
        )
        self.fields["sender_email"] = forms.CharField(
            label=_("Sender’s address"),
            required=False,
            help_text=_("Empty: %(address)s.") % {"address": settings.DEFAULT_FROM_EMAIL},
        )
        names = ["sender_name", "sender_email"]
        if message.target == Target.ADMIN:
            self.fields["receivers"] = forms.CharField(
                label=_("Receivers"),
                required=False,
                help_text=_("Addresses with commas between them. Empty: it is not sent."),
            )
            names.append("receivers")
        return Section(_("Sender"), tuple(names))

    def clean(self) -> dict[str, Any]:
        """Check each text here, so that a fault stands at its own language."""
        data: dict[str, Any] = super().clean() or {}
        check = (
            rendering.check_html
            if self.instance.channel == MessageChannel.EMAIL
            else rendering.check
        )
        for language, text in self._texts(data).items():
            for name, value, of in (
                ("subject", text.subject, rendering.check),
                ("content", text.content, check),
            ):
                if f"{name}_{language}" not in self.fields:
                    continue
                try:
                    of(value, self.instance.occasion.allowed)
                except rendering.BrokenText as fault:
                    self.add_error(f"{name}_{language}", str(fault))
                if not value.strip():
                    self.add_error(f"{name}_{language}", _("This field is required."))
        return data

    def run(self, data: dict[str, Any]) -> Message:
        given = {name: data[name] for name in ("sender_name", "sender_email") if name in data}
        changes = Changes(texts=self._texts(data), receivers=data.get("receivers"), **given)
        return templates.change(message=self.instance, changes=changes, actor=self.actor)

    def _texts(self, data: dict[str, Any]) -> dict[str, Text]:
        """Return the languages whose text was typed into; unchanged ones go on following ours."""
        found = {}
        for language in texts.languages():
            # Browsers send lines that end in two characters.
            content = str(data.get(f"content_{language}", "")).replace("\r\n", "\n").strip()
            text = Text(str(data.get(f"subject_{language}", "")), content)
            if text != self.instance.texts.get(language, Text()):
                found[language] = text
        return found


def show_all(request: CockpitRequest) -> HttpResponse:
    rights.require(request.actor, Resource.SETTINGS)
    table = Table(
        title=_("What the program says"),
        columns=(
            Column(_("Event")),
            Column(_("Channel")),
            Column(_("To")),
            Column(_("State")),
            Column(_("Text")),
            Column(_("Changed")),
        ),
        rows=[_row(message) for message in templates.list_messages(request.store)],
        more=(reverse("admin:core_sentmessage_changelist"), _("Message log")),
    )
    context = {"title": _("Messages"), "tables": [table]}
    return page(request, "cockpit/object.html", context)


def _row(message: Message) -> tuple[Any, ...]:
    url = reverse("admin:message", args=[message.uuid])
    return (
        formats.link(url, message.occasion.label),
        message.channel.label,
        message.target.label,
        _state(message),
        _("Default") if message.is_ours else _("Your own"),
        formats.EMPTY if message.is_ours else formats.day(message.updated_at),
    )


def _state(message: Message) -> str:
    if message.is_enabled:
        return formats.chip(_("on"), "good")
    return formats.chip(_("off"), "neutral")


def show(request: CockpitRequest, message: UUID) -> HttpResponse:
    """Show one message, and change its words."""
    rights.require(request.actor, Resource.SETTINGS)
    found = _found(request, message)
    may_modify = rights.may(request.actor, Resource.SETTINGS, Access.MODIFY)
    options: dict[str, Any] = {"store": request.store, "actor": request.actor, "instance": found}
    if request.method == "POST":
        rights.require(request.actor, Resource.SETTINGS, Access.MODIFY)
        form = MessageForm(request.POST, **options)
        is_done, _message = form.submit()
        if is_done:
            flash.success(request, _("The message was saved."))
            return HttpResponseRedirect(reverse("admin:message", args=[found.uuid]))
    else:
        form = MessageForm(**options)
    if not may_modify:
        for field in form.fields.values():
            field.disabled = True
    title = f"{found.occasion.label} · {found.channel.label}"
    entries = AuditEntry.objects.filter(
        entity_type="Message", entity_id=str(found.uuid), store=request.store
    )
    return page(
        request,
        "cockpit/message.html",
        {
            "title": title,
            "crumbs": [(_("Messages"), reverse("admin:messages")), (title, "")],
            "form": form,
            "message": found,
            "may_modify": may_modify,
            "is_mail": found.channel == MessageChannel.EMAIL,
            "has_address": bool(request.user.email),
            "cancel_url": reverse("admin:messages"),
            "side_panels": [_about(found), _variables(found)],
            "previews": [_preview(found, language) for language in found.texts],
            "tables": [trail.table(request, entries.order_by("-pk")[:AUDIT_SHOWN])],
        },
    )


def _about(message: Message) -> Panel:
    return Panel(
        _("Message"),
        [
            Fact(_("State"), _state(message)),
            Fact(_("Channel"), message.channel.label),
            Fact(_("To"), message.target.label),
            Fact(_("Text"), _("Default") if message.is_ours else _("Your own")),
        ],
    )


def _variables(message: Message) -> Panel:
    values = _sample_values(message)
    return Panel(
        _("Variables"),
        [Fact(f"{{{{ {name} }}}}", values[name]) for name in message.occasion.allowed],
        note=_("On the right: what the preview and the test mail say for them."),
    )


def _preview(message: Message, language: str) -> Preview:
    name = dict(settings.LANGUAGES).get(language, language)
    values = _sample_values(message)
    subject = rendering.fill(message.text(language).subject, values)
    if message.channel == MessageChannel.EMAIL:
        url = reverse("admin:message_preview", args=[message.uuid, language])
        return Preview(language, name, url=url, subject=subject)
    text = rendering.fill(message.text(language).content, values)
    return Preview(language, name, text=text, subject=subject)


def _sample_values(message: Message) -> dict[str, str]:
    program_name = outbox.program_values(message.store)["program_name"]
    return catalogue.sample_values(message.occasion, program_name)


@xframe_options_sameorigin
def preview(request: CockpitRequest, message: UUID, language: str) -> HttpResponse:
    """Answer the saved mail as a page that can do nothing, for a frame of the message's page."""
    rights.require(request.actor, Resource.SETTINGS)
    found = _found(request, message)
    if found.channel != MessageChannel.EMAIL or language not in texts.languages():
        raise Http404(language)
    letter = outbox.letter_of(found, _sample_values(found), language, recipients=())
    response = HttpResponse(letter.as_html())
    response["Content-Security-Policy"] = PREVIEW_POLICY
    return response


def act(request: CockpitRequest, message: UUID, deed: str) -> HttpResponse:
    """Do what a button of the message's page says, and go back to it."""
    rights.require(request.actor, Resource.SETTINGS, Access.MODIFY)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = _found(request, message)
    if deed not in DEEDS:
        raise Http404(deed)
    try:
        flash.success(request, DEEDS[deed](request, found))
    except (DomainError, Unreachable, Undeliverable) as refusal:
        flash.error(request, _(str(refusal)))
    return HttpResponseRedirect(reverse("admin:message", args=[found.uuid]))


def _enable(request: CockpitRequest, message: Message) -> str:
    templates.enable(message=message, is_enabled=True, actor=request.actor)
    return _("The message is sent from now on.")


def _disable(request: CockpitRequest, message: Message) -> str:
    templates.enable(message=message, is_enabled=False, actor=request.actor)
    return _("The message is no longer sent.")


def _reset(request: CockpitRequest, message: Message) -> str:
    templates.reset(message=message, actor=request.actor)
    return _("The message has its default text again.")


def _test(request: CockpitRequest, message: Message) -> str:
    """Send the saved mail to whoever asks, in each language."""
    if message.channel != MessageChannel.EMAIL or not request.user.email:
        raise Http404
    with senders.opened(MessageChannel.EMAIL) as carrier:
        for language in message.texts:
            values = _sample_values(message)
            recipients = (request.user.email,)
            carrier.send(outbox.letter_of(message, values, language, recipients=recipients))
    return _("A test mail was sent to %(address)s.") % {"address": request.user.email}


DEEDS: dict[str, Any] = {"enable": _enable, "disable": _disable, "reset": _reset, "test": _test}


def _found(request: CockpitRequest, message: UUID) -> Message:
    try:
        return templates.get(request.store, message)
    except NotFound as error:
        raise Http404 from error
