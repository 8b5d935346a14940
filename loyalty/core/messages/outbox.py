"""
What is to be said to whom, said once: the queue of messages and the log of those that were sent.

`tell` is a consumer of the event store: it puts a row for each message that a fact leads to, and a
constraint keeps it to one. `send_due` claims a row, writes the message from the fact as things are
now, hands it over and writes down what became of it. A row is claimed in a transaction of its own
before anything leaves. Of a process that is killed in between nobody knows whether the message
left: it is not sent again, unless a repetition does no harm.

Why a fact leads to a message, to whom and with which words is told by `Telling`s, which the
switchboard installs: the core knows neither customers nor points.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.jobs import Run
from loyalty.core.mail import Frame, Letter, NotThisOne, Undeliverable, Unreachable
from loyalty.core.messages import catalogue, rendering, senders, templates
from loyalty.core.messages.catalogue import MessageChannel, Occasion, Target
from loyalty.core.messages.senders import Carrier, Short
from loyalty.core.messages.templates import Message
from loyalty.core.models import Event, MessageState, SentMessage, Store
from loyalty.core.services import audit

logger = logging.getLogger(__name__)

# As long as a mail server may be away. An older fact is history: of a store that was moved here.
WORTH_TELLING_FOR = timedelta(days=3)
# What could not leave for so long says nothing new any more.
LATE_AFTER = timedelta(days=7)
# After each failure that may pass; after the last one it is given up.
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1_440, 1_440)
)
# Longer than any try takes: whoever claimed a message that long ago is gone.
CLAIM_LASTS = timedelta(minutes=10)
# While a carrier cannot be reached, or nothing can be sent by it.
PAUSE_SECONDS = 30
KEPT_FOR = timedelta(days=400)
CHUNK = 5_000
ERROR_MAX = 255


@dataclass(frozen=True)
class Addressee:
    """Whom a fact is to be told, and where they are reached; `language`: which they read."""

    customer_id: int | None = None
    email: str = ""
    phone: str = ""
    devices: tuple[str, ...] = ()
    language: str = ""
    # None: by every channel that reaches them.
    channels: frozenset[MessageChannel] | None = None

    def is_reached_by(self, channel: MessageChannel) -> bool:
        if self.channels is not None and channel not in self.channels:
            return False
        address = {"email": self.email, "sms": self.phone, "push": self.devices}[channel.value]
        return bool(address)


Values = Mapping[str, str]


@dataclass(frozen=True)
class Telling:
    """
    That facts of one type lead to the messages of one occasion.

    `is_due`: by the fact alone, without a query. `addressee`: asked when the message is queued and
    again when it is sent; None: nobody is to be told (any more). `values`: of the occasion's
    snippets, for a language; None: there is nothing to say any more. Called only once the way is
    open, so that it may make what must not be made in vain, such as a password.
    `is_repeatable`: a second one does no harm, so an interrupted one is sent again.
    """

    fact: str
    occasion: Occasion
    addressee: Callable[[Event], Addressee | None]
    values: Callable[[Event, Addressee, str], Values | None]
    is_due: Callable[[Event], bool] = lambda fact: True
    is_repeatable: bool = False


@dataclass(frozen=True)
class Voice:
    """How a store's program speaks: asked for at each message."""

    brand: Callable[[Store], str]
    # The customers' own page.
    home: Callable[[Store], str]


_tellings: dict[str, tuple[Telling, ...]] = {}
_voice: list[Voice] = []
_paused_until: dict[MessageChannel, float] = {}


def install(tellings: Iterable[Telling], voice: Voice) -> None:
    """Take the switchboard's tellings. Called once, when the platform starts."""
    _tellings.clear()
    for telling in tellings:
        assert telling.occasion in catalogue.OCCASIONS
        _tellings[telling.fact] = (*_tellings.get(telling.fact, ()), telling)
    _voice[:] = [voice]


def voice() -> Voice:
    return _voice[0]


def facts() -> frozenset[str]:
    """Return the types of facts that lead to messages."""
    return frozenset(_tellings)


def tell(fact: Event) -> None:
    """
    Queue the messages that a fact leads to, each at most once, and only where somebody is reached.

    Harmless when repeated. A consumer of the event store.
    """
    if clock.now() - fact.recorded_at > WORTH_TELLING_FOR or fact.store is None:
        return
    if not fact.store.is_active:
        return
    for telling in _tellings.get(fact.type, ()):
        if telling.is_due(fact):
            _queue(fact, telling)


def _queue(fact: Event, telling: Telling) -> None:
    assert fact.store is not None
    enabled = [m for m in templates.list_for(fact.store, telling.occasion) if m.is_enabled]
    if not enabled:
        return
    addressee = telling.addressee(fact)
    if addressee is None:
        return
    now = clock.now()
    SentMessage.objects.bulk_create(
        (
            SentMessage(
                store=fact.store,
                fact=fact,
                event=message.occasion.value,
                target=message.target,
                channel=message.channel,
                customer_id=addressee.customer_id,
                created_at=now,
                due_at=now,
            )
            for message in enabled
            if _reaches(message, addressee)
        ),
        ignore_conflicts=True,
    )


