"""Find documents, and list them by what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.fields.json import KT

from accounts.models import Customer
from loyalty.core import folding, labels
from loyalty.core.errors import NotFound
from loyalty.core.models import Store
from transactions.models import Transaction, TransactionItem
from transactions.selectors import points


@dataclass(frozen=True, kw_only=True)
class Filter:
    """
    Which documents a list shows; None, or an empty text, leaves a condition out.

    Texts are contained in the value, whatever the case. Bounds belong to the range. `labels`:
    (key, value) pairs that must all be there, either part may be None for any. `is_matched`:
    whether the document has a customer.
    """

    document_type: str | None = None
    document_number: str | None = None
    customer_uuid: UUID | None = None
    transaction_uuid: UUID | None = None
    pos_uuid: UUID | None = None
    buyer_name: str | None = None
    buyer_email: str | None = None
    buyer_phone: str | None = None
    buyer_card: str | None = None
    purchased_from: datetime | None = None
    purchased_to: datetime | None = None
    gross_value_min: Decimal | None = None
    gross_value_max: Decimal | None = None
    labels: Sequence[tuple[str | None, str | None]] = ()
    is_matched: bool | None = None


def list_transactions(store: Store, chosen: Filter) -> QuerySet[Transaction]:
    """Return the store's documents that pass the filter, last bought first."""
    documents: QuerySet[Transaction] = Transaction.objects.in_store(store).filter(
        _equal(chosen) & _texts(chosen) & _ranges(chosen) & labels.carrying(chosen.labels)
    )
    if chosen.is_matched is not None:
        documents = documents.filter(customer__isnull=not chosen.is_matched)
    return documents.order_by("-purchased_at", "-pk")


def list_of_customer(customer: Customer, chosen: Filter) -> QuerySet[Transaction]:
    """Return the documents of one customer that pass the filter, last bought first."""
    return list_transactions(customer.store, chosen).filter(customer=customer)


def list_by_number(store: Store, document_number: str) -> QuerySet[Transaction]:
    """Return the document with exactly this number, if there is one."""
    return Transaction.objects.in_store(store).filter(document_number=document_number.strip())


def with_details(documents: QuerySet[Transaction], now: datetime) -> QuerySet[Any]:
    """
    Bring along what a document is shown with: two queries, whatever the number of documents.

    Adds `points_earned` and `points_revoked` (see `selectors.points`).
    """
    items = Prefetch("items", queryset=TransactionItem.objects.order_by("position"))
    related = documents.select_related("customer", "pos", "revised").prefetch_related(items)
    return points.with_points(related, now)


def get_transaction(store: Store, uuid: UUID) -> Transaction:
    """:raises NotFound: the store has no such document."""
    document: Transaction | None = Transaction.objects.in_store(store).filter(uuid=uuid).first()
    if document is None:
        raise NotFound
    document.store = store
    return document


def _equal(chosen: Filter) -> Q:
    return _all_of(
        {
            "document_type": chosen.document_type,
            "customer__uuid": chosen.customer_uuid,
            "uuid": chosen.transaction_uuid,
            "pos__uuid": chosen.pos_uuid,
        }
    )


def _texts(chosen: Filter) -> Q:
    named = Q()
    if chosen.buyer_name:
        named = folding.contains(KT("customer_data__name"), chosen.buyer_name)
    return named & _all_of(
        {
            "document_number__icontains": chosen.document_number,
            "customer_data__email__icontains": chosen.buyer_email,
            "customer_data__phone__icontains": chosen.buyer_phone,
            "customer_data__loyaltyCardNumber__icontains": chosen.buyer_card,
        }
    )


def _ranges(chosen: Filter) -> Q:
    return _all_of(
        {
            "purchased_at__gte": chosen.purchased_from,
            "purchased_at__lte": chosen.purchased_to,
            "gross_value__gte": chosen.gross_value_min,
            "gross_value__lte": chosen.gross_value_max,
        }
    )


def _all_of(conditions: dict[str, Any]) -> Q:
    return Q(**{name: value for name, value in conditions.items() if value not in (None, "")})
