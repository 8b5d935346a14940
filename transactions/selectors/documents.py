"""Documents as points transfers show them; the room of points asks for them through its socket."""

from collections.abc import Collection
from uuid import UUID

from accounts.selectors.transfers import Document
from transactions.models import Transaction, TransactionItem


def load_documents(uuids: Collection[UUID]) -> dict[UUID, Document]:
    """Return the documents of these ids, with their lines and point of sale, in two queries."""
    rows = Transaction.objects.filter(uuid__in=uuids).select_related("pos")
    return {
        row.uuid: Document(
            uuid=row.uuid,
            document_number=row.document_number,
            gross_value=row.gross_value,
            labels=row.labels,
            items=[_item(item) for item in row.items.all()],
            pos_identifier=row.pos.identifier if row.pos else None,
            pos_name=row.pos.name if row.pos else None,
        )
        for row in rows.prefetch_related("items")
    }


def _item(item: TransactionItem) -> dict[str, object]:
    return {
        "sku": item.sku,
        "name": item.name,
        "quantity": item.quantity,
        "gross_value": item.gross_value,
        "category": item.category,
        "maker": item.maker,
        "labels": item.labels,
    }
