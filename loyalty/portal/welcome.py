"""The mail that lets a new customer in: a link to confirm, or a first password (CUS-6, CUS-7)."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Customer, CustomerStatus
from accounts.services import customers
from loyalty.core import clock, mail
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Event
from loyalty.core.store_settings import Channel
from loyalty.portal import program

logger = logging.getLogger(__name__)

# As long as a mail server may be away. An older registration is history: of a store that was moved
# here, or of the demo's made-up year.
WORTH_SENDING_FOR = timedelta(days=3)
LANGUAGES = {"PL": "pl"}


def welcome(event: Event) -> None:
    """
    Write to a customer who was just registered and cannot get in without hearing from us.

    Somebody new gets the link of the activation page; somebody active without a password of their
    own a temporary one. Decides by what the customer is now, so a repetition does no harm: a
    second link is the same one, and a second password replaces the first only until it was used.
    Stores that write text messages send nothing yet: there is nobody to carry them. A mail that is
    refused for good is given up, with a warning.

    :raises mail.Unreachable: the mail server is away; nothing was changed for lack of it.
    """
    customer = _addressee(event)
    if customer is None:
        return
    try:
        if customer.status == CustomerStatus.NEW and customer.activation_token:
            _send_activation(customer)
        elif _waits_for_password(customer):
            _send_first_password(customer)
    except mail.Undeliverable as refusal:
        logger.warning("No welcome mail reaches customer %s: %s", customer.pk, refusal)


def _addressee(event: Event) -> Customer | None:
    """Return whom a registration is about, if they still wait and a mail can reach them."""
    if clock.now() - event.recorded_at > WORTH_SENDING_FOR:
        return None
    assert event.customer_id is not None, "A registration says whose it is."
    found = Customer.objects.select_related("store").filter(pk=event.customer_id).first()
    if found is None or not found.email or not found.store.is_active:
        return None
    is_by_text = found.store.settings.preferred_communication_method == Channel.SMS
    return None if is_by_text else found


def _waits_for_password(customer: Customer) -> bool:
    """Tell whether a customer may sign in, has no password of their own, and never did sign in."""
    return customer.is_active and customer.must_change_password and customer.last_login_at is None


def _send_activation(customer: Customer) -> None:
    link = _link(customer, "activate", token=customer.activation_token)
    with mail.connected() as server:
        mail.send(_letter(customer, "activation", link=link), server)


def _send_first_password(customer: Customer) -> None:
    # Connected first: else each try without a server would make up another password.
    with mail.connected() as server:
        password = _first_password(customer)
        if password is None:
            return
        link = _link(customer, "sign-in")
        letter = _letter(
            customer, "temporary_password", link=link, login=customer.email, password=password
        )
        mail.send(letter, server)


@transaction.atomic
def _first_password(customer: Customer) -> str | None:
    """Issue a temporary password. None: the customer got one of their own meanwhile. Locks them."""
    [locked] = customers.lock([customer.pk], store=customer.store)
    if not _waits_for_password(locked):
        return None
    return customers.issue_temporary_password(customer=locked, actor=SYSTEM)


def _letter(customer: Customer, template: str, **values: Any) -> mail.Letter:
    assert customer.email, "Only who has an address is written to."
    store = customer.store
    brand = mail.one_line(program.brand(store))
    frame = {
        "brand": brand,
        "store_name": store.name,
        "first_name": customer.first_name,
        "conditions_url": store.settings.program_conditions_url,
        "help_email": store.settings.help_email_address,
    }
    return mail.Letter(
        template=template,
        recipient=customer.email,
        sender=brand,
        language=_language(customer),
        values=frame | values,
        reply_to=mail.one_line(store.settings.help_email_address),
    )


def _language(customer: Customer) -> str:
    """Return the language of the customer's country if we speak it, else the installation's."""
    country = str(customer.address.get("country") or "")
    return LANGUAGES.get(country.upper(), settings.MAIL_LANGUAGE)


def _link(customer: Customer, page: str, **parts: str) -> str:
    return settings.PUBLIC_URL + program.address(customer.store, page, **parts)
