"""What lets somebody in again who forgot their password (PWD-6)."""

from django.conf import settings
from django.urls import reverse

from accounts.models import Customer, PasswordReset
from accounts.services import password_resets
from loyalty.core import clock
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.outbox import Addressee, Values
from loyalty.core.models import Event
from loyalty.core.store_settings import Channel
from loyalty.notices.addressees import addressee
from loyalty.portal import program
from loyalty.pos import addresses

BY_EMAIL = frozenset({MessageChannel.EMAIL})
BY_TEXT = frozenset({MessageChannel.SMS})


def who_asked(fact: Event) -> Addressee | None:
    """Return whose password it is; None: nobody's, or they were written to today already."""
    reset = _open(fact)
    if reset is None:
        return None
    if reset.customer is not None:
        return _customer(reset.customer)
    person = reset.staff or reset.seller
    return Addressee(email=person.email, channels=BY_EMAIL) if person else None


def way_in(fact: Event, to: Addressee, language: str) -> Values | None:
    """Make a secret, in place of one that was not used, so a repetition does no harm."""
    reset = _open(fact)
    if reset is None:
        return None
    secret = password_resets.issue(reset.uuid, as_code=to.channels == BY_TEXT)
    if secret is None:
        return None
    return {
        "first_name": password_resets.owner_of(reset).first_name,
        "url_reset_password": settings.PUBLIC_URL + _page(reset, secret.text),
        "code": secret.text,
        "code_number": str(secret.number),
    }


def _customer(customer: Customer) -> Addressee | None:
    """Reach a customer by the way that their store writes, or else by the one that they have."""
    if not customer.is_active:
        return None
    by_text = customer.store.settings.preferred_communication_method == Channel.SMS
    has_phone, has_email = bool(customer.phone), bool(customer.email)
    channels = BY_TEXT if has_phone and (by_text or not has_email) else BY_EMAIL
    return addressee(customer, channels=channels)


def _open(fact: Event) -> PasswordReset | None:
    resets = PasswordReset.objects.filter(
        uuid=fact.subject, is_silent=False, used_at=None, expires_at__gt=clock.now()
    )
    return resets.select_related("staff", "seller", "customer__store", "store").first()


def _page(reset: PasswordReset, token: str) -> str:
    if reset.customer is not None:
        return program.address(reset.store, "reset", token=token)
    if reset.seller is not None:
        return addresses.address(reset.store, "reset", token=token)
    return reverse("admin:password_reset", kwargs={"token": token})
