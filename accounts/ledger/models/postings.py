"""Postings: each moves one amount of one point type from one wallet to another."""

from django.db import models

from accounts.ledger.models.wallets import PointsField, PointType, Wallet
from loyalty.core.models import StoreModel


class PostingKind(models.TextChoices):
    EARN = "earn", "Earn"
    SPEND = "spend", "Spend"
    TRANSFER = "transfer", "Transfer"
    HOLD = "hold", "Hold"
    EXPIRE = "expire", "Expire"
    CANCEL = "cancel", "Cancel"
    REVERT = "revert", "Revert"
    TAKE_BACK = "take_back", "Take back"
    SUPPLY = "supply", "Supply"


class PostingStatus(models.TextChoices):
    HELD = "held", "Held"
    CAPTURED = "captured", "Captured"
    RELEASED = "released", "Released"
    REVERTED = "reverted", "Reverted"


class Issuer(models.TextChoices):
    SYSTEM = "system", "System"
    ADMIN = "admin", "Staff"
    SELLER = "seller", "Seller"
    API = "api", "API"
    INTERNAL = "internal", "Internal"


class Posting(StoreModel):
    """
    One movement of points, append-only: a trigger refuses every change but of the status (held →
    captured or released, captured → reverted) and, with it, of the captured amount.

    A block is a hold without a receiver. `requested_amount` is what was asked for where less was
    there (take-backs). `effective_at` is business time, `created_at` the clock.

    The store, the point type and the two wallets have no foreign key in the database. A check of
    one locks the row that it finds, so every posting of a store would write to the same three rows,
    and tills would queue for their pages. None of these rows can be deleted (a trigger refuses it),
    a customer's wallet is checked by its lot or balance, and `check_ledger` looks for the rest.
    """

    store = models.ForeignKey(
        "core.Store",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    point_type = models.ForeignKey(
        PointType, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    from_wallet = models.ForeignKey(
        Wallet,
        on_delete=models.PROTECT,
        related_name="postings_out",
        db_constraint=False,
        db_index=False,
    )
    to_wallet = models.ForeignKey(
        Wallet,
        on_delete=models.PROTECT,
        related_name="postings_in",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=16, choices=PostingKind.choices)
    status = models.CharField(max_length=16, choices=PostingStatus.choices)
    amount = PointsField()
    requested_amount = PointsField()
    captured_amount = PointsField(null=True)
    system_unique_key = models.CharField(max_length=255)
    issuer = models.CharField(max_length=16, choices=Issuer.choices)
    comment = models.TextField(blank=True)
    effective_at = models.DateTimeField()
    created_at = models.DateTimeField()
    # Why it was posted, by the uuids of rooms above: the purchase or return document, the sale that
    # a return revises, the invitation. The ledger only keeps them.
    transaction_uuid = models.UUIDField(null=True)
    revised_transaction_uuid = models.UUIDField(null=True)
    invitation_uuid = models.UUIDField(null=True)
    reverts = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="reverted_by",
        db_index=False,
    )
    # The lot that an expire or cancel posting empties.
    lot = models.ForeignKey(
        "ledger.Lot", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "system_unique_key"], name="posting_key_once_per_store"
            ),
            models.UniqueConstraint(
                fields=["reverts"],
                condition=models.Q(reverts__isnull=False),
                name="posting_reverted_once",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0)
                | models.Q(amount=0, kind__in=["take_back", "cancel"]),
                name="posting_amount_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(status="held", captured_amount__isnull=True)
                | models.Q(status="released", captured_amount__isnull=True)
                | models.Q(
                    status__in=["captured", "reverted"],
                    captured_amount__gte=0,
                    captured_amount__lte=models.F("amount"),
                    to_wallet__isnull=False,
                ),
                name="posting_captured_within_amount",
            ),
        ]
        # Every earn and spend pays for every index, so each holds only the rows it is asked for.
        indexes = [
            models.Index(
                fields=["from_wallet", "-id"],
                name="posting_by_sender",
                condition=~models.Q(kind="earn"),
            ),
            models.Index(
                fields=["to_wallet", "-id"],
                name="posting_by_receiver",
                condition=models.Q(kind__in=["earn", "transfer", "revert"]),
            ),
            models.Index(
                fields=["store", "-created_at", "-id"],
                name="posting_debits_by_store",
                condition=models.Q(kind__in=["spend", "transfer", "hold", "take_back"]),
            ),
            models.Index(
                fields=["store", "effective_at"],
                name="posting_expiries_by_store",
                condition=models.Q(kind="expire"),
            ),
            models.Index(
                fields=["from_wallet"], name="posting_held", condition=models.Q(status="held")
            ),
            models.Index(
                fields=["lot"], name="posting_by_lot", condition=models.Q(lot__isnull=False)
            ),
            models.Index(
                fields=["transaction_uuid"],
                name="posting_by_transaction",
                condition=models.Q(transaction_uuid__isnull=False),
            ),
            models.Index(
                fields=["revised_transaction_uuid"],
                name="posting_by_revised_transaction",
                condition=models.Q(revised_transaction_uuid__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Entry(models.Model):
    """Two rows for each captured posting, by construction: a view, never written."""

    id = models.CharField(max_length=32, primary_key=True)
    posting = models.ForeignKey(Posting, on_delete=models.DO_NOTHING, related_name="entries")
    wallet = models.ForeignKey(Wallet, on_delete=models.DO_NOTHING, related_name="entries")
    point_type = models.ForeignKey(PointType, on_delete=models.DO_NOTHING, related_name="+")
    # Signed: negative leaves the wallet, positive enters it.
    amount = PointsField()
    effective_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "ledger_entry"

    def __str__(self) -> str:
        return f"{self.wallet_id}: {self.amount}"
