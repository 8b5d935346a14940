"""The facts of purchases, in the past tense. Ids and numbers, no personal data."""

from datetime import datetime

from accounts.models import Customer
from loyalty.core import events
from loyalty.core.actors import Actor
from transactions.models import Transaction


def transaction_registered(document: Transaction, *, actor: Actor, now: datetime) -> None:
    events.append(
        "transaction.registered",
        store=document.store,
        subject=document.uuid,
        payload=_about(document) | {"registeredBy": actor.kind.value},
        now=now,
    )


def transaction_assigned(document: Transaction, *, customer: Customer, now: datetime) -> None:
    events.append(
        "transaction.assigned",
        store=document.store,
        subject=document.uuid,
        customer_id=customer.pk,
        payload=_about(document) | {"customerId": str(customer.uuid)},
        now=now,
    )


def transaction_labels_changed(document: Transaction, *, now: datetime) -> None:
    events.append(
        "transaction.labels_changed",
        store=document.store,
        subject=document.uuid,
        customer_id=document.customer_id,
        payload={"transactionId": str(document.uuid), "labels": document.labels},
        now=now,
    )


def _about(document: Transaction) -> dict[str, object]:
    return {
        "transactionId": str(document.uuid),
        "documentNumber": document.document_number,
        "documentType": document.document_type,
        "grossValue": str(document.gross_value),
        "purchaseDate": document.purchased_at.isoformat(),
    }