def _reaches(message: Message, addressee: Addressee) -> bool:
    if message.target == Target.ADMIN:
        return message.channel == MessageChannel.EMAIL and bool(message.receivers)
    return addressee.is_reached_by(message.channel)


def send_due(*, limit: int = 1_000) -> int:
    """
    Send what is due, a message at a time; return how many were sent.

    May be stopped anywhere and run by several processes at once.
    """
    _free_claims()
    sent = 0
    for channel in MessageChannel:
        if time.monotonic() >= _paused_until.get(channel, 0):
            sent += _send_by(channel, limit)
    return sent


class NotStuck(DomainError):
    """This message has not failed, so it is not sent again."""

    code = "not_stuck"


@transaction.atomic
def retry(message: SentMessage, *, actor: Actor) -> None:
    """
    Queue a message again that failed or was interrupted.

    :raises NotStuck: it did neither, or somebody has queued it meanwhile; nothing was written.
    """
    now = clock.now()
    again = SentMessage.objects.filter(
        pk=message.pk, state__in=[MessageState.FAILED, MessageState.UNKNOWN]
    )
    if not again.update(state=MessageState.WAITING, due_at=now, attempts=0, error=""):
        raise NotStuck
    audit.record(
        actor,
        store=message.store,
        event_type="RetryMessage",
        entity_type="SentMessage",
        entity_id=message.uuid,
        now=now,
    )


def forget(now: datetime | None = None, *, run: Run | None = None) -> int:
    """Delete what was sent so long ago that no fact of then is told any more, by chunks."""
    run = run or Run()
    old = SentMessage.objects.filter(created_at__lt=(now or clock.now()) - KEPT_FOR)
    while ids := list(old.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        with run.chunk() as done:
            done["messages"] = SentMessage.objects.filter(pk__in=ids).delete()[0]
    return run.counts["messages"]


def letter_of(
    message: Message,
    values: Values,
    language: str,
    *,
    recipients: tuple[str, ...],
    number: str = "",
) -> Letter:
    """Write a mail in a language, with these values."""
    text = message.text(language)
    html = rendering.fill_html(text.content, values)
    store = message.store
    return Letter(
        recipients=recipients,
        subject=rendering.fill(text.subject, values),
        html=html,
        text=rendering.plain(html),
        language=language,
        frame=Frame(
            brand=values["program_name"],
            store_name=store.name,
            conditions_url=store.settings.program_conditions_url,
            help_email=store.settings.help_email_address,
        ),
        sender_name=message.sender_name,
        sender_email=message.sender_email,
        reply_to=" ".join(store.settings.help_email_address.split()),
        number=number,
    )


def program_values(store: Store) -> dict[str, str]:
    """Return what every text may say."""
    return {
        "program_name": " ".join(voice().brand(store).split()),
        "customer_url": voice().home(store),
    }


def _send_by(channel: MessageChannel, limit: int) -> int:
    waiting = SentMessage.objects.filter(channel=channel, state=MessageState.WAITING)
    if not waiting.filter(due_at__lte=clock.now()).exists():
        return 0
    sent = 0
    try:
        with senders.opened(channel) as carrier:
            for _ in range(limit):
                claimed = _claim(channel)
                if claimed is None:
                    break
                sent += _send(claimed, carrier)
    except Unreachable as reason:
        _pause(channel)
        logger.warning("No %s leaves for %s s: %s", channel, PAUSE_SECONDS, reason)
    except ImproperlyConfigured:
        _pause(channel)
        logger.exception("No %s can leave", channel)
    return sent


def _pause(channel: MessageChannel) -> None:
    _paused_until[channel] = time.monotonic() + PAUSE_SECONDS


@transaction.atomic
def _claim(channel: MessageChannel) -> SentMessage | None:
    """Take the next message, so that nobody else does; committed before anything leaves."""
    now = clock.now()
    due = SentMessage.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        channel=channel, state=MessageState.WAITING, due_at__lte=now
    )
    claimed = due.select_related("store").order_by("due_at", "pk").first()
    if claimed is not None:
        claimed.state, claimed.tried_at = MessageState.SENDING, now
        claimed.attempts += 1
        claimed.save(update_fields=["state", "tried_at", "attempts"])
    return claimed


