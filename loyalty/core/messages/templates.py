"""
What a store says on each occasion: its own words where it has any, ours otherwise.

A row exists only where staff have changed something, so that words that we add or mend reach every
store. A message without a row is addressed by a UUID made of its place, and keeps it when the row
comes. Source: MSG-1…6.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.email_addresses import is_email
from loyalty.core.errors import InvalidFields, NotFound
from loyalty.core.messages import rendering, texts
from loyalty.core.messages.catalogue import BY_VALUE, OCCASIONS, MessageChannel, Occasion, Target
from loyalty.core.messages.texts import Text
from loyalty.core.models import MessageTemplate, Store
from loyalty.core.services import audit
from loyalty.core.store_settings import Channel

NOT_BLANK = "This value should not be blank."
NOT_A_CHOICE = "The value you selected is not a valid choice."
SUBJECT_MAX = 255
SMS_MAX = 1_000


@dataclass(frozen=True)
class Message:
    """
    What a store says on one occasion by one channel.

    `texts`: by language, ours filled in. `is_ours`: nothing of it was changed by the store.
    `sender_name`, `sender_email`: empty for the program's name and the installation's address.
    """

    store: Store
    uuid: uuid.UUID
    occasion: Occasion
    target: Target
    channel: MessageChannel
    is_enabled: bool
    texts: Mapping[str, Text]
    sender_name: str = ""
    sender_email: str = ""
    receivers: tuple[str, ...] = ()
    updated_at: datetime | None = None
    is_ours: bool = True
    changed_languages: frozenset[str] = field(default_factory=frozenset)

    def text(self, language: str = "") -> Text:
        """Return the text in a language, or in the nearest that there is."""
        for code in (language, settings.MAIL_LANGUAGE, *self.texts):
            if code in self.texts:
                return self.texts[code]
        return Text()


@dataclass(frozen=True)
class Changes:
    """What staff change of a message; None: stays. `texts`: only the languages named change."""

    texts: Mapping[str, Text] | None = None
    is_enabled: bool | None = None
    sender_name: str | None = None
    sender_email: str | None = None
    receivers: str | None = None


class Taken(InvalidFields):
    """There is a message for this target, event and channel already (MSG-3)."""

    code = "message_exists"

    def __init__(self) -> None:
        super().__init__({"event": ["There is a message for this event and channel already."]})


def list_messages(store: Store) -> list[Message]:
    """Return every message of a store, in the catalogue's order; one query."""
    rows = {
        (row.event, row.target, row.channel): row
        for row in MessageTemplate.objects.in_store(store).order_by("pk")
    }
    found = [
        _message(
            store, occasion, target, channel, rows.pop((occasion.value, target, channel), None)
        )
        for occasion, target, channel in _places()
    ]
    for row in rows.values():
        if (occasion := BY_VALUE.get(row.event)) is not None:
            target, channel = Target(row.target), MessageChannel(row.channel)
            found.append(_message(store, occasion, target, channel, row))
    order = [occasion.value for occasion in OCCASIONS]
    channels = list(MessageChannel)
    found.sort(key=lambda m: (order.index(m.occasion.value), m.target, channels.index(m.channel)))
    return found


def list_for(store: Store, occasion: Occasion) -> list[Message]:
    """Return the messages of one occasion; one query."""
    rows = {
        (row.target, row.channel): row
        for row in MessageTemplate.objects.in_store(store).filter(event=occasion.value)
    }
    places = [(target, channel) for of, target, channel in _places() if of is occasion]
    places += [(Target(t), MessageChannel(c)) for t, c in rows if (t, c) not in places]
    return [
        _message(store, occasion, target, channel, rows.get((target, channel)))
        for target, channel in places
    ]


def get(store: Store, message_uuid: uuid.UUID | str) -> Message:
    """:raises NotFound: no message of this store has this id."""
    for message in list_messages(store):
        if str(message.uuid) == str(message_uuid):
            return message
    raise NotFound


