"""Sales as the room of rewards asks for them through its socket."""

from collections.abc import Collection
from uuid import UUID

from campaigns.selectors.sales import Sale
from loyalty.core.models import Store
from transactions.models import DocumentType, Transaction


def find_sales(store: Store, uuids: Collection[UUID]) -> dict[UUID, Sale]:
    """Return those of a store's sales that were given to customers, by id. One query."""
    sales = Transaction.objects.in_store(store).filter(
        uuid__in=uuids, document_type=DocumentType.SELL, customer__isnull=False
    )
    found = sales.values_list("uuid", "customer_id", "gross_value")
    return {uuid: Sale(uuid, customer_id, value) for uuid, customer_id, value in found}
