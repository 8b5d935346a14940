"""What the cockpit reads and never writes."""

from django.db import models

from accounts.ledger.models import PointsField, PointType, Posting, Wallet
from loyalty.core.models import Store, StoreQuerySet


class TransferType(models.TextChoices):
    ADDING = "adding", "Added"
    SPENDING = "spending", "Spent"
    P2P_ADDING = "p2p_adding", "Received"
    P2P_SPENDING = "p2p_spending", "Sent"
    BLOCKED = "blocked", "Blocked"


class PointsTransfer(models.Model):
    """
    A points transfer as Open Loyalty counts them: a lot, or what a customer paid. A view.

    `value`: what it was for; `available`: what is left of a lot and not set aside.
    """

    uuid = models.UUIDField(primary_key=True)
    id = models.BigIntegerField()
    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="+")
    wallet = models.ForeignKey(Wallet, on_delete=models.DO_NOTHING, related_name="+")
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

    objects = StoreQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "ledger_transfer"
        verbose_name = "points transfer"

    def __str__(self) -> str:
        return f"{self.type} {self.value}"
