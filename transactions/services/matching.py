"""Give documents that found no customer to one afterwards. Source: TX-10…12."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.identifiers import normal_card, normal_phone
from accounts.models import Customer, CustomerStatus
from accounts.services import customer_locks
from earning.services import referrals
from loyalty.core import clock, throttle
from loyalty.core import events as core_events
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import audit
from loyalty.core.throttle import Place
from transactions import events
from transactions.models import DocumentType, Transaction
from transactions.services import effects, purchases


class TransactionNotFound(DomainError):
    """No such transaction"""

    code = "transaction_not_found"
    field = "document_number"


class AlreadyAssigned(DomainError):
    """Customer is already assigned to this transaction"""

    code = "already_assigned"
    field = "document_number"


class IncorrectOwner(DomainError):
    """Incorrect owner of the transaction"""

    code = "incorrect_owner"
    field = "document_number"


class CustomerNotFound(DomainError):
    """No such customer"""

    code = "customer_not_found"
    field = "customer_uuid"


class NoCriterion(DomainError):
    """Give a customer id, a loyalty card number or a phone number."""

    code = "no_criterion"
    field = "customer_uuid"


@dataclass(frozen=True, slots=True)
class Criteria:
    """Who is meant; whatever is given must fit one and the same customer (TX-10)."""

    customer_uuid: UUID | None = None
    loyalty_card_number: str = ""
    phone: str = ""


def assign(
    *,
    store: Store,
    document_number: str,
    criteria: Criteria,
    actor: Actor,
    now: datetime | None = None,
) -> Transaction:
    """
    Give a document to the customer whom staff or a seller name, with the effects of TX-9.

    See `claim()` for what it locks and refuses.

    :raises NoCriterion, CustomerNotFound: nobody named, or no customer fits all that was given.
    """
    customer = _find_customer(store, criteria)
    return claim(
        store=store, document_number=document_number, customer=customer, actor=actor, now=now
    )


def claim_own(
    *,
    store: Store,
    document_number: str,
    customer: Customer,
    actor: Actor,
    place: Place,
    now: datetime | None = None,
) -> Transaction:
    """
    Give a document to the customer who names its number themself; see `claim()`.

    Numbers of receipts follow each other, and each refusal tells whether one exists: so every
    attempt counts, and what goes well is not taken off again. Call it outside of transactions.

    :raises TooManyAttempts: the customer has tried too often from here.
    """
    throttle.begin(throttle.Attempt("receipt", str(customer.uuid), place), now=now)
    return claim(
        store=store, document_number=document_number, customer=customer, actor=actor, now=now
    )


@transaction.atomic
def claim(
    *,
    store: Store,
    document_number: str,
    customer: Customer,
    actor: Actor,
    now: datetime | None = None,
) -> Transaction:
    """
    Give a document to a customer, with the effects that it would have had at once (TX-9, TX-12).

    The rules are judged at the purchase date. Returns of a sale that waited for
    it go to the same customer, in the order in which they came, each with its own effects: who
    takes a purchase takes what was brought back of it.

    Locks the customer, then the document and its returns, then the wallet.

    :raises TransactionNotFound: the store has no document of this number.
    :raises AlreadyAssigned: it has a customer, this one or another.
    :raises IncorrectOwner: it is a return of a sale that is not this customer's (TX-11).
    :raises CustomerAnonymized: nothing more may be known of this customer.
    """
    now = now or clock.now()
    locked = _lock_buyer(store, customer)
    document = _lock_document(store, document_number)
    if document.customer_id is not None:
        raise AlreadyAssigned
    if document.document_type == DocumentType.RETURN:
        _assign_return(document, locked, now)
    else:
        _assign_sale(document, locked, now)
    _record(actor, document, locked, now)
    return document


def _find_customer(store: Store, criteria: Criteria) -> Customer:
    customers = Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED)
    card, phone = normal_card(criteria.loyalty_card_number), normal_phone(criteria.phone)
    if criteria.customer_uuid is None and card is None and phone is None:
        raise NoCriterion
    if criteria.customer_uuid is not None:
        customers = customers.filter(uuid=criteria.customer_uuid)
    if card is not None:
        customers = customers.filter(loyalty_card_number__iexact=card)
    if phone is not None:
        customers = customers.filter(phone=phone)
    # Each criterion is unique in a store: there cannot be two.
    customer: Customer | None = customers.first()
    if customer is None:
        raise CustomerNotFound
    return customer


def _lock_buyer(store: Store, customer: Customer) -> Customer:
    """Lock a customer, and in the same order as ever who invited them, if points may move both."""
    wanted = {customer.pk}
    if customer.invited_by_id is not None and referrals.moves_referrers(store):
        wanted.add(customer.invited_by_id)
    locked = customer_locks.lock(wanted, store=store)
    buyer = next(each for each in locked if each.pk == customer.pk)
    # Documents tell who bought: they would say of a forgotten customer again who that was.
    if buyer.anonymized_at is not None:
        raise customer_locks.CustomerAnonymized
    return buyer


def _lock_document(store: Store, document_number: str) -> Transaction:
    document: Transaction | None = (
        Transaction.objects.in_store(store)
        .select_for_update(of=("self",), no_key=True)
        .filter(document_number=document_number.strip())
        .first()
    )
    if document is None:
        raise TransactionNotFound
    document.store = store
    return document


def _assign_sale(sale: Transaction, customer: Customer, now: datetime) -> None:
    _give(sale, customer, now)
    effects.settle_sale(customer=customer, sale=sale, items=list(sale.items.all()), now=now)
    waiting = (
        sale.returns.filter(customer=None)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    for document in list(waiting):
        document.store = sale.store
        _give(document, customer, now)
        effects.settle_return(customer=customer, document=document, sale=sale, now=now)


def _assign_return(document: Transaction, customer: Customer, now: datetime) -> None:
    sale = document.revised
    assert sale is not None, "A constraint says that a return revises a sale."
    if sale.customer_id != customer.pk:
        raise IncorrectOwner
    _give(document, customer, now)
    effects.settle_return(customer=customer, document=document, sale=sale, now=now)


def _give(document: Transaction, customer: Customer, now: datetime) -> None:
    purchases.give_to(document, customer, now=now)
    document.save(update_fields=["customer", "assigned_at", "customer_data"])
    fact = events.transaction_assigned(document, customer=customer, now=now)
    fact.save(force_insert=True)
    core_events.dispatch(fact)


def _record(actor: Actor, document: Transaction, customer: Customer, now: datetime) -> None:
    deed = deed_of(document, customer)
    audit.record_many(actor, store=document.store, deeds=[deed], now=now)


def deed_of(document: Transaction, customer: Customer) -> audit.Deed:
    """Return what the audit trail keeps of a claim."""
    return audit.Deed(
        event_type="AssignCustomerToTransaction",
        entity_type="Transaction",
        entity_id=document.uuid,
        data={"documentNumber": document.document_number, "customerId": str(customer.uuid)},
    )
