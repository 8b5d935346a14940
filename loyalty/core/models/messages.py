"""What a store says to people, and what was sent."""

from django.db import models

from loyalty.core.messages.catalogue import MessageChannel, Target
from loyalty.core.models.base import PublicModel, StoreModel
from loyalty.core.models.store import Store


class MessageTemplate(StoreModel):
    """
    A store's own words for an occasion and channel (MSG-2). Without a row our words count.

    `texts`: language → {"subject", "content"}; a language that is missing has our words.
    `is_enabled`: None where nobody has chosen.
    """

    event = models.CharField(max_length=128)
    target = models.CharField(max_length=16, choices=Target.choices)
    channel = models.CharField(max_length=16, choices=MessageChannel.choices)
    texts = models.JSONField(default=dict)
    is_enabled = models.BooleanField(null=True)
    sender_name = models.CharField(max_length=255, blank=True)
    sender_email = models.CharField(max_length=254, blank=True)
    # Comma-separated; where a message for staff goes.
    receivers = models.CharField(max_length=2_000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            # MSG-3.
            models.UniqueConstraint(
                fields=["store", "target", "event", "channel"], name="message_template_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.channel}"


class MessageState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    NOT_WANTED = "not_wanted", "No longer wanted"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Interrupted"


class SentMessage(PublicModel):
    """
    One message to one person, from when it is due: the queue, and the log of what was sent.

    Holds no text: it is written from the fact when it is sent. The constraint is what makes a fact
    lead to one message, however often its consumer hears of it.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    fact = models.ForeignKey(
        "core.Event",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    event = models.CharField(max_length=128)
    target = models.CharField(max_length=16, choices=Target.choices)
    channel = models.CharField(max_length=16, choices=MessageChannel.choices)
    # accounts.Customer's id: whom it is about. No foreign key: the core does not know customers.
    customer_id = models.BigIntegerField(null=True, db_index=True)
    language = models.CharField(max_length=8, blank=True)
    state = models.CharField(
        max_length=16, choices=MessageState.choices, default=MessageState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    # What the last try ended with. No address, no text.
    error = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fact", "event", "target", "channel"], name="message_once_per_fact"
            )
        ]
        indexes = [
            models.Index(
                fields=["channel", "due_at", "id"],
                name="message_due",
                condition=models.Q(state=MessageState.WAITING),
            ),
            models.Index(
                fields=["tried_at"],
                name="message_being_sent",
                condition=models.Q(state=MessageState.SENDING),
            ),
            models.Index(fields=["store", "-id"], name="message_by_store"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.channel} {self.state}"
