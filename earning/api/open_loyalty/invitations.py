"""The chapter Invitation of the Open Loyalty reference, and its figures. Source: INV, RF."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from earning.models import Invitation, InvitationChannel, InvitationStatus
from earning.selectors import invitations as selectors
from earning.services import invitations
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import ADMIN, CUSTOMER, OpenLoyaltyView, Rule

SORTS = {
    "invitationId": "uuid",
    "referrerId": "referrer__uuid",
    "referrerEmail": "referrer__email",
    "referrerName": "referrer__first_name",
    "recipientId": "recipient__uuid",
    "recipientEmail": "recipient_email",
    "recipientPhone": "recipient_phone",
    "recipientName": "recipient__first_name",
    "status": "status",
}
CHANNELS = (InvitationChannel.EMAIL, InvitationChannel.MOBILE)


class InviteForm(Form):
    """`type` says which of the two is needed (INV-1); the other one is ignored."""

    type = serializers.ChoiceField(
        [(channel.value, channel.label) for channel in CHANNELS],
        required=False,
        default=InvitationChannel.EMAIL.value,
    )
    recipientEmail = serializers.CharField(source="recipient_email", required=False)
    recipientPhone = serializers.CharField(source="recipient_phone", required=False)


class Invitations(OpenLoyaltyView):
    """`GET invitations`: any administrator (INV-4)."""

    rules = {"GET": Rule(ADMIN, resources=())}
    query = (
        "referrerId",
        "referrerEmail",
        "referrerName",
        "recipientId",
        "recipientEmail",
        "recipientPhone",
        "recipientName",
        "status",
    )

    def get(self, request: Request, **ids: Any) -> Response:
        asked = request.query_params
        referrer, recipient = _uuid(asked.get("referrerId")), _uuid(asked.get("recipientId"))
        chosen = selectors.Filter(
            referrer_uuid=referrer,
            referrer_email=asked.get("referrerEmail"),
            referrer_name=asked.get("referrerName"),
            recipient_uuid=recipient,
            recipient_email=asked.get("recipientEmail"),
            recipient_phone=asked.get("recipientPhone"),
            recipient_name=asked.get("recipientName"),
            statuses=_statuses(asked.get("status")),
        )
        found = selectors.list_invitations(self.store, chosen)
        figures = selectors.count_in(found)
        return self.listed(
            found,
            key="invitations",
            row=row,
            sorts=SORTS,
            # The vendor's admin front end shows both above a customer's invitations.
            additional={
                "additional": {
                    "totalCompleted": figures.completed,
                    "totalRegistered": figures.registered,
                }
            },
        )


class Invite(OpenLoyaltyView):
    """`POST invitations/invite`: a customer invites a friend (INV-1)."""

    rules = {"POST": Rule(CUSTOMER)}
    forms = {"POST": FormOf(InviteForm, root="invitation")}

    def post(self, request: Request, **ids: Any) -> Response:
        form = self.form()
        by_phone = form["type"] == InvitationChannel.MOBILE
        invitations.invite(
            referrer=access.get_customer(self.actor, self.store, str(self.actor.uuid)),
            email=None if by_phone else form.get("recipient_email", ""),
            phone=form.get("recipient_phone", "") if by_phone else None,
        )
        return Response()


class Referrals(OpenLoyaltyView):
    """`GET admin/analytics/referrals` (RF-11)."""

    resource = "ANALYTICS"
    rules = {"GET": Rule(ADMIN)}

    def get(self, request: Request, **ids: Any) -> Response:
        figures = selectors.count(self.store)
        return Response(
            {
                "total": figures.total,
                "totalCompleted": figures.completed,
                "totalRegistered": figures.registered,
            }
        )


def row(invitation: Invitation) -> dict[str, Any]:
    """Return an invitation as it is listed; of nobody's phone and name it says null."""
    referrer, recipient = invitation.referrer, invitation.recipient
    return {
        "referrerId": str(referrer.uuid),
        "recipientId": str(recipient.uuid) if recipient else "",
        "invitationId": str(invitation.uuid),
        "referrerEmail": referrer.email or "",
        "referrerName": referrer.name,
        "recipientEmail": invitation.recipient_email or (recipient and recipient.email) or "",
        "recipientPhone": invitation.recipient_phone or (recipient.phone if recipient else None),
        "recipientName": recipient.name if recipient else None,
        "status": invitation.status,
        "token": invitation.token,
    }


def _uuid(text: str | None) -> UUID | None:
    """Return an id to look for; what is no id is nobody's."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _statuses(text: str | None) -> list[str] | None:
    """Return the statuses asked for, in the words of the reference's table or its answers."""
    word = (text or "all").strip().lower().replace(" ", "_")
    return None if word == "all" else [word] if word in InvitationStatus.values else []
