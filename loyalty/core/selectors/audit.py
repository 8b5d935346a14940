"""Read the audit trail: who may see which entries, and which are asked for (AUD-1, AUD-4)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from loyalty.core.actors import Actor
from loyalty.core.models import AuditEntry

COLUMNS = (
    "Log ID",
    "Username",
    "User type",
    "User ID",
    "Event type",
    "Entity type",
    "Entity ID",
    "Created at",
    "Additional information",
    "IP",
)
CHUNK = 1_000

# What the log shows for an act of nobody who is signed in (AUD-2).
NOT_LOGGED = "<notlogged>"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What is asked for; None: anything. `created_from <= created_at < created_before`."""

    entity_type: str | None = None
    event_type: str | None = None
    entity_id: str | None = None
    username: str | None = None
    uuid: UUID | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def list_entries(actor: Actor, asked: Filter) -> "QuerySet[AuditEntry]":
    """
    Return what `actor` may see of what is asked for, the newest first.

    Staff of some stores see these stores' entries, and what they did themselves; entries of no
    store, such as other people's sign-ins and roles, are for staff of all stores.
    """
    entries = AuditEntry.objects.order_by("-created_at", "-pk")
    if actor.store_ids is not None:
        own = Q(store=None, actor_id=str(actor.uuid))
        entries = entries.filter(Q(store_id__in=actor.store_ids) | own)
    if asked.entity_type is not None:
        entries = entries.filter(entity_type=stored_name(asked.entity_type))
    if asked.created_before is not None:
        entries = entries.filter(created_at__lt=asked.created_before)
    if asked.created_from is not None:
        entries = entries.filter(created_at__gte=asked.created_from)
    exact = {
        "event_type": asked.event_type,
        "entity_id": asked.entity_id,
        "username": asked.username,
        "uuid": asked.uuid,
    }
    return entries.filter(**{name: value for name, value in exact.items() if value is not None})


def stored_name(entity_type: str) -> str:
    """Return how `customer` is written in the table: `Customer`."""
    return entity_type[:1].upper() + entity_type[1:]


def shown_name(entity_type: str) -> str:
    """Return how `EarningRule` is written in the API: `earningRule`."""
    return entity_type[:1].lower() + entity_type[1:]


def csv_rows(entries: "QuerySet[AuditEntry]") -> Iterator[tuple[object, ...]]:
    """Yield the rows of the export, read as they are sent (AUD-4)."""
    for entry in entries.iterator(chunk_size=CHUNK):
        yield (
            entry.uuid,
            "" if entry.username == NOT_LOGGED else entry.username,
            entry.actor_kind,
            entry.actor_id,
            entry.event_type,
            shown_name(entry.entity_type),
            entry.entity_id,
            entry.created_at.astimezone(UTC).isoformat(timespec="seconds"),
            json.dumps(entry.data or [], ensure_ascii=False),
            entry.ip_address,
        )
