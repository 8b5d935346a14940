"""Register what tills report: sales and returns. Source: TX-1…9, TX-18…20."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.models import Customer, Pos
from accounts.services import customer_locks
from earning.services import referrals
from loyalty.core import clock, locks, rows
from loyalty.core import events as core_events
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store, uuid7
from transactions import events
from transactions.amounts import Amounts, count_sale
from transactions.models import DocumentType, Transaction, TransactionItem
from transactions.services import documents, effects, item_labels, storage
from transactions.services.documents import Buyer, Document, Label, Line

ZERO = Decimal(0)


class DocumentNumberUsed(DomainError):
    """Document number should be unique."""

    code = "document_number_used"
    field = "number"


class UnknownPos(DomainError):
    """There is no such point of sale."""

    code = "unknown_pos"
    field = "pos"


class ReturnsNotEnabled(DomainError):
    """Returns are not enabled"""

    code = "returns_not_enabled"
    field = "type"


class SaleNotFound(DomainError):
    """Transaction not exist"""

    code = "sale_not_found"
    field = "revised_number"


class NotASale(DomainError):
    """Transaction wrong type"""

    code = "not_a_sale"
    field = "revised_number"


class IncorrectOwner(DomainError):
    """Incorrect owner of the transaction"""

    code = "incorrect_owner"
    field = "revised_number"


class ReturnExceedsSale(DomainError):
    """More is returned than was bought."""

    code = "return_exceeds_sale"
    field = "revised_number"


@locks.again_after_deadlock
def register(
    *, store: Store, document: Document, actor: Actor, now: datetime | None = None
) -> Transaction:
    """
    Store a document and, where its buyer is known, everything that follows (TX-9).

    Locks the customer, then the revised sale, then the customer's wallet, until commit; with
    theirs the referrer's, where the purchase may pay both. Purchases of different customers do
    not wait for one another but for that. A buyer whom nobody knows is no error: the
    document waits for its customer (TX-7).

    :raises InvalidFields: by dotted paths such as `lines.0.sku`.
    :raises DocumentNumberUsed: also when both came at once: one is stored (TX-1).
    :raises UnknownPos: no such point of sale in the store.
    :raises ReturnsNotEnabled, SaleNotFound, NotASale, IncorrectOwner: see TX-18.
    :raises ReturnExceedsSale: all returns of the sale together are worth more than the sale.
    """
    now = now or clock.now()
    documents.check(document, now=now)
    if document.is_return and not store.settings.returns:
        raise ReturnsNotEnabled
    with transaction.atomic(), item_labels.written_last(store.pk):
        pos_id = _get_pos_id(store, document.pos_uuid)
        # A sale counts in the statement that locks its buyer, but where others are locked, too.
        is_counted = not document.is_return and not referrals.moves_referrers(store)
        customer = None if is_counted else _lock_buyer(store, document.buyer)
        sale = _lock_sale(store, document, customer) if document.is_return else None
        row = new_row(store, document, sale, pos_id=pos_id, now=now)
        items = new_items(row, document.lines)
        sum_up(row, items)
        if is_counted:
            customer = _lock_and_count(store, document.buyer, row, now)
        if customer is not None:
            give_to(row, customer, now=now)
        if sale is not None:
            _check_not_exceeding(sale, row)
        facts = events.of_new_document(row, actor=actor, customer=customer, now=now)
        if not storage.insert(row, items, facts):
            raise DocumentNumberUsed
        for fact in facts:
            core_events.dispatch(fact)
        if customer is not None and sale is None:
            effects.settle_sale(
                customer=customer, sale=row, items=items, now=now, is_counted=is_counted
            )
        elif customer is not None and sale is not None:
            effects.settle_return(customer=customer, document=row, sale=sale, now=now)
    return row


def _get_pos_id(store: Store, uuid: UUID | None) -> int | None:
    if uuid is None:
        return None
    found = Pos.objects.in_store(store).filter(uuid=uuid).order_by()
    pk: int | None = found.values_list("pk", flat=True).first()
    if pk is None:
        raise UnknownPos
    return pk


def _lock_buyer(store: Store, buyer: Buyer) -> Customer | None:
    return customer_locks.lock_buyer(
        store,
        email=buyer.email,
        phone=buyer.phone,
        loyalty_card_number=buyer.loyalty_card_number,
        with_referrer=referrals.moves_referrers(store),
    )


def _lock_and_count(store: Store, buyer: Buyer, row: Transaction, now: datetime) -> Customer | None:
    counts_for = count_sale(Amounts.of(row))
    return customer_locks.lock_and_count(
        store,
        customer_locks.Sale(
            amount=counts_for.amount,
            amount_without_delivery=counts_for.without_delivery,
            excluded_for_level=counts_for.excluded_for_level,
            purchased_at=row.purchased_at,
        ),
        now=now,
        email=buyer.email,
        phone=buyer.phone,
        loyalty_card_number=buyer.loyalty_card_number,
    )


def _lock_sale(store: Store, document: Document, customer: Customer | None) -> Transaction:
    """Lock the sale that a return revises, so that two returns cannot both take the last piece."""
    sale: Transaction | None = (
        Transaction.objects.in_store(store)
        .select_for_update(of=("self",), no_key=True)
        .filter(document_number=document.revised_number)
        .first()
    )
    return check_sale(sale, customer)


def check_sale(sale: Transaction | None, customer: Customer | None) -> Transaction:
    """:raises SaleNotFound, NotASale, IncorrectOwner: `customer` cannot return this."""
    if sale is None:
        raise SaleNotFound
    if sale.document_type != DocumentType.SELL:
        raise NotASale
    if customer is not None and sale.customer_id != customer.pk:
        raise IncorrectOwner
    return sale


def _check_not_exceeding(sale: Transaction, document: Transaction) -> None:
    """Matched or not, all returns of a sale count: the goods came back once."""
    returned = sale.returns.aggregate(sum=Sum("gross_value"))["sum"] or ZERO
    check_left(sale, document, returned=returned)


def check_left(sale: Transaction, document: Transaction, *, returned: Decimal) -> None:
    """:raises ReturnExceedsSale: of a sale of which `returned` came back, too little is left."""
    left = sale.gross_value - returned
    if document.gross_value > left:
        raise ReturnExceedsSale(
            f"The return is worth {document.gross_value:.2f}, more than was bought: "
            f"of {sale.gross_value:.2f} only {left:.2f} can still be returned."
        )


def new_row(
    store: Store,
    document: Document,
    sale: Transaction | None,
    *,
    pos_id: int | None,
    now: datetime,
) -> Transaction:
    """Return an unsaved document without its sums. `sale`: what it revises."""
    # A return is counted by the lists of its sale: what did not count then is not taken off now.
    delivery, skus, categories = _exclusions(store, sale)
    row = rows.unsaved(
        Transaction,
        uuid=uuid7(),
        store_id=store.pk,
        document_type=document.type,
        document_number=document.number.strip(),
        purchased_at=document.purchased_at or now,
        purchase_place=document.purchase_place,
        customer_id=None,
        assigned_at=None,
        customer_data=_buyer_data(document.buyer),
        pos_id=pos_id,
        revised_id=sale.pk if sale is not None else None,
        gross_value=ZERO,
        gross_value_without_delivery=ZERO,
        amount_excluded_for_level=ZERO,
        excluded_delivery_skus=delivery,
        excluded_level_skus=skus,
        excluded_level_categories=categories,
        labels=label_data(document.labels),
        created_at=now,
    )
    rows.relate(row, "store", store)
    rows.relate(row, "revised", sale)
    return row


def give_to(document: Transaction, customer: Customer, *, now: datetime) -> None:
    """Write the customer, whose e-mail and phone replace the till's (TX-8), onto a document."""
    document.customer = customer
    document.assigned_at = now
    document.customer_data = document.customer_data | {
        "email": customer.email or "",
        "phone": customer.phone or "",
    }


