"""Sales as the room of rewards asks for them through its socket."""

from uuid import UUID

from campaigns.selectors.sales import Sale
from loyalty.core.models import Store
from transactions.models import DocumentType, Transaction


def find_sale(store: Store, uuid: UUID) -> Sale | None:
    """Return a store's sale that was given to a customer. One query."""
    sales = Transaction.objects.in_store(store).filter(
        uuid=uuid, document_type=DocumentType.SELL, customer__isnull=False
    )
    found = sales.values_list("uuid", "customer_id", "gross_value").first()
    return Sale(*found) if found else None
