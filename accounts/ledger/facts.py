"""The facts that postings append, in the words of Open Loyalty's event payloads."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.ledger import amounts
from loyalty.core import events
from loyalty.core.models import Event


def dispatch_written(type: str, ids: Iterable[int]) -> None:
    """Run the *now* handlers of facts that a statement has written, if there are any."""
    if events.has_now_handlers(type):
        for event in Event.objects.filter(pk__in=list(ids)).select_related("store").order_by("pk"):
            events.dispatch(event)


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