def label_data(labels: Collection[Label]) -> list[dict[str, str]]:
    return [{"key": label.key, "value": label.value} for label in labels]


def _exclusions(store: Store, sale: Transaction | None) -> tuple[list[str], list[str], list[str]]:
    """Return the delivery SKUs, and the SKUs and categories without level, to keep (TX-3)."""
    if sale is not None:
        return (
            sale.excluded_delivery_skus,
            sale.excluded_level_skus,
            sale.excluded_level_categories,
        )
    settings = store.settings
    return (
        sorted(settings.excluded_delivery_skus),
        sorted(settings.excluded_level_skus),
        sorted(settings.excluded_level_categories),
    )


def _buyer_data(buyer: Buyer) -> dict[str, object]:
    """Return the buyer by the API's keys, empty ones left out."""
    data = {
        "name": buyer.name,
        "email": buyer.email,
        "phone": buyer.phone,
        "loyaltyCardNumber": buyer.loyalty_card_number,
        "nip": buyer.nip,
        "address": {key: text for key, text in buyer.address.items() if text},
    }
    return {key: value for key, value in data.items() if value}


def new_items(row: Transaction, lines: tuple[Line, ...]) -> list[TransactionItem]:
    """Return a document's unsaved lines."""
    # abs(): tills send the lines of a return negative or positive (TX-18).
    return [
        rows.unsaved(
            TransactionItem,
            transaction_id=None,
            position=position,
            sku=line.sku.strip(),
            name=line.name,
            quantity=line.quantity,
            gross_value=abs(line.gross_value),
            category=line.category,
            maker=line.maker,
            labels=label_data(line.labels),
        )
        for position, line in enumerate(lines)
    ]


def sum_up(row: Transaction, items: list[TransactionItem]) -> None:
    """Fill the document's three sums. Source: TX-2, LV-5."""
    delivery = set(row.excluded_delivery_skus)
    skus, categories = set(row.excluded_level_skus), set(row.excluded_level_categories)
    gross = without_delivery = excluded = ZERO
    for item in items:
        gross += item.gross_value
        if item.sku not in delivery:
            without_delivery += item.gross_value
        # A line in both lists counts once.
        if item.sku in skus or item.category in categories:
            excluded += item.gross_value
    row.gross_value = gross
    row.gross_value_without_delivery = without_delivery
    row.amount_excluded_for_level = excluded
