"""The facts of purchases, in the past tense. Ids and numbers, no personal data."""

from datetime import datetime
from typing import Any

from accounts.models import Customer
from loyalty.core import events, rows
from loyalty.core.actors import Actor
from loyalty.core.models import Event, uuid7
from transactions.models import Transaction

# A fact that is saved by itself takes its position from the server, too.
_BY_SERVER = Event._meta.get_field("position").get_default()


def of_new_document(
    document: Transaction, *, actor: Actor, customer: Customer | None, now: datetime
) -> list[Event]:
    """
    Return the facts unwritten: they are stored by the statement that stores the document.

    `transaction.registered`, and `transaction.assigned` where it has its customer at once.
    """
    about = _about(document)
    registered = about | {"registeredBy": actor.kind.value}
    facts = [_fact("transaction.registered", document, registered, now)]
    if customer is not None:
        assigned = about | {"customerId": str(customer.uuid)}
        facts.append(_fact("transaction.assigned", document, assigned, now, customer.pk))
    return facts


def transaction_assigned(document: Transaction, *, customer: Customer, now: datetime) -> Event:
    """Return the fact unwritten: who stores the document's customer stores it."""
    payload = _about(document) | {"customerId": str(customer.uuid)}
    return _fact("transaction.assigned", document, payload, now, customer_id=customer.pk)


def transaction_labels_changed(
    document: Transaction, *, added: list[dict[str, str]], now: datetime
) -> None:
    """`added`: those of its labels that it did not have before."""
    events.append(
        "transaction.labels_changed",
        store=document.store,
        subject=document.uuid,
        customer_id=document.customer_id,
        payload={
            "transactionId": str(document.uuid),
            "labels": document.labels,
            "added": added,
        },
        now=now,
    )


def _fact(
    type: str,
    document: Transaction,
    payload: dict[str, Any],
    now: datetime,
    customer_id: int | None = None,
) -> Event:
    fact = rows.unsaved(
        Event,
        uuid=uuid7(),
        store_id=document.store_id,
        type=type,
        subject=document.uuid,
        customer_id=customer_id,
        payload=payload,
        recorded_at=now,
        position=_BY_SERVER,
    )
    rows.relate(fact, "store", document.store)
    return fact


def _about(document: Transaction) -> dict[str, object]:
    return {
        "transactionId": str(document.uuid),
        "documentNumber": document.document_number,
        "documentType": document.document_type,
        "grossValue": str(document.gross_value),
        "purchaseDate": document.purchased_at.isoformat(),
    }
