"""What the platform itself writes down, as files: the trail, the facts, messages, webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource as Columns

from accounts.cockpit.lists import listed
from accounts.models import Resource
from loyalty.core import coupon_codes
from loyalty.core.exports.columns import flag, moment, text, whole
from loyalty.core.exports.kinds import Kind
from loyalty.core.models import AuditEntry, Event, SentMessage, Store, WebhookDelivery


class AuditColumns(Columns):  # type: ignore[misc]  # the library is not typed
    entry_id = text("auditLogId", "uuid")
    created_at = moment("createdAt", "created_at")
    event_type = text("eventType", "event_type")
    entity_type = text("entityType", "entity_type")
    entity_id = text("entityId", "entity_id")
    username = text("username", "username")
    kind = text("userType", "actor_kind")
    actor = text("userId", "actor_id")
    address = text("ipAddress", "ip_address")
    data = text("data", "data")


class EventColumns(Columns):  # type: ignore[misc]  # as above
    number = whole("eventId", "pk")
    type = text("type", "type")
    subject = text("subject", "subject")
    payload = text("payload", "payload")
    recorded_at = moment("recordedAt", "recorded_at")


def hide_codes(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Leave of the codes that facts name their ends, where the reader may not see them whole."""
    for row in rows:
        if not row.is_code_seen and (comment := row.payload.get("comment")):
            row.payload["comment"] = coupon_codes.hidden_in(comment)


class MessageColumns(Columns):  # type: ignore[misc]  # as above
    number = whole("messageId", "pk")
    event = text("event", "event")
    target = text("target", "target")
    channel = text("channel", "channel")
    language = text("language", "language")
    state = text("state", "state")
    attempts = whole("attempts", "attempts")
    error = text("error", "error")
    created_at = moment("createdAt", "created_at")
    sent_at = moment("sentAt", "sent_at")


class WebhookColumns(Columns):  # type: ignore[misc]  # as above
    webhook_id = text("webhookId", "uuid")
    type = text("type", "type")
    state = text("state", "state")
    attempts = whole("attempts", "attempt_count")
    answer = whole("lastStatus", "last_status")
    created_at = moment("createdAt", "created_at")
    next_at = moment("nextAttemptAt", "next_attempt_at")
    ended_at = moment("endedAt", "ended_at")


class StoreColumns(Columns):  # type: ignore[misc]  # as above
    store_id = text("storeId", "uuid")
    code = text("code", "code")
    name = text("name", "name")
    currency = text("currency", "currency")
    active = flag("active", "is_active")


EVENTS = listed(Event)

KINDS = (
    Kind(
        name="audit-log",
        title=_("Audit trail"),
        rights=(Resource.AUDIT,),
        resource=AuditColumns,
        **listed(AuditEntry),
    ),
    Kind(
        name="events",
        title=_("Events"),
        rights=(Resource.AUDIT,),
        resource=EventColumns,
        **EVENTS | {"find": coupon_codes.told_of(EVENTS["find"])},
        prepare=hide_codes,
        hides_from=coupon_codes.hides_from,
    ),
    Kind(
        name="messages",
        title=_("Messages"),
        rights=(Resource.SETTINGS,),
        resource=MessageColumns,
        **listed(SentMessage),
    ),
    Kind(
        name="webhooks",
        title=_("Webhooks"),
        rights=(Resource.SETTINGS,),
        resource=WebhookColumns,
        **listed(WebhookDelivery),
    ),
    Kind(
        name="stores",
        title=_("Stores"),
        rights=(Resource.SETTINGS,),
        resource=StoreColumns,
        **listed(Store),
    ),
)
