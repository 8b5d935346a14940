"""
Points transfers as people look at them: found by what is known of the customer, with the names and
documents around them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts import identifiers
from accounts.models import Customer, CustomerStatus, PointsTransfer, TransferType
from accounts.models.transfers import PointsTransferQuerySet
from loyalty.core.models import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    What a purchase or return document shows inside a transfer that it caused.

    `labels`: of {"key": …, "value": …}. `items`: of sku, name, quantity, gross_value, category,
    maker and labels. The point of sale is the document's.
    """

    uuid: UUID
    document_number: str
    gross_value: Decimal
    labels: Sequence[Mapping[str, str]] = ()
    items: Sequence[Mapping[str, Any]] = ()
    pos_identifier: str | None = None
    pos_name: str | None = None


DocumentLoader = Callable[[Collection[UUID]], Mapping[UUID, Document]]

_loaders: list[DocumentLoader] = []


def register_document_loader(loader: DocumentLoader) -> None:
    """
    Take the function that finds documents by their ids, from the room above that has them.

    Called once, when the platform starts. It costs the same number of queries for one as for many.
    """
    _loaders[:] = [loader]


def get_documents(uuids: Collection[UUID]) -> Mapping[UUID, Document]:
    """Return the documents that are known, by their ids; none without a loader."""
    if not uuids or not _loaders:
        return {}
    return _loaders[0](uuids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """
    What a list is narrowed to; None and empty: not at all.

    Texts match any part, in any case, and names without the marks on their letters, too.
    """

    customer: Customer | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    loyalty_card_number: str | None = None
    states: Collection[str] = ()
    types: Collection[str] = ()
    expiring_till: datetime | None = None


def list_transfers(store: Store, chosen: Filter, *, now: datetime) -> QuerySet[PointsTransfer]:
    """Return a store's transfers with their customers and postings, newest first (PA-26)."""
    found: PointsTransferQuerySet = PointsTransfer.objects.in_store(store)
    found = found.select_related("customer__wallet", "posting")
    if chosen.customer is not None:
        found = found.of_customer(chosen.customer)
    texts = {
        "customer__first_name__folded_contains": chosen.first_name,
        "customer__last_name__folded_contains": chosen.last_name,
        "customer__email__icontains": chosen.email,
        "customer__phone__icontains": chosen.phone,
        "customer__loyalty_card_number__icontains": chosen.loyalty_card_number,
    }
    found = found.filter(**{column: text for column, text in texts.items() if text})
    if chosen.states:
        found = found.in_state(chosen.states, now)
    if chosen.types:
        found = found.filter(type__in=chosen.types)
    if chosen.expiring_till is not None:
        found = found.expiring_till(chosen.expiring_till, now)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a page of transfers refers to: documents by id, and customers' ids by their wallets."""

    documents: Mapping[UUID, Document] = field(default_factory=dict)
    customers: Mapping[int, UUID] = field(default_factory=dict)

    def sender_of(self, transfer: PointsTransfer) -> UUID | None:
        if transfer.type != TransferType.P2P_ADDING:
            return None
        return self.customers.get(transfer.posting.from_wallet_id)

    def receiver_of(self, transfer: PointsTransfer) -> UUID | None:
        wallet_id = transfer.posting.to_wallet_id
        if transfer.type != TransferType.P2P_SPENDING or wallet_id is None:
            return None
        return self.customers.get(wallet_id)


def get_surroundings(transfers: Sequence[PointsTransfer]) -> Surroundings:
    """Return what these transfers refer to, by the same few queries for one as for many."""
    uuids: set[UUID] = set()
    wallets: set[int] = set()
    for transfer in transfers:
        posting = transfer.posting
        uuids |= {
            uuid
            for uuid in (transfer.transaction_uuid, posting.revised_transaction_uuid)
            if uuid is not None
        }
        if transfer.type == TransferType.P2P_ADDING:
            wallets.add(posting.from_wallet_id)
        elif transfer.type == TransferType.P2P_SPENDING and posting.to_wallet_id is not None:
            wallets.add(posting.to_wallet_id)
    customers = {}
    if wallets:
        rows = Customer.objects.filter(wallet_id__in=wallets)
        customers = dict(rows.values_list("wallet_id", "uuid"))
    return Surroundings(documents=get_documents(uuids), customers=customers)


def find_party(store: Store, identifier: str) -> Customer | None:
    """
    Return whom a p2p transfer names: by id, else e-mail address, else phone number (PA-15).

    Two queries at most.
    """
    identifier = identifier.strip()
    customers = Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED)
    try:
        by_id = customers.filter(uuid=UUID(identifier)).first()
    except ValueError:
        by_id = None
    customer = by_id or _by_email_or_phone(customers, identifier)
    if customer is not None:
        customer.store = store
    return customer


def find_receiver(store: Store, identifier: str) -> Customer | None:
    """Return whom points can be sent to, as `find_party`: nobody has who was anonymized."""
    customer = find_party(store, identifier)
    return None if customer is None or customer.anonymized_at is not None else customer


def _by_email_or_phone(customers: QuerySet[Customer], identifier: str) -> Customer | None:
    if email := identifiers.normal_email(identifier):
        by_email = customers.filter(email__iexact=email).first()
        if by_email is not None:
            return by_email
    if phone := identifiers.normal_phone(identifier):
        return customers.filter(phone=phone).first()
    return None
