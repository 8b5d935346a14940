"""What rules gave a customer, and whom they invited, for themselves to read."""

from typing import Any

from accounts.models import Customer
from accounts.selectors.own_data import plain, rows
from earning.models import Evaluation, Invitation, RuleUse


def get_earning(customer: Customer) -> dict[str, Any]:
    """Return a customer's rewards by rules, their reasons, and invitations; four queries."""
    evaluations = Evaluation.objects.filter(customer=customer).order_by("pk")
    received = Invitation.objects.filter(recipient=customer)
    return {
        "ruleUses": rows(
            RuleUse.objects.filter(customer=customer)
            .order_by("pk")
            .values("rule__name", "occasion", "points", "used_at")
        ),
        "evaluations": [
            {
                "transaction": plain(one.transaction_uuid),
                "points": plain(one.points),
                "evaluatedAt": plain(one.evaluated_at),
                "explanation": one.explanation,
            }
            for one in evaluations
        ],
        "sentInvitations": rows(
            customer.sent_invitations.order_by("pk").values(
                "channel", "recipient_email", "recipient_phone", "status", "created_at"
            )
        ),
        "receivedInvitation": rows(
            received.values("channel", "recipient_email", "recipient_phone", "created_at")
        ),
    }
