"""Lots: what entered a customer's wallet at once, and what has become of it."""

from datetime import datetime
from decimal import Decimal

from django.db import models

from accounts.ledger.models.postings import Posting
from accounts.ledger.models.wallets import PointsField, PointType, Wallet
from loyalty.core.models import StoreModel

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


class Lot(StoreModel):
    """
    An amount of points with one origin, one start and one end.

    amount = remaining + consumed + expired + cancelled, and 0 ≤ reserved ≤ remaining (constraints).
    `active_from` later than now: pending. Open Loyalty's adding transfer is a lot.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="lots")
    point_type = models.ForeignKey(PointType, on_delete=models.PROTECT, related_name="+")
    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="lots")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    origin = models.CharField(max_length=16, choices=LotOrigin.choices)
    amount = PointsField()
    remaining = PointsField()
    reserved = PointsField(default=ZERO)
    consumed = PointsField(default=ZERO)
    expired = PointsField(default=ZERO)
    cancelled = PointsField(default=ZERO)
    # Whether the lot still waits to be unlocked; the settlement clears it when active_from has come.
    is_locked = models.BooleanField(default=False)
    active_from = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    # When it was expired, by the clock, by hand or by a reset; None while it has not been.
    expired_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    # Copied from the posting, so that a customer's transfers are listed from one table.
    transaction_uuid = models.UUIDField(null=True)

    class Meta:
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
    """Which lots a debit took from, in spend order (ascending id)."""

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="allocations")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="allocations")
    amount = PointsField()
    state = models.CharField(max_length=16, choices=AllocationState.choices)

    class Meta:
        indexes = [models.Index(fields=["posting", "id"], name="allocation_by_posting")]

    def __str__(self) -> str:
        return f"{self.amount} of lot {self.lot_id}"
