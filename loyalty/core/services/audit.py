"""The audit trail's one writer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loyalty.core.actors import Actor
from loyalty.core.models import AuditEntry, Store

# What the log shows for an act of nobody who is signed in (AUD-2).
NOT_LOGGED = "<notlogged>"


def record(
    actor: Actor | None,
    *,
    store: Store | None,
    event_type: str,
    entity_type: str,
    entity_id: object,
    data: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """
    Append what `actor` did, in the caller's transaction.

    `event_type`: the command's name, such as `RegisterCustomer` (AUD-3). `data`: what JSON can
    carry, such as old and new values; no passwords or tokens.
    """
    return AuditEntry.objects.create(
        store=store,
        created_at=now,
        event_type=event_type,
        entity_type=entity_type,
        entity_id=str(entity_id),
        actor_kind=actor.kind if actor else "",
        actor_id=str(actor.uuid or "") if actor else "",
        username=actor.name if actor else NOT_LOGGED,
        ip_address=actor.ip_address if actor else None,
        data=dict(data or {}),
    )
