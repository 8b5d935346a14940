"""Documents of purchases."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from accounts.models import Customer
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from transactions.models import DocumentType, Transaction
from transactions.services import purchases
from transactions.services.documents import Buyer, Document, Label, Line

_numbers = itertools.count(1)

PURCHASED_AT = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)


def line(gross_value: Any = "10.00", sku: str = "SKU1", **fields: Any) -> Line:
    """Describe a line; `labels` as pairs of key and value."""
    labels = tuple(Label(key, value) for key, value in fields.pop("labels", ()))
    given = {"name": "Tea", "quantity": Decimal(1), "category": "drinks"} | fields
    return Line(sku=sku, gross_value=Decimal(gross_value), labels=labels, **given)


def lines(*gross_values: Any) -> tuple[Line, ...]:
    return tuple(line(value, sku=f"SKU{n}") for n, value in enumerate(gross_values, start=1))


def buyer_of(customer: Customer | None) -> Buyer:
    """Describe a buyer whom a till knows by e-mail; somebody unknown for None."""
    if customer is None:
        return Buyer(name="Nobody", email="nobody@example.com")
    return Buyer(name=customer.name, email=customer.email or "")


def document(customer: Customer | None = None, *gross_values: Any, **fields: Any) -> Document:
    """Describe a sale to `customer` with a line of each value; 10.00 if none is named."""
    given = {
        "number": f"doc-{next(_numbers)}",
        "lines": lines(*(gross_values or ("10.00",))),
        "buyer": buyer_of(customer),
        "purchased_at": PURCHASED_AT,
    }
    return Document(**given | fields)


def return_of(sale: Transaction, *gross_values: Any, **fields: Any) -> Document:
    """Describe a return of a sale by its customer."""
    given = {"type": DocumentType.RETURN, "revised_number": sale.document_number}
    return document(sale.customer, *gross_values, **given | fields)


def register(store: Store, described: Document, *, now: datetime | None = None) -> Transaction:
    return purchases.register(store=store, document=described, actor=SYSTEM, now=now)


def SaleFactory(
    customer: Customer, *gross_values: Any, now: datetime | None = None, **fields: Any
) -> Transaction:
    """Register a sale to a customer, with everything that follows."""
    return register(customer.store, document(customer, *gross_values, **fields), now=now)


def UnmatchedSaleFactory(
    store: Store, *gross_values: Any, now: datetime | None = None, **fields: Any
) -> Transaction:
    return register(store, document(None, *gross_values, **fields), now=now)


def ReturnFactory(
    sale: Transaction, *gross_values: Any, now: datetime | None = None, **fields: Any
) -> Transaction:
    """Register a return of a sale by the sale's customer."""
    return register(sale.store, return_of(sale, *gross_values, **fields), now=now)


def TransactionFactory(store: Store, **fields: Any) -> Transaction:
    """Insert a bare row, without lines or effects."""
    gross = Decimal(fields.pop("gross_value", "10.00"))
    given = {
        "document_type": DocumentType.SELL,
        "document_number": f"row-{next(_numbers)}",
        "purchased_at": PURCHASED_AT,
        "gross_value": gross,
        "gross_value_without_delivery": gross,
    }
    return Transaction.objects.create(store=store, **given | fields)
