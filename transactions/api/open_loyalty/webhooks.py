"""
What facts about purchases tell a receiver of webhooks, in Open Loyalty's words. Source: NT-1.

A document's messages arrive in the order of its customer's; while it has none, in its own.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from loyalty.core.api import formats
from loyalty.core.models import Event, Store
from loyalty.core.webhooks.queue import Message
from transactions.api.open_loyalty import rows
from transactions.models import Transaction


def transaction_registered(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    documents = _documents(store, facts)
    for fact in facts:
        # What a till had to take back in the same breath is not in the books.
        if (document := documents.get(fact.subject)) is None:
            continue
        data = {
            "transactionId": str(document.uuid),
            "transactionData": {
                "documentNumber": document.document_number,
                "documentType": document.document_type,
                "purchaseDate": formats.date_time(document.purchased_at, store.zone),
                "purchasePlace": document.purchase_place or None,
            },
            "customerData": rows.buyer(document.customer_data),
            "items": [rows.item(line) for line in document.items.all()],
            # Spelled so by the product that receivers were written for.
            "postId": str(document.pos.uuid) if document.pos else None,
        }
        yield _message("transaction.registered", fact, document, data)


def transaction_assigned(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    documents = _documents(store, facts)
    for fact in facts:
        if (document := documents.get(fact.subject)) is not None:
            data = {
                "transactionId": str(document.uuid),
                "customerId": fact.payload["customerId"],
            }
            yield _message("transaction.assigned_to_customer", fact, document, data)


def _documents(store: Store, facts: Sequence[Event]) -> dict[UUID, Transaction]:
    found = (
        Transaction.objects.in_store(store)
        .filter(uuid__in={fact.subject for fact in facts})
        .select_related("customer", "pos")
        .prefetch_related("items")
    )
    return {document.uuid: document for document in found}


def _message(type: str, fact: Event, document: Transaction, data: dict[str, Any]) -> Message:
    customer = document.customer
    return Message(
        type=type,
        data=data,
        lane_key=customer.uuid if customer else document.uuid,
        customer_id=customer.pk if customer else None,
        fact=fact,
    )
