"""Coupons: rewards in customers' hands."""

from datetime import datetime
from decimal import Decimal

from django.db import models

from accounts.models import Customer
from campaigns.models.campaigns import RewardCampaign, RewardType
from campaigns.models.pools import CouponCode
from loyalty.core.models import Store, StoreModel


class CouponStatus(models.TextChoices):
    INACTIVE = "inactive", "Inactive"
    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


class DeliveryStatus(models.TextChoices):
    """Any may follow any other (DEL-3); a coupon may also have none."""

    ORDERED = "ordered", "Ordered"
    CANCELED = "canceled", "Canceled"
    SHIPPED = "shipped", "Shipped"
    DELIVERED = "delivered", "Delivered"


class CouponOrigin(models.TextChoices):
    """How a customer came to a coupon."""

    BOUGHT = "bought", "Bought"
    INSTANT_REWARD = "instant_reward", "Instant reward of a purchase"
    RETURN = "return", "Given back by a return"
    REPLACEMENT = "replacement", "In place of a larger one, after a return"


class PayoutStatus(models.TextChoices):
    """Where the money of a cashback stands that a provider pays out."""

    REQUESTED = "requested", "Requested"
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed, points given back"
    CANCELLED = "cancelled", "Cancelled"


class Coupon(StoreModel):
    """
    One purchase of a reward: what was bought, by whom, as both were at that moment (BUY-10).

    Never deleted (CPN-7); later edits of the campaign or the customer do not change it. `code` is
    empty for cashback and a whole number for a percentage. Several columns of one purchase of
    several coupons are equal: each coupon is a purchase of its own (BUY-9).
    """

    # Nothing that a coupon names is ever deleted: foreign keys would only lock those rows.
    store = models.ForeignKey(
        Store,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    campaign = models.ForeignKey(
        RewardCampaign,
        on_delete=models.DO_NOTHING,
        related_name="coupons",
        db_constraint=False,
        db_index=False,
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.DO_NOTHING,
        related_name="coupons",
        db_constraint=False,
        db_index=False,
    )
    code = models.CharField(max_length=255, blank=True)
    # The pool's row; None where there is no pool. `holds_code`: nobody else may have it.
    pool_code = models.ForeignKey(
        CouponCode,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    holds_code = models.BooleanField(default=False)
    origin = models.CharField(
        max_length=16, choices=CouponOrigin.choices, default=CouponOrigin.BOUGHT
    )
    purchased_at = models.DateTimeField()

    # As they were when it was bought.
    campaign_type = models.CharField(max_length=32, choices=RewardType.choices)
    campaign_name = models.CharField(max_length=255, blank=True)
    cost_in_points = models.DecimalField(max_digits=20, decimal_places=4)
    tax_price_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    customer_email = models.CharField(max_length=254, blank=True)
    customer_phone = models.CharField(max_length=64, blank=True)
    customer_first_name = models.CharField(max_length=255, blank=True)
    customer_last_name = models.CharField(max_length=255, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    points_after = models.DecimalField(max_digits=20, decimal_places=4)
    # The spending transfer; None: it cost nothing.
    posting_uuid = models.UUIDField(null=True, blank=True)

    status = models.CharField(max_length=16, choices=CouponStatus.choices)
    # From when it can be used, and until when; None: at once, and for ever (CPN-2, CPN-3).
    active_since = models.DateTimeField(null=True, blank=True)
    active_to = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # When it was told that it ends soon (CPX-1).
    expiry_told_at = models.DateTimeField(null=True, blank=True)

    is_used = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True, blank=True)
    # The sale that it was used on, as the caller named it (USE-8).
    used_for_transaction_uuid = models.UUIDField(null=True, blank=True)
    # The seller who marked it as used, who alone may take that back for ten minutes.
    used_by_seller_uuid = models.UUIDField(null=True, blank=True)
    delivery_status = models.CharField(max_length=16, choices=DeliveryStatus.choices, blank=True)

    # The sale that granted it, or the return that gave it back.
    transaction_uuid = models.UUIDField(null=True, blank=True)
    # Of a percentage: its percent, and how much of its amount returns have given back (RET-6).
    percentage = models.PositiveSmallIntegerField(null=True, blank=True)
    returned_amount = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    # The coupon that this one gives back or replaces.
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        db_index=False,
    )

    # Cashback: money for one point, money in all, and how its provider pays it out.
    point_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    reward_amount = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    cashback_provider = models.CharField(max_length=32, blank=True)
    payout_status = models.CharField(max_length=16, choices=PayoutStatus.choices, blank=True)
    payout_message = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "bought reward"
        verbose_name_plural = "bought rewards"
        ordering = ["-purchased_at", "-pk"]
        constraints = [
            # What the lock on the code must have seen to already: no code goes out twice.
            models.UniqueConstraint(
                fields=["pool_code"], condition=models.Q(holds_code=True), name="coupon_code_once"
            ),
            models.CheckConstraint(
                condition=models.Q(is_used=False) | models.Q(used_at__isnull=False),
                name="coupon_used_has_date",
            ),
            models.CheckConstraint(
                condition=models.Q(returned_amount__gte=0), name="coupon_returned_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-purchased_at", "-id"], name="coupon_by_customer"),
            models.Index(fields=["store", "-purchased_at", "-id"], name="coupon_by_store"),
            models.Index(fields=["campaign", "-purchased_at"], name="coupon_by_campaign"),
            models.Index(
                fields=["active_since"],
                name="coupon_to_activate",
                condition=models.Q(status="inactive"),
            ),
            models.Index(
                fields=["active_to"],
                name="coupon_to_expire",
                condition=models.Q(status="active", is_used=False, active_to__isnull=False),
            ),
            models.Index(
                fields=["used_for_transaction_uuid"],
                name="coupon_used_for",
                condition=models.Q(used_for_transaction_uuid__isnull=False),
            ),
            models.Index(
                fields=["transaction_uuid"],
                name="coupon_by_transaction",
                condition=models.Q(transaction_uuid__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_name} {self.code}".strip()

    def status_at(self, now: datetime) -> CouponStatus:
        """Return where it stands now, whatever the jobs have done so far (CPN-5)."""
        status = CouponStatus(self.status)
        if status is CouponStatus.INACTIVE and self.active_since and self.active_since <= now:
            status = CouponStatus.ACTIVE
        is_open = status is CouponStatus.ACTIVE and not self.is_used
        if is_open and self.active_to and self.active_to <= now:
            return CouponStatus.EXPIRED
        return status

    def can_be_used_at(self, now: datetime) -> bool:
        """CPN-5."""
        return self.status_at(now) is CouponStatus.ACTIVE and not self.is_used