def create(
    *,
    store: Store,
    event: str,
    target: str,
    channel: str,
    changes: Changes,
    actor: Actor,
    now: datetime | None = None,
) -> Message:
    """
    Let a store speak where it did not: on another channel, or to another target.

    :raises Taken: it speaks there already (MSG-3).
    :raises InvalidFields: with what is wrong with each field.
    """
    errors: dict[str, list[str]] = {}
    if (occasion := BY_VALUE.get(event)) is None:
        errors["event"] = [NOT_A_CHOICE]
    if target not in Target.values:
        errors["target"] = [NOT_A_CHOICE]
    if channel not in MessageChannel.values:
        errors["channel"] = [NOT_A_CHOICE]
    if errors:
        raise InvalidFields(errors)
    assert occasion is not None
    place = occasion, Target(target), MessageChannel(channel)
    if place in _places():
        raise Taken
    return _save(_message(store, *place, None), changes, "CreateMessage", actor, now, is_new=True)


def change(
    *, message: Message, changes: Changes, actor: Actor, now: datetime | None = None
) -> Message:
    """
    Change what a store says, or whether it does.

    :raises InvalidFields: with what is wrong with each field; nothing was changed.
    """
    return _save(message, changes, "UpdateMessage", actor, now)


def enable(
    *, message: Message, is_enabled: bool, actor: Actor, now: datetime | None = None
) -> Message:
    """Switch a message on or off. There is no deleting (MSG-6)."""
    command = "ActivateMessage" if is_enabled else "DeactivateMessage"
    return _save(message, Changes(is_enabled=is_enabled), command, actor, now)


@transaction.atomic
def reset(*, message: Message, actor: Actor, now: datetime | None = None) -> Message:
    """
    Go back to our words and sender; whether it is enabled stays as it is.

    :raises InvalidFields: we have no words for this channel.
    """
    if not texts.ours(message.occasion, message.channel):
        raise InvalidFields({"content": ["There is no default text for this message."]})
    row = _row(message)
    if row is None:
        return message
    now = now or clock.now()
    row.texts, row.sender_name, row.sender_email, row.receivers = {}, "", "", ""
    row.updated_at = now
    row.save(update_fields=["texts", "sender_name", "sender_email", "receivers", "updated_at"])
    _audit("ResetMessage", message, {}, actor, now)
    return _message(message.store, message.occasion, message.target, message.channel, row)


@transaction.atomic
def _save(
    message: Message,
    changes: Changes,
    command: str,
    actor: Actor,
    now: datetime | None,
    *,
    is_new: bool = False,
) -> Message:
    now = now or clock.now()
    _check(message, changes, is_new=is_new)
    row = None if is_new else _row(message)
    if row is None:
        row = MessageTemplate(
            store=message.store,
            event=message.occasion.value,
            target=message.target,
            channel=message.channel,
            updated_at=now,
        )
        if not is_new:
            row.uuid = message.uuid
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            # Somebody was quicker; of a change this is no fault, the row is there now.
            if is_new:
                raise Taken from error
            row = _row(message)
            assert row is not None
    told = _apply(row, message, changes)
    row.updated_at = now
    row.save()
    _audit(command, message, told, actor, now)
    return _message(message.store, message.occasion, message.target, message.channel, row)


def _apply(row: MessageTemplate, message: Message, changes: Changes) -> dict[str, Any]:
    """Write the changes into the row; return the old and new values for the audit."""
    told: dict[str, Any] = {}
    for language, text in (changes.texts or {}).items():
        if text == message.texts.get(language):
            continue
        told[language] = {
            "old": vars(message.texts.get(language, Text())),
            "new": vars(text),
        }
        row.texts = row.texts | {language: {"subject": text.subject, "content": text.content}}
    for name in ("is_enabled", "sender_name", "sender_email"):
        value = getattr(changes, name)
        if value is not None:
            if value != getattr(message, name):
                told[name] = {"old": getattr(message, name), "new": value}
            setattr(row, name, value)
    if changes.receivers is not None:
        addresses = ", ".join(split_addresses(changes.receivers))
        if addresses != ", ".join(message.receivers):
            told["receivers"] = {"old": ", ".join(message.receivers), "new": addresses}
        row.receivers = addresses
    return told


def _check(message: Message, changes: Changes, *, is_new: bool) -> None:
    errors: dict[str, list[str]] = {}
    given = changes.texts or {}
    if is_new and not given:
        errors["content"] = [NOT_BLANK]
    for text in given.values():
        for name, sentence in _faults(message, text).items():
            errors.setdefault(name, []).append(sentence)
    for name, sentence in _sender_faults(changes).items():
        errors[name] = [sentence]
    if errors:
        raise InvalidFields(errors)


