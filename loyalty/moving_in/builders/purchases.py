"""Purchases and returns."""

from decimal import Decimal

from loyalty.core import clock
from loyalty.moving_in.builders.known import Known, Row
from loyalty.moving_in.values import amount, block, known_uuid, rows, text, uuid
from transactions.models import DocumentType, ItemLabel, Transaction, TransactionItem

ZERO = Decimal(0)


def document(known: Known, row: Row) -> None:
    """A purchase or a return; a return whose sale is not here waits for it."""
    documents = Transaction.objects.in_store(known.store)
    if documents.filter(uuid=known_uuid(row["transactionId"])).exists():
        return
    number = text(row.get("revisedDocument"))
    revised = documents.filter(document_number=number).first() if number else None
    customer, place = known.customer_of(row), uuid(row.get("posId"))
    value = amount(row.get("grossValue")) or ZERO
    purchased_at = known.values.moment(row.get("purchaseDate")) or clock.now()
    document = Transaction.objects.create(
        store=known.store,
        uuid=known_uuid(row["transactionId"]),
        document_type=row.get("documentType") or DocumentType.SELL,
        document_number=row["documentNumber"],
        purchased_at=purchased_at,
        purchase_place=text(row.get("purchasePlace")),
        customer=customer,
        assigned_at=known.values.moment(row.get("assignedToCustomerDate")) if customer else None,
        customer_data=block(row.get("customerData")),
        pos_id=known.pos.get(place) if place else None,
        revised=revised,
        gross_value=value,
        gross_value_without_delivery=amount(row.get("grossValueWithoutDeliveryCosts")) or value,
        labels=rows(row.get("labels")),
    )
    lines = rows(row.get("items"))
    TransactionItem.objects.bulk_create(
        TransactionItem(
            transaction=document,
            position=position,
            sku=text(block(line.get("sku")).get("code")),
            name=text(line.get("name")),
            quantity=amount(line.get("quantity")) or ZERO,
            gross_value=amount(line.get("grossValue")) or ZERO,
            category=text(line.get("category")),
            maker=text(line.get("maker")),
            labels=rows(line.get("labels")),
        )
        for position, line in enumerate(lines)
    )
    ItemLabel.objects.bulk_create(
        (
            ItemLabel(store=known.store, key=label["key"], value=label["value"])
            for line in lines
            for label in rows(line.get("labels"))
        ),
        ignore_conflicts=True,
    )
