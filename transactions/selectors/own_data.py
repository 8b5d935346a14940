"""What documents say of a customer, for themselves to read."""

from typing import Any

from accounts.models import Customer
from accounts.selectors.own_data import plain, rows
from transactions.models import Transaction


def get_purchases(customer: Customer) -> dict[str, Any]:
    """Return a customer's documents with their lines; two queries."""
    documents = (
        Transaction.objects.filter(customer=customer)
        .select_related("pos", "revised")
        .prefetch_related("items")
        .order_by("pk")
    )
    return {
        "transactions": [
            {
                "uuid": plain(document.uuid),
                "documentType": document.document_type,
                "documentNumber": document.document_number,
                "purchasedAt": plain(document.purchased_at),
                "purchasePlace": document.purchase_place,
                "pos": plain(document.pos.uuid) if document.pos else None,
                "revised": document.revised.document_number if document.revised else None,
                "grossValue": plain(document.gross_value),
                "customerData": document.customer_data,
                "labels": document.labels,
                "items": rows(
                    {
                        "sku": line.sku,
                        "name": line.name,
                        "quantity": line.quantity,
                        "gross_value": line.gross_value,
                        "category": line.category,
                        "maker": line.maker,
                        "labels": line.labels,
                    }
                    for line in document.items.all()
                ),
            }
            for document in documents
        ]
    }
