"""One points transfer as Open Loyalty writes it (PA-26)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import PointsTransfer
from accounts.selectors.transfers import Document, Surroundings
from loyalty.core.api.formats import date_time, number
from loyalty.core.models import Store


def row(
    transfer: PointsTransfer, around: Surroundings, store: Store, now: datetime
) -> dict[str, Any]:
    """Return a line of the list; `now`: when its state is asked for."""
    customer, posting, zone = transfer.customer, transfer.posting, store.zone
    document = _find(around, transfer.transaction_uuid)
    revised = _find(around, posting.revised_transaction_uuid)
    sender, receiver = around.sender_of(transfer), around.receiver_of(transfer)
    expires_at = date_time(transfer.expires_at, zone)
    return {
        "pointsTransferId": str(transfer.uuid),
        "accountId": str(customer.wallet.uuid),
        "customerId": str(customer.uuid),
        "customerFirstName": customer.first_name,
        "customerLastName": customer.last_name,
        "customerLoyaltyCardNumber": customer.loyalty_card_number,
        "customerEmail": customer.email,
        "customerPhone": customer.phone,
        "createdAt": date_time(transfer.created_at, zone),
        "expiresAt": expires_at,
        # Readers of older releases ask for it under this name.
        "expireAt": expires_at,
        "lockedUntil": date_time(transfer.locked_until, zone),
        "value": number(transfer.value),
        "state": transfer.state_at(now).value,
        "type": transfer.type,
        "comment": posting.comment or None,
        "issuer": posting.issuer,
        "transactionId": _wrapped(transfer.transaction_uuid),
        "revisedTransactionId": _wrapped(posting.revised_transaction_uuid),
        "transactionDocumentNumber": document.document_number if document else None,
        "revisedTransactionDocumentNumber": revised.document_number if revised else None,
        "invitationId": _text(posting.invitation_uuid),
        "senderId": _text(sender),
        "receiverId": _text(receiver),
        "posIdentifier": document.pos_identifier if document else None,
        "posName": document.pos_name if document else None,
        "transaction": _transaction(document) if document else None,
        "store": {"id": str(store.uuid), "code": store.code, "currency": store.currency},
    }


def _find(around: Surroundings, uuid: UUID | None) -> Document | None:
    return None if uuid is None else around.documents.get(uuid)


def _text(uuid: UUID | None) -> str | None:
    return None if uuid is None else str(uuid)


def _wrapped(uuid: UUID | None) -> dict[str, str] | None:
    return None if uuid is None else {"transactionId": str(uuid)}


def _transaction(document: Document) -> dict[str, Any]:
    return {
        "grossValue": number(document.gross_value),
        "labels": [dict(label) for label in document.labels],
        "items": [_item(item) for item in document.items],
    }


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sku": {"code": item["sku"]},
        "name": item["name"],
        "quantity": number(item["quantity"]),
        "grossValue": number(item["gross_value"]),
        "category": item["category"],
        "labels": [dict(label) for label in item["labels"]],
        "maker": item["maker"],
    }
