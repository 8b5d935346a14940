"""Invite friends. Source: RF-1…RF-3; what comes of it is in `referrals`."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import identifiers
from accounts.models import Customer
from earning import events
from earning.models import Invitation, InvitationChannel
from loyalty.core import clock
from loyalty.core.errors import DomainError, InvalidFields

EMAIL_MAX = 254
NO_EMAIL = "This value is not a valid email address."
NO_PHONE = "This value is not a valid phone number."
# Longer than any chain of friends in earnest; a bound for the search all the same.
CHAIN_MAX = 100


class InvitationExists(DomainError):
    """Invitation exists"""

    code = "invitation_exists"


class SelfInvitation(DomainError):
    """You cannot invite yourself."""

    code = "self_invitation"


class CircularInvitation(DomainError):
    """You are here by this person's invitation, so you cannot invite them."""

    code = "circular_invitation"


class NotAllowedToInvite(DomainError):
    """Only active members can invite."""

    code = "not_allowed_to_invite"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an invitation goes: one of the two, in normal form."""

    email: str | None = None
    phone: str | None = None

    @property
    def field(self) -> str:
        return "recipient_phone" if self.phone else "recipient_email"


def invite(
    *,
    referrer: Customer,
    email: str | None = None,
    phone: str | None = None,
    now: datetime | None = None,
) -> Invitation:
    """
    Invite somebody by phone or, where no phone is given, by e-mail (RF-1).

    Sends nothing itself: whoever writes messages hears of the fact after commit (RF-3). Another
    referrer may invite the same person. Locks nothing; of two same invitations at once the
    database refuses the second.

    :raises InvalidFields: no valid address or number.
    :raises SelfInvitation, CircularInvitation: the referrer, or who brought the referrer.
    :raises InvitationExists: a customer has this address, or the referrer invited it (RF-2).
    :raises NotAllowedToInvite: the referrer is not active.
    """
    now = now or clock.now()
    address = _checked(email, phone)
    if not referrer.is_active:
        raise NotAllowedToInvite
    _refuse_known(referrer, address)
    with transaction.atomic():
        invitation = _create(referrer, address, now)
        events.invitation_created(invitation, now=now)
    return invitation


def _checked(email: str | None, phone: str | None) -> Address:
    if phone is not None:
        number = identifiers.normal_phone(phone)
        if number is None or not identifiers.is_phone(number):
            raise InvalidFields({"recipient_phone": [NO_PHONE]})
        return Address(phone=number)
    address = identifiers.normal_email(email)
    if address is None or len(address) > EMAIL_MAX or not identifiers.is_email(address):
        raise InvalidFields({"recipient_email": [NO_EMAIL]})
    return Address(email=address)


def _refuse_known(referrer: Customer, address: Address) -> None:
    members = Customer.objects.in_store(referrer.store_id)
    same = (
        members.filter(phone=address.phone)
        if address.phone
        else members.filter(email__iexact=address.email)
    )
    known: Customer | None = same.first()
    if known is not None:
        if known.pk == referrer.pk:
            raise SelfInvitation(field=address.field)
        if _brought(known, referrer):
            raise CircularInvitation(field=address.field)
        raise InvitationExists(field=address.field)
    sent = Invitation.objects.filter(referrer=referrer)
    if sent.filter(recipient_email=address.email, recipient_phone=address.phone).exists():
        raise InvitationExists(field=address.field)


def _brought(earlier: Customer, later: Customer) -> bool:
    """Tell whether a chain of invitations leads from one customer to another."""
    inviter_id = later.invited_by_id
    for _ in range(CHAIN_MAX):
        if inviter_id is None:
            return False
        if inviter_id == earlier.pk:
            return True
        above = Customer.objects.filter(pk=inviter_id).values_list("invited_by_id", flat=True)
        inviter_id = above.get()
    return False


def _create(referrer: Customer, address: Address, now: datetime) -> Invitation:
    by_phone = address.phone is not None
    try:
        with transaction.atomic():
            return Invitation.objects.create(
                store=referrer.store,
                referrer=referrer,
                channel=InvitationChannel.MOBILE if by_phone else InvitationChannel.EMAIL,
                recipient_email=address.email,
                recipient_phone=address.phone,
                created_at=now,
            )
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name not in {"invitation_email_once", "invitation_phone_once"}:
            raise
        raise InvitationExists(field=address.field) from error
