"""A customer's purchase totals counted anew from all documents: what the stored ones must equal."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from accounts.models import Customer
from transactions.amounts import NOTHING, Amounts, Totals, count_sale
from transactions.models import DocumentType, Transaction


@dataclass(frozen=True, slots=True)
class Recount:
    totals: Totals
    last_transaction_at: datetime | None


def recount(customer: Customer) -> Recount:
    """Count every document of a customer again. Source: TX-14…16. Two queries."""
    documents = Transaction.objects.filter(customer=customer)
    returns: dict[int, list[Amounts]] = defaultdict(list)
    sales: list[Transaction] = []
    for document in documents:
        if document.document_type == DocumentType.SELL:
            sales.append(document)
        else:
            assert document.revised_id is not None
            returns[document.revised_id].append(Amounts.of(document))
    totals = sum((count_sale(Amounts.of(sale), returns[sale.pk]) for sale in sales), start=NOTHING)
    last = documents.aggregate(last=Max("purchased_at"))["last"]
    return Recount(totals=totals, last_transaction_at=last)


def stored(customer: Customer) -> Recount:
    """Return the totals that the customer's row holds."""
    return Recount(
        totals=Totals(
            count=customer.transactions_count,
            amount=customer.transactions_amount,
            without_delivery=customer.transactions_amount_without_delivery,
            excluded_for_level=customer.amount_excluded_for_level,
        ),
        last_transaction_at=customer.last_transaction_at,
    )
