"""Open Loyalty's points transfers: a view of every lot, and every posting that a customer pays."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Self

from django.db import models

from accounts.ledger.models import PointsField, PointType, Posting
from accounts.models.customers import Customer
from loyalty.core.models import Store


class TransferType(models.TextChoices):
    ADDING = "adding", "Added"
    SPENDING = "spending", "Spent"
    P2P_ADDING = "p2p_adding", "Received"
    P2P_SPENDING = "p2p_spending", "Sent"
    BLOCKED = "blocked", "Blocked"


class TransferState(models.TextChoices):
    ACTIVE = "active", "Active"
    PENDING = "pending", "Pending"
    EXPIRED = "expired", "Expired"
    CANCELLED = "canceled", "Cancelled"


ADDING_TYPES = (TransferType.ADDING, TransferType.P2P_ADDING)


class PointsTransferQuerySet(models.QuerySet["PointsTransfer"]):
    def in_store(self, store: Store | int) -> Self:
        return self.filter(store=store)

    def of_customer(self, customer: Customer) -> Self:
        return self.filter(customer=customer.wallet_id)

    def in_state(self, states: Iterable[str], now: datetime) -> Self:
        """Keep those that are in one of the states at `now`, whatever the jobs have done so far."""
        chosen = models.Q(pk__in=[])
        for state in states:
            if condition := CONDITIONS.get(TransferState(state)):
                chosen |= condition(now)
        return self.filter(chosen)

    def expiring_till(self, moment: datetime, now: datetime) -> Self:
        """Keep active lots whose validity ends by `moment` (PA-26, `willExpireTill`)."""
        return self.in_state([TransferState.ACTIVE], now).filter(
            type__in=ADDING_TYPES, expires_at__lte=moment
        )


class PointsTransferManager(models.Manager.from_queryset(PointsTransferQuerySet)):  # type: ignore[misc]  # made at run time
    def get_queryset(self) -> PointsTransferQuerySet:
        # The view also has the postings that are no transfers; see the migration that makes it.
        return super().get_queryset().filter(is_transfer=True)  # type: ignore[no-any-return]  # as above


class PointsTransfer(models.Model):
    """
    One line of a customer's account, as Open Loyalty shows it (PA-26). Read only.

    Sort by `-created_at`: both halves of the view have an index for it, by store. `value`: the
    lot's full amount, or what the debit was asked for. `available`: what can still be taken from
    the lot. A debit's `expires_at` is its `created_at`. `locked_until`: None if it is not locked.
    """

    uuid = models.UUIDField(primary_key=True)
    # The number of the lot or posting; not unique here.
    id = models.BigIntegerField()
    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="+")
    # By the wallet, which they share: `customer_id` is a wallet's number.
    customer = models.ForeignKey(
        Customer,
        on_delete=models.DO_NOTHING,
        related_name="points_transfers",
        to_field="wallet",
        db_column="wallet_id",
    )
    point_type = models.ForeignKey(PointType, on_delete=models.DO_NOTHING, related_name="+")
    posting = models.ForeignKey(Posting, on_delete=models.DO_NOTHING, related_name="+")
    type = models.CharField(max_length=16, choices=TransferType.choices)
    value = PointsField()
    available = PointsField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    locked_until = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    is_cancelled = models.BooleanField()
    transaction_uuid = models.UUIDField(null=True)
    is_transfer = models.BooleanField()

    objects = PointsTransferManager()

    class Meta:
        managed = False
        db_table = "ledger_transfer"
        ordering = ["-created_at", "-uuid"]

    def __str__(self) -> str:
        return f"{self.type} {self.value}"

    def state_at(self, now: datetime) -> TransferState:
        """Return its state, whatever the jobs have done so far."""
        if self.is_cancelled:
            return TransferState.CANCELLED
        if self.type not in ADDING_TYPES:
            return TransferState.ACTIVE
        if self.expired_at is not None:
            return TransferState.EXPIRED
        if self.locked_until is not None and self.locked_until > now:
            return TransferState.PENDING
        if self.expires_at is not None and self.expires_at <= now:
            return TransferState.EXPIRED
        return TransferState.ACTIVE

    def can_cancel_at(self, now: datetime) -> bool:
        """Say whether the command would accept it (PA-5)."""
        return self.type in {TransferType.ADDING, TransferType.BLOCKED} and self.state_at(now) in {
            TransferState.ACTIVE,
            TransferState.PENDING,
        }


def _is_active(now: datetime) -> models.Q:
    is_debit = ~models.Q(type__in=ADDING_TYPES)
    is_valid = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
    return models.Q(is_cancelled=False) & (
        is_debit | (models.Q(expired_at=None) & _is_unlocked(now) & is_valid)
    )


def _is_unlocked(now: datetime) -> models.Q:
    return models.Q(locked_until=None) | models.Q(locked_until__lte=now)


def _is_expired(now: datetime) -> models.Q:
    is_past = models.Q(expires_at__lte=now) & _is_unlocked(now)
    return models.Q(is_cancelled=False, type__in=ADDING_TYPES) & (
        models.Q(expired_at__isnull=False) | is_past
    )


CONDITIONS: dict[TransferState, Callable[[datetime], models.Q]] = {
    TransferState.ACTIVE: _is_active,
    TransferState.PENDING: lambda now: models.Q(
        is_cancelled=False, expired_at=None, locked_until__gt=now
    ),
    TransferState.EXPIRED: _is_expired,
    TransferState.CANCELLED: lambda now: models.Q(is_cancelled=True),
}
