"""Webhooks: their signing secrets, what was or will be sent, and the order in which it is."""

from django.db import models

from loyalty.core.models.base import PublicModel, StoreQuerySet


class WebhookSecret(models.Model):
    """
    What a store signs its webhooks with, as the Standard Webhooks scheme writes it: `whsec_…`.

    `expires_at` None: the present one. Another signs beside it until then, so that the receiver
    can change over.
    """

    store = models.ForeignKey("core.Store", on_delete=models.CASCADE, related_name="+")
    value = models.CharField(max_length=128)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store"],
                condition=models.Q(expires_at__isnull=True),
                name="webhook_secret_one_present",
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.store_id}"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class WebhookDelivery(PublicModel):
    """
    One message to a store's receiver (NT-1). Its uuid is the `webhook-id` of every attempt.

    `body`: what is sent, byte for byte; empty once it was forgotten. `lane_key`: the customer's
    uuid; of what belongs to no customer, that of what it is about. Deliveries of one lane are sent
    in the order of their ids. `attempts`: what was tried, oldest first, each with `at`, `status`,
    `error`, `answer` and `ms`; `attempt_count` begins anew with a replay.
    """

    # As with events: the check of a foreign key would lock the store's row for each of them.
    store = models.ForeignKey(
        "core.Store",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    type = models.CharField(max_length=64)
    # accounts.Customer's id. No foreign key: the core does not know customers.
    customer_id = models.BigIntegerField(null=True)
    lane_key = models.UUIDField()
    body = models.TextField()
    # The fact that it tells of, and the transaction that wrote this; None: a test, or a list.
    event_id = models.BigIntegerField(null=True)
    position = models.BigIntegerField(null=True)
    # Of type and body: one transaction's identical messages are sent once (NT-1).
    digest = models.BinaryField(max_length=16)
    state = models.CharField(
        max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempt_count = models.IntegerField(default=0)
    attempts = models.JSONField(default=list)
    next_attempt_at = models.DateTimeField(null=True)
    last_status = models.IntegerField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            # A consumer that hears of a fact twice makes its deliveries once.
            models.UniqueConstraint(
                fields=["event_id", "type"],
                condition=models.Q(event_id__isnull=False),
                name="webhook_delivery_once_per_fact",
            ),
            models.UniqueConstraint(
                fields=["position", "store", "digest"],
                condition=models.Q(position__isnull=False),
                name="webhook_delivery_once_per_transaction",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="webhook_delivery_by_store"),
            models.Index(
                fields=["lane_key", "id"],
                name="webhook_delivery_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["store", "id"],
                name="webhook_delivery_failed",
                condition=models.Q(state="failed"),
            ),
            models.Index(
                fields=["customer_id", "-id"],
                name="webhook_delivery_by_customer",
                condition=models.Q(customer_id__isnull=False),
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_by_age"),
        ]

    def __str__(self) -> str:
        return self.type


class WebhookLane(models.Model):
    """
    The deliveries of one customer, of which the next waits for its forerunner.

    `next_attempt_at`: when somebody may take it; None: nothing waits. Who takes it writes a `lease`
    and moves the time to the lease's end, so what a killed worker held comes back by itself. The
    row's lock stands between who adds to a lane and who leaves it empty.
    """

    store = models.ForeignKey(
        "core.Store",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    key = models.UUIDField()
    next_attempt_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "store"], name="webhook_lane_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="webhook_lane_due",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)
