"""The facts that postings append, in the words of Open Loyalty's event payloads."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.ledger import amounts
from loyalty.core import events
from loyalty.core.models import Event, uuid7


def dispatch_written(type: str, ids: Iterable[int]) -> None:
    """Run the *now* handlers of facts that a statement has written, if there are any."""
    if events.has_now_handlers(type):
        for event in Event.objects.filter(pk__in=list(ids)).select_related("store").order_by("pk"):
            events.dispatch(event)


def arguments(
    *,
    type: str,
    store_id: int,
    wallet_uuid: UUID,
    customer_id: int | None,
    payload: dict[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Return the arguments of `EVENT` in a statement that writes a posting."""
    return {
        "event_uuid": uuid7(),
        "event_type": type,
        "event_subject": wallet_uuid,
        "event_customer": customer_id,
        "event_payload": json.dumps(payload),
    }


def payload(
    *,
    wallet_uuid: UUID,
    transfer_uuid: UUID,
    value: Any,
    type: str,
    issuer: str,
    comment: str,
    now: datetime,
    active: Any,
    **others: Any,
) -> dict[str, Any]:
    """
    Tell of one points transfer. `active`: what the wallet's owner can spend afterwards.

    `others`: further keys; those without a value are left out.
    """
    told = {
        "accountId": str(wallet_uuid),
        "pointsTransferId": str(transfer_uuid),
        "value": amounts.text(value),
        "type": type,
        "issuer": issuer,
        "comment": comment,
        "createdAt": now.isoformat(),
        "active": amounts.text(active),
    }
    for key, other in others.items():
        if other is not None:
            told[key] = other.isoformat() if isinstance(other, datetime) else str(other)
    return told
