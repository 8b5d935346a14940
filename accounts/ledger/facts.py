"""The facts that postings append, in the words of Open Loyalty's event payloads."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.ledger import amounts
from loyalty.core import events
from loyalty.core.models import Event, Store


def dispatch_written(type: str, ids: Iterable[int]) -> None:
    """Run the *now* handlers of facts that a statement has written, if there are any."""
    ids = list(ids)
    if not ids or not events.has_now_handlers(type):
        return
    written = list(Event.objects.filter(pk__in=ids).order_by("pk"))
    # One object for each store, which reads its settings once.
    stores = Store.objects.in_bulk({event.store_id for event in written if event.store_id})
    for event in written:
        if event.store_id is not None:
            event.store = stores[event.store_id]
    events.dispatch_many(type, written)


def payload(
    *,
    transfer_uuid: UUID,
    value: Decimal,
    type: str,
    issuer: str,
    comment: str,
    now: datetime,
    **others: datetime | UUID | str | None,
) -> dict[str, Any]:
    """
    Tell of one points transfer. `others`: further keys; those without a value are left out.

    Every such fact also tells `accountId`, the wallet, and `active`, what can be spent afterwards.
    """
    told = {
        "pointsTransferId": str(transfer_uuid),
        "value": amounts.text(value),
        "type": type,
        "issuer": issuer,
        "comment": comment,
        "createdAt": now.isoformat(),
    }
    for key, other in others.items():
        if other is not None:
            told[key] = other.isoformat() if isinstance(other, datetime) else str(other)
    return told
