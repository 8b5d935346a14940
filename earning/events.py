"""The facts of invitations, in the past tense. Ids only, no personal data and no tokens."""

from datetime import datetime

from earning.models import Invitation
from loyalty.core import events


def invitation_created(invitation: Invitation, *, now: datetime) -> None:
    _append("invitation.created", invitation, invitation.referrer_id, now)


def invitation_accepted(invitation: Invitation, *, now: datetime) -> None:
    """A new customer registered by it."""
    _append("invitation.accepted", invitation, invitation.recipient_id, now)


def invitation_fulfilled(invitation: Invitation, *, now: datetime) -> None:
    """Whom it brought made a first purchase."""
    _append("invitation.fulfilled", invitation, invitation.recipient_id, now)


def _append(type: str, invitation: Invitation, customer_id: int | None, now: datetime) -> None:
    recipient = invitation.recipient
    events.append(
        type,
        store=invitation.store,
        subject=invitation.uuid,
        customer_id=customer_id,
        payload={
            "invitationId": str(invitation.uuid),
            "referrerId": str(invitation.referrer.uuid),
            "recipientId": str(recipient.uuid) if recipient else None,
        },
        now=now,
    )
