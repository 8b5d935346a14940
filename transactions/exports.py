"""Purchases and their lines as files."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource as Columns

from accounts.cockpit.lists import filters_of, listed, rows_of
from accounts.models import Resource
from loyalty.core.actors import Actor
from loyalty.core.exports.columns import labels, moment, number, part, text, whole
from loyalty.core.exports.kinds import Kind
from loyalty.core.models import Store
from transactions.models import Transaction, TransactionItem
from transactions.selectors import points


class TransactionColumns(Columns):  # type: ignore[misc]  # the library is not typed
    transaction_id = text("transactionId", "uuid")
    type = text("documentType", "document_type")
    document = text("documentNumber", "document_number")
    revised = text("revisedDocument", "revised__document_number")
    purchased_at = moment("purchaseDate", "purchased_at")
    place = text("purchasePlace", "purchase_place")
    customer_id = text("customerId", "customer__uuid")
    assigned_at = moment("assignedToCustomerDate", "assigned_at")
    name = part("customerData.name", "customer_data", "name")
    email = part("customerData.email", "customer_data", "email")
    phone = part("customerData.phone", "customer_data", "phone")
    card = part("customerData.loyaltyCardNumber", "customer_data", "loyaltyCardNumber")
    pos_id = text("posId", "pos__uuid")
    pos = text("posName", "pos__name")
    value = number("grossValue", "gross_value")
    without_delivery = number("grossValueWithoutDeliveryCosts", "gross_value_without_delivery")
    excluded = number("amountExcludedForLevel", "amount_excluded_for_level")
    points = number("pointsEarned", "points_moved")
    lines = whole("itemsCount", lambda row: len(row.items.all()))
    labels = labels("labels", "labels")


def read_moved(rows: Sequence[Any], store: Store, now: datetime) -> None:
    """Put on documents the points that they moved."""
    moved = points.moved_by(rows, now)
    for row in rows:
        row.points_moved = moved.get(row.pk)


class LineColumns(Columns):  # type: ignore[misc]  # as above
    transaction_id = text("transactionId", "transaction__uuid")
    document = text("documentNumber", "transaction__document_number")
    type = text("documentType", "transaction__document_type")
    purchased_at = moment("purchaseDate", "transaction__purchased_at")
    position = whole("position", "position")
    sku = text("sku", "sku")
    name = text("name", "name")
    quantity = number("quantity", "quantity")
    value = number("grossValue", "gross_value")
    category = text("category", "category")
    maker = text("maker", "maker")
    labels = labels("labels", "labels")


def find_lines(store: Store, actor: Actor, query: QueryDict) -> "QuerySet[TransactionItem]":
    """Return the lines of the documents that the list's filters find."""
    documents = rows_of(Transaction)(store, actor, query).order_by()
    found = TransactionItem.objects.filter(transaction__in=documents.values("pk"))
    return found.select_related("transaction")


KINDS = (
    Kind(
        name="transactions",
        title=_("Transactions"),
        rights=(Resource.TRANSACTION,),
        resource=TransactionColumns,
        **listed(Transaction, "customer", "pos", "revised", prefetch=("items",)),
        prepare=read_moved,
    ),
    Kind(
        name="transaction-items",
        title=_("Lines of transactions"),
        rights=(Resource.TRANSACTION,),
        resource=LineColumns,
        find=find_lines,
        filters=partial(filters_of, Transaction),
    ),
)
