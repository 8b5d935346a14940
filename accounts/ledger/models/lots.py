"""Lots: what entered a customer's wallet at once, and what has become of it."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models

from accounts.ledger.models.postings import Posting
from accounts.ledger.models.wallets import PointsField, PointType, Wallet
from loyalty.core.models import StoreModel, StoreQuerySet

ZERO = Decimal(0)


class LotOrigin(models.TextChoices):
    EARNED = "earned", "Earned"
    TRANSFERRED = "p2p", "Received from a customer"
    RETURNED = "returned", "Given back"


class LotState(models.TextChoices):
    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"
    CANCELLED = "canceled", "Cancelled"


class LotQuerySet(StoreQuerySet["Lot"]):
    def active_at(self, now: datetime) -> Self:
        """Keep what can be spent at `now`: unlocked, not due, something left in it."""
        return self.filter(
            models.Q(is_locked=False) | models.Q(active_from__lte=now),
            models.Q(expires_at=None) | models.Q(expires_at__gt=now),
            is_open=True,
        )

    def pending_at(self, now: datetime) -> Self:
        return self.filter(is_open=True, is_locked=True, active_from__gt=now)


class Lot(StoreModel):
    """
    An amount of points with one origin, one start and one end.

    amount = remaining + consumed + expired + cancelled, and 0 ≤ reserved ≤ remaining (constraints).
    `active_from` later than now: pending. Open Loyalty's adding transfer is a lot.

    `consumed`: spent, sent or taken back. `expired`: gone by date, by hand or by a reset.
    `cancelled`: gone back to issuance, or moved into a new lot by a revert (its child, RETURNED).
    """

    # No foreign key in the database for the rows that all lots of a store share: see Posting. Nor
    # for the wallet and the posting, which the writing statement has just locked and written. Each
    # check is a look-up and a row lock at commit; a spend of five lots would make twelve. Nothing
    # that they would guard is ever deleted, and check_ledger looks.
    store = models.ForeignKey(
        "core.Store",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    wallet = models.ForeignKey(
        Wallet,
        on_delete=models.PROTECT,
        related_name="lots",
        db_constraint=False,
        db_index=False,
    )
    point_type = models.ForeignKey(
        PointType, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    posting = models.ForeignKey(
        Posting, on_delete=models.PROTECT, related_name="lots", db_constraint=False
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="children", db_index=False
    )
    origin = models.CharField(max_length=16, choices=LotOrigin.choices)
    amount = PointsField()
    remaining = PointsField()
    reserved = PointsField(default=ZERO)
    consumed = PointsField(default=ZERO)
    expired = PointsField(default=ZERO)
    cancelled = PointsField(default=ZERO)
    # Whether it still waits to be unlocked; the settlement clears it when active_from has come.
    is_locked = models.BooleanField(default=False)
    active_from = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    # When it was expired, by the clock, by hand or by a reset; None while it has not been.
    expired_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    # Copied from the posting, so that a customer's transfers are listed from one table.
    transaction_uuid = models.UUIDField(null=True)
    # Whether anything in it can still be taken. PostgreSQL computes it, and only when it turns does
    # a spend touch the indexes; one on `remaining` itself would cost every spend all of them.
    is_open = models.GeneratedField(
        expression=models.Case(
            models.When(
                remaining__gt=models.F("reserved"),
                cancelled_at__isnull=True,
                expired_at__isnull=True,
                then=True,
            ),
            default=False,
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects: ClassVar = LotQuerySet.as_manager()

    class Meta:
        indexes = [
            # The lots of a wallet in spend order; the open ones first found.
            models.Index(fields=["wallet", "is_open", "created_at", "id"], name="lot_by_wallet"),
            models.Index(fields=["store", "-created_at", "-id"], name="lot_by_store"),
            models.Index(
                fields=["expires_at"],
                name="lot_to_expire",
                condition=models.Q(is_open=True, is_locked=False, expires_at__isnull=False),
            ),
            models.Index(
                fields=["active_from"],
                name="lot_to_unlock",
                condition=models.Q(is_open=True, is_locked=True),
            ),
            models.Index(
                fields=["parent"], name="lot_by_parent", condition=models.Q(parent__isnull=False)
            ),
            models.Index(
                fields=["transaction_uuid"],
                name="lot_by_transaction",
                condition=models.Q(transaction_uuid__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    amount=models.F("remaining")
                    + models.F("consumed")
                    + models.F("expired")
                    + models.F("cancelled")
                ),
                name="lot_amount_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    remaining__gte=0, consumed__gte=0, expired__gte=0, cancelled__gte=0
                ),
                name="lot_parts_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(reserved__gte=0, reserved__lte=models.F("remaining")),
                name="lot_reserved_within_remaining",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.amount}"

    @property
    def free(self) -> Decimal:
        """Return what is left and not set aside by a hold."""
        return self.remaining - self.reserved

    def state_at(self, now: datetime) -> LotState:
        """Return the lot's state as Open Loyalty shows it, whatever the jobs have done so far."""
        if self.cancelled_at is not None:
            return LotState.CANCELLED
        if self.expired_at is not None:
            return LotState.EXPIRED
        if self.is_locked and self.active_from > now:
            return LotState.PENDING
        if self.expires_at is not None and self.expires_at <= now:
            return LotState.EXPIRED
        return LotState.ACTIVE


class AllocationState(models.TextChoices):
    RESERVED = "reserved", "Reserved"
    CONSUMED = "consumed", "Consumed"
    RELEASED = "released", "Released"
    RETURNED = "returned", "Returned"


class LotAllocation(models.Model):
    """
    Which lots a debit took from, in spend order (ascending id).

    An allocation that ends in two ways (a partial capture) is split: it keeps the first part, and
    the rest becomes a row of its own.
    """

    # No foreign keys in the database, for the reason that Lot gives.
    posting = models.ForeignKey(
        Posting,
        on_delete=models.PROTECT,
        related_name="allocations",
        db_constraint=False,
        db_index=False,
    )
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, related_name="allocations", db_constraint=False
    )
    amount = PointsField()
    state = models.CharField(max_length=16, choices=AllocationState.choices)

    class Meta:
        indexes = [models.Index(fields=["posting", "id"], name="allocation_by_posting")]

    def __str__(self) -> str:
        return f"{self.amount} of lot {self.lot_id}"
