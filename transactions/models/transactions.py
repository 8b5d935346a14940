"""Purchase documents, sales and returns, with their lines."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from accounts.models import Customer, Pos
from loyalty.core.models import StoreModel

ZERO = Decimal(0)


class DocumentType(models.TextChoices):
    SELL = "sell", "Sale"
    RETURN = "return", "Return"


class Transaction(StoreModel):
    """
    A document of a purchase or a return (TX rules).

    `customer_data` is what the till sent, by the keys of the API (name, email, phone,
    loyaltyCardNumber, nip, address). `customer` None: unmatched. The exclusion lists are copied
    from the settings at registration (TX-3).

    No foreign key to the store: its check locks the store's row, and all tills of a store would
    write to it. Columns with which another index begins have none of their own.
    """

    store = models.ForeignKey(
        "core.Store",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    document_type = models.CharField(max_length=8, choices=DocumentType.choices)
    document_number = models.CharField(max_length=255)
    purchased_at = models.DateTimeField()
    purchase_place = models.CharField(max_length=255, blank=True)
    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="transactions",
        db_index=False,
    )
    assigned_at = models.DateTimeField(null=True)
    customer_data = models.JSONField(default=dict)
    pos = models.ForeignKey(
        Pos,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="transactions",
        db_index=False,
    )
    # The sale that a return revises.
    revised = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="returns"
    )
    gross_value = models.DecimalField(max_digits=20, decimal_places=4)
    gross_value_without_delivery = models.DecimalField(max_digits=20, decimal_places=4)
    amount_excluded_for_level = models.DecimalField(max_digits=20, decimal_places=4, default=ZERO)
    excluded_delivery_skus = ArrayField(models.TextField(), default=list, blank=True)
    excluded_level_skus = ArrayField(models.TextField(), default=list, blank=True)
    excluded_level_categories = ArrayField(models.TextField(), default=list, blank=True)
    # A list of {"key": …, "value": …}.
    labels = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "document_number"], name="transaction_document_once_per_store"
            ),
            models.CheckConstraint(
                condition=models.Q(document_type="return", revised__isnull=False)
                | models.Q(document_type="sell", revised__isnull=True),
                name="transaction_return_revises_a_sale",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-purchased_at", "-id"], name="transaction_by_date"),
            models.Index(
                fields=["customer", "-purchased_at", "-id"], name="transaction_by_customer"
            ),
            models.Index(fields=["pos"], include=["gross_value"], name="transaction_by_pos"),
            GinIndex(fields=["labels"], opclasses=["jsonb_path_ops"], name="transaction_by_label"),
        ]

    def __str__(self) -> str:
        return self.document_number


class TransactionItem(models.Model):
    """
    One line. `gross_value` is the line's total: quantity is never multiplied in (ER-10).

    Written by the statement that writes its document, so the database need not look that up again.
    """

    transaction = models.ForeignKey(
        Transaction,
        on_delete=models.CASCADE,
        related_name="items",
        db_constraint=False,
        db_index=False,
    )
    position = models.PositiveIntegerField()
    sku = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    gross_value = models.DecimalField(max_digits=20, decimal_places=4)
    category = models.CharField(max_length=255, blank=True)
    maker = models.CharField(max_length=255, blank=True)
    labels = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["transaction", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "position"], name="transaction_item_position_once"
            ),
        ]
        indexes = [models.Index(fields=["sku"], name="transaction_item_by_sku")]

    def __str__(self) -> str:
        return self.name


class ItemLabel(models.Model):
    """
    A label that some line of the store has had, so that the list of them all is read from here
    and not from every line ever sold. Grows only; written with the document that brought it.
    """

    store = models.ForeignKey("core.Store", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    value = models.CharField(max_length=255)

    class Meta:
        ordering = ["key", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "key", "value"], name="item_label_once_per_store"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"
