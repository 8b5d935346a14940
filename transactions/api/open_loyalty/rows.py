"""How a document is shown, by hand: lists of them are what people look at most."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.core.api import formats
from loyalty.core.models import Store
from transactions.models import TransactionItem

BUYER_KEYS = ("email", "name", "nip", "phone", "loyaltyCardNumber")
ADDRESS_KEYS = ("street", "address1", "province", "city", "postal", "country")


class Rows:
    """Writes the documents of one store; zone and currency are looked up once."""

    def __init__(self, store: Store) -> None:
        self.zone: ZoneInfo = store.zone
        # Transactions print the currency in small letters.
        self.currency = store.currency.lower()

    def __call__(self, document: Any) -> dict[str, Any]:
        """
        Write one document, read with `selectors.transactions.with_details`.

        The keys of the reference for admins and customers; the front ends also read `posName`,
        `pointsRevoked` and `revisedDocument`. TX-23.
        """
        is_return = document.revised is not None
        return {
            "grossValue": formats.number(document.gross_value),
            "transactionId": str(document.uuid),
            "documentNumber": document.document_number,
            "purchaseDate": formats.date_time(document.purchased_at, self.zone),
            "purchasePlace": document.purchase_place or None,
            "documentType": document.document_type,
            "revisedDocument": document.revised.document_number if is_return else None,
            "customerId": str(document.customer.uuid) if document.customer else None,
            "assignedToCustomerDate": formats.date_time(document.assigned_at, self.zone),
            "customerData": buyer(document.customer_data),
            "labels": document.labels,
            "items": [item(one) for one in document.items.all()],
            "posId": str(document.pos.uuid) if document.pos else None,
            "posName": document.pos.name if document.pos else None,
            "currency": self.currency,
            "pointsEarned": formats.number(document.points_earned),
            "pointsRevoked": formats.number(document.points_revoked) if is_return else None,
        }

    def for_seller(self, document: Any) -> dict[str, Any]:
        """As for admins, with the list that the reference prints for sellers only."""
        return self(document) | {"excludedLevelCategories": document.excluded_level_categories}


def buyer(data: Mapping[str, Any]) -> dict[str, Any]:
    """Write who bought, as the till told it; an empty address is an empty object."""
    address = data.get("address") or {}
    return {key: data.get(key, "") for key in BUYER_KEYS} | {
        "address": {key: address.get(key, "") for key in ADDRESS_KEYS} if address else {}
    }


def item(line: TransactionItem) -> dict[str, Any]:
    return {
        "sku": {"code": line.sku},
        "name": line.name,
        "quantity": formats.number(line.quantity),
        "grossValue": formats.number(line.gross_value),
        "category": line.category,
        "maker": line.maker,
        "labels": line.labels,
    }