def _send(claimed: SentMessage, carrier: Carrier) -> bool:
    """
    Send one claimed message, and write down what became of it.

    :raises Unreachable: nothing is taken at the moment; the message waits, and the try counts not.
    """
    try:
        is_wanted = _hand_over(claimed, carrier)
    except NotThisOne as reason:
        _put_off(claimed, str(reason))
        return False
    except Unreachable as reason:
        is_late = clock.now() - claimed.created_at > LATE_AFTER
        state = MessageState.FAILED if is_late else MessageState.WAITING
        _end(claimed, state, str(reason), attempts=claimed.attempts - 1)
        raise
    except Undeliverable as refusal:
        _end(claimed, MessageState.FAILED, str(refusal))
        logger.warning("Message %s is refused for good: %s", claimed.pk, refusal)
        return False
    except Exception as error:
        # Ours; the message is tried again by its pauses, for when it was mended.
        logger.exception("Cannot write message %s", claimed.pk)
        _put_off(claimed, type(error).__name__)
        return False
    _end(claimed, MessageState.SENT if is_wanted else MessageState.NOT_WANTED, "")
    return is_wanted


def _hand_over(claimed: SentMessage, carrier: Carrier) -> bool:
    """Write and send; False where nobody wants it any more."""
    fact = Event.objects.get(pk=claimed.fact_id)
    fact.store = claimed.store
    channel = MessageChannel(claimed.channel)
    telling = _telling_of(fact, claimed.event)
    message = _template_of(claimed, telling.occasion) if telling else None
    if telling is None or message is None or not message.is_enabled:
        return False
    addressee = telling.addressee(fact)
    if addressee is None or not _reaches(message, addressee):
        return False
    claimed.language = language = _language_of(message, addressee)
    told = telling.values(fact, addressee, language)
    if told is None:
        return False
    values = {**program_values(claimed.store), **told}
    number = str(claimed.uuid)
    if telling.is_repeatable:
        # Another password or code, perhaps: nobody may take it for the one before.
        number = f"{number}.{claimed.attempts}"
    if channel == MessageChannel.EMAIL:
        to_staff = message.target == Target.ADMIN
        recipients = message.receivers if to_staff else (addressee.email,)
        carrier.send(letter_of(message, values, language, recipients=recipients, number=number))
        return True
    text = message.text(language)
    addresses = (addressee.phone,) if channel == MessageChannel.SMS else addressee.devices
    _send_short(
        claimed,
        carrier,
        addresses,
        rendering.fill(text.subject, values),
        rendering.fill(text.content, values),
        number,
    )
    return True


def _send_short(
    claimed: SentMessage,
    carrier: Carrier,
    addresses: tuple[str, ...],
    title: str,
    text: str,
    number: str,
) -> None:
    """
    Send to every address; one that never works does not keep it from the others.

    :raises Undeliverable: none of them works.
    """
    refusals: list[Undeliverable] = []
    for place, address in enumerate(addresses):
        parcel = Short(
            store=claimed.store,
            address=address,
            text=text.strip(),
            title=title,
            number=f"{number}-{place}" if place else number,
        )
        try:
            carrier.send(parcel)
        except Undeliverable as refusal:
            refusals.append(refusal)
    if len(refusals) == len(addresses):
        raise refusals[0]


def _telling_of(fact: Event, event: str) -> Telling | None:
    tellings = _tellings.get(fact.type, ())
    return next((telling for telling in tellings if telling.occasion.value == event), None)


def _template_of(claimed: SentMessage, occasion: Occasion) -> Message | None:
    for message in templates.list_for(claimed.store, occasion):
        if (message.target, message.channel) == (claimed.target, claimed.channel):
            return message
    return None


def _language_of(message: Message, addressee: Addressee) -> str:
    is_staff = message.target == Target.ADMIN
    return settings.MAIL_LANGUAGE if is_staff or not addressee.language else addressee.language


def _put_off(claimed: SentMessage, reason: str) -> None:
    if claimed.attempts > len(PAUSES):
        _end(claimed, MessageState.FAILED, reason)
        logger.warning("Message %s is given up: %s", claimed.pk, reason)
        return
    due_at = clock.now() + PAUSES[claimed.attempts - 1]
    _end(claimed, MessageState.WAITING, reason, due_at=due_at)


def _end(
    claimed: SentMessage,
    state: MessageState,
    error: str,
    *,
    due_at: datetime | None = None,
    attempts: int | None = None,
) -> None:
    claimed.state, claimed.error = state, error[:ERROR_MAX]
    claimed.due_at = due_at or claimed.due_at
    claimed.attempts = claimed.attempts if attempts is None else attempts
    claimed.sent_at = clock.now() if state == MessageState.SENT else None
    claimed.save(update_fields=["state", "error", "due_at", "attempts", "language", "sent_at"])


def _free_claims() -> None:
    """See to the messages of processes that were killed while they sent."""
    abandoned = SentMessage.objects.filter(
        state=MessageState.SENDING, tried_at__lt=clock.now() - CLAIM_LASTS
    )
    repeatable = [
        telling.occasion.value
        for tellings in _tellings.values()
        for telling in tellings
        if telling.is_repeatable
    ]
    abandoned.filter(event__in=repeatable, attempts__lte=len(PAUSES)).update(
        state=MessageState.WAITING, due_at=F("tried_at"), error="Interrupted."
    )
    abandoned.update(state=MessageState.UNKNOWN, error="Interrupted; it may have been sent.")
