"""Invitations, as they reach the invited (INV-5, RF-1)."""

from django.conf import settings

from earning.models import Invitation, InvitationStatus
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.outbox import Addressee, Values
from loyalty.core.models import Event
from loyalty.notices.addressees import language_of
from loyalty.portal import program


def invited_person(fact: Event) -> Addressee | None:
    """Return whom an invitation was sent to; they read what their friend reads, we suppose."""
    invitation = _invitation(fact)
    if invitation is None or invitation.status != InvitationStatus.INVITED:
        return None
    referrer = invitation.referrer
    if not referrer.is_active:
        return None
    return Addressee(
        customer_id=referrer.pk,
        email=invitation.recipient_email or "",
        phone=invitation.recipient_phone or "",
        language=language_of(referrer),
        channels=frozenset({MessageChannel.EMAIL, MessageChannel.SMS}),
    )


def link(fact: Event, to: Addressee, language: str) -> Values | None:
    invitation = _invitation(fact)
    if invitation is None:
        return None
    page = program.address(invitation.store, "join", token=invitation.token)
    return {"referrerName": invitation.referrer.name, "url": settings.PUBLIC_URL + page}


def _invitation(fact: Event) -> Invitation | None:
    assert fact.store is not None
    found = Invitation.objects.in_store(fact.store).select_related("referrer", "store")
    return found.filter(uuid=fact.subject).first()