def _faults(message: Message, text: Text) -> dict[str, str]:
    faults: dict[str, str] = {}
    allowed, channel = message.occasion.allowed, message.channel
    if channel != MessageChannel.SMS:
        if not text.subject.strip():
            faults["subject"] = NOT_BLANK
        elif len(text.subject) > SUBJECT_MAX:
            faults["subject"] = f"This value is longer than {SUBJECT_MAX} characters."
        elif fault := _fault(rendering.check, text.subject, allowed):
            faults["subject"] = fault
    limit = rendering.CONTENT_MAX if channel == MessageChannel.EMAIL else SMS_MAX
    if not text.content.strip():
        faults["content"] = NOT_BLANK
    elif len(text.content) > limit:
        faults["content"] = f"This value is longer than {limit} characters."
    else:
        check = rendering.check_html if channel == MessageChannel.EMAIL else rendering.check
        if fault := _fault(check, text.content, allowed):
            faults["content"] = fault
    return faults


def _fault(check: Any, text: str, allowed: tuple[str, ...]) -> str:
    try:
        check(text, allowed)
    except rendering.BrokenText as fault:
        return str(fault)
    return ""


def _sender_faults(changes: Changes) -> dict[str, str]:
    faults = {}
    if changes.sender_name is not None and len(changes.sender_name) > SUBJECT_MAX:
        faults["sender_name"] = f"This value is longer than {SUBJECT_MAX} characters."
    if changes.sender_email and not is_email(changes.sender_email):
        faults["sender_email"] = "This value is not a valid email address."
    if changes.receivers is not None:
        addresses = split_addresses(changes.receivers)
        if not all(is_email(address) for address in addresses) or len(addresses) > 20:
            faults["receivers"] = "This value is not a valid email address."
    return faults


def split_addresses(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text) if part]


def _places() -> list[tuple[Occasion, Target, MessageChannel]]:
    """Return the messages that we have words for."""
    return [
        (occasion, occasion.target, channel)
        for occasion in OCCASIONS
        for channel in occasion.channels
    ]


def _message(
    store: Store,
    occasion: Occasion,
    target: Target,
    channel: MessageChannel,
    row: MessageTemplate | None,
) -> Message:
    own = {
        language: Text(text.get("subject", ""), text.get("content", ""))
        for language, text in (row.texts if row else {}).items()
    }
    words = texts.ours(occasion, channel) if target == occasion.target else {}
    chosen = row.is_enabled if row else None
    return Message(
        store=store,
        uuid=row.uuid if row else _place_uuid(store, occasion, target, channel),
        occasion=occasion,
        target=target,
        channel=channel,
        is_enabled=_starts_enabled(store, occasion, channel) if chosen is None else chosen,
        texts={**words, **own},
        sender_name=row.sender_name if row else "",
        sender_email=row.sender_email if row else "",
        receivers=tuple(split_addresses(row.receivers)) if row else (),
        updated_at=row.updated_at if row else store.created_at,
        is_ours=not (own or (row and (row.sender_name or row.sender_email or row.receivers))),
        changed_languages=frozenset(own),
    )


def _starts_enabled(store: Store, occasion: Occasion, channel: MessageChannel) -> bool:
    """Mails are on, text messages off (MSG-5), but for what lets people in where it is texts."""
    if channel != MessageChannel.SMS:
        return True
    return occasion.is_way_in and store.settings.preferred_communication_method == Channel.SMS


def _place_uuid(
    store: Store, occasion: Occasion, target: Target, channel: MessageChannel
) -> uuid.UUID:
    return uuid.uuid5(store.uuid, f"{target.value}/{occasion.value}/{channel.value}")


def _row(message: Message) -> MessageTemplate | None:
    """Lock a message's row, if it has one."""
    rows = MessageTemplate.objects.in_store(message.store).select_for_update()
    return rows.filter(
        event=message.occasion.value, target=message.target, channel=message.channel
    ).first()


def _audit(
    command: str, message: Message, told: Mapping[str, Any], actor: Actor, now: datetime
) -> None:
    audit.record(
        actor,
        store=message.store,
        event_type=command,
        entity_type="Message",
        entity_id=message.uuid,
        data={"event": message.occasion.value, "channel": message.channel.value, **told},
        now=now,
    )
