"""Forget who was invited, and keep that somebody was. Source: campaigns-people spec 8.3, RF-3."""

from django.db.models import Q

from accounts.models import Customer
from earning.models import Invitation
from loyalty.core.models import Event


def forget_invitations(event: Event) -> None:
    """
    Take a customer out of invitations, in the transaction that forgets them.

    Out of those that brought them, those that went to their address in vain, and those that they
    sent: their friends' addresses were theirs to give, and nobody is left to answer for them.
    """
    assert event.customer_id is not None
    customer = Customer.objects.get(pk=event.customer_id)
    theirs = Q(recipient=customer) | Q(referrer=customer)
    if customer.email:
        theirs |= Q(recipient_email=customer.email)
    if customer.phone:
        theirs |= Q(recipient_phone=customer.phone)
    invitations = Invitation.objects.filter(theirs, store_id=customer.store_id)
    invitations.update(recipient_email=None, recipient_phone=None)
