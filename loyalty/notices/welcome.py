"""What lets a new customer in: a link to confirm, or a first password (CUS-6, CUS-7)."""

from django.conf import settings
from django.db import transaction

from accounts.models import Customer, CustomerStatus
from accounts.services import customers
from loyalty.core.actors import SYSTEM
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.outbox import Addressee, Values
from loyalty.core.models import Event
from loyalty.core.store_settings import Channel
from loyalty.notices.addressees import addressee, customer_of
from loyalty.portal import program

BY_EMAIL = frozenset({MessageChannel.EMAIL})
BY_TEXT = frozenset({MessageChannel.SMS})


def who_must_confirm(fact: Event) -> Addressee | None:
    """
    Return a newcomer who waits for the link, in a store that writes mails.

    Decides by what the customer is now: a second link is the same one.
    """
    customer = customer_of(fact)
    if customer is None or customer.status != CustomerStatus.NEW or not customer.activation_token:
        return None
    if _writes_text_messages(customer):
        return None
    return addressee(customer, channels=BY_EMAIL)


def link_to_confirm(fact: Event, to: Addressee, language: str) -> Values | None:
    customer = customer_of(fact)
    if customer is None:
        return None
    url = _link(customer, "activate", token=customer.activation_token)
    return {"first_name": customer.first_name, "url": url} | _conditions(customer)


def was_let_in(fact: Event) -> bool:
    """Tell of a registration whether its customer was active at once."""
    return bool(fact.payload["status"] == CustomerStatus.ACTIVE)


def is_new(fact: Event) -> bool:
    """Tell of an activation whether its customer had waited for it."""
    return bool(fact.payload.get("wasNew"))


def who_has_no_password(fact: Event) -> Addressee | None:
    """Return somebody active who cannot get in, by the way that their store writes."""
    customer = customer_of(fact)
    if customer is None or not _waits_for_password(customer):
        return None
    channels = BY_TEXT if _writes_text_messages(customer) else BY_EMAIL
    return addressee(customer, channels=channels)


def temporary_password(fact: Event, to: Addressee, language: str) -> Values | None:
    """Issue a password; one that nobody used is replaced, so a repetition does no harm."""
    customer = customer_of(fact)
    password = _first_password(customer) if customer is not None else None
    if customer is None or password is None:
        return None
    return {
        "first_name": customer.first_name,
        "email": customer.email or "",
        "phone": customer.phone or "",
        "loyalty_card_number": customer.loyalty_card_number or "",
        "password": password,
        "customer_panel_url": _link(customer, "sign-in"),
    } | _conditions(customer)


def _waits_for_password(customer: Customer) -> bool:
    """Tell whether a customer may sign in, has no password of their own, and never did sign in."""
    return customer.is_active and customer.must_change_password and customer.last_login_at is None


@transaction.atomic
def _first_password(customer: Customer) -> str | None:
    """Issue a temporary password. None: the customer got one of their own meanwhile. Locks them."""
    [locked] = customers.lock([customer.pk], store=customer.store)
    if not _waits_for_password(locked):
        return None
    return customers.issue_temporary_password(customer=locked, actor=SYSTEM)


def _writes_text_messages(customer: Customer) -> bool:
    return customer.store.settings.preferred_communication_method == Channel.SMS


def _conditions(customer: Customer) -> dict[str, str]:
    return {"conditions_file": customer.store.settings.program_conditions_url}


def _link(customer: Customer, page: str, **parts: str) -> str:
    return settings.PUBLIC_URL + program.address(customer.store, page, **parts)
