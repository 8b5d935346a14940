"""Invitations of friends, and how far they have come. Source: RF rules."""

import secrets

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from loyalty.core.models import StoreModel

TOKEN_BYTES = 20


def new_token() -> str:
    """Return 40 random hexadecimal digits (RF-3)."""
    return secrets.token_hex(TOKEN_BYTES)


class InvitationStatus(models.TextChoices):
    """RF-4. It only goes forward."""

    INVITED = "invited", "Invited"
    REGISTERED = "registered", "Registered"
    MADE_PURCHASE = "made_purchase", "Made a purchase"


class InvitationChannel(models.TextChoices):
    """How an invitation travels."""

    EMAIL = "email", "E-mail"
    MOBILE = "mobile", "Text message"
    # The invited person came with the referrer's own link, address or number; nothing was sent.
    DIRECT = "direct", "Personal link"


class Invitation(StoreModel):
    """
    One person's invitation by one customer.

    `recipient_email`, `recipient_phone`: whom it was sent to, in normal form, which need not be
    what the recipient registered with. `recipient`: who registered by it.
    """

    referrer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="sent_invitations"
    )
    # One to one: somebody has one referrer for life.
    recipient = models.OneToOneField(
        Customer, on_delete=models.PROTECT, null=True, related_name="invitation"
    )
    channel = models.CharField(max_length=8, choices=InvitationChannel.choices)
    recipient_email = models.EmailField(null=True)  # noqa: DJ001  # NULL: none; unique where set
    recipient_phone = models.CharField(max_length=64, null=True)  # noqa: DJ001  # as above
    token = models.CharField(max_length=40, default=new_token, unique=True)
    status = models.CharField(
        max_length=16, choices=InvitationStatus.choices, default=InvitationStatus.INVITED
    )
    created_at = models.DateTimeField()
    registered_at = models.DateTimeField(null=True)
    purchased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["store", "-id"], name="invitation_by_store"),
            models.Index(fields=["store", "status"], name="invitation_by_status"),
        ]
        constraints = [
            # RF-2: a referrer invites a person once; another may invite the same person.
            models.UniqueConstraint(
                fields=["referrer", "recipient_email"], name="invitation_email_once"
            ),
            models.UniqueConstraint(
                fields=["referrer", "recipient_phone"], name="invitation_phone_once"
            ),
            models.CheckConstraint(
                condition=~Q(recipient=F("referrer")), name="invitation_not_to_oneself"
            ),
            models.CheckConstraint(
                condition=Q(status="invited", recipient=None)
                | (~Q(status="invited") & Q(recipient__isnull=False)),
                name="invitation_recipient_by_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_status_display()}"
