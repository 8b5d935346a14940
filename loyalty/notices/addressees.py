"""Customers as those who are written to."""

from django.conf import settings

from accounts.models import Customer
from accounts.services import push_tokens
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.outbox import Addressee
from loyalty.core.models import Event

LANGUAGES = {"PL": "pl"}


def customer_of(fact: Event) -> Customer | None:
    """Return whom a fact is about; one query."""
    if fact.customer_id is None:
        return None
    return Customer.objects.select_related("store").filter(pk=fact.customer_id).first()


def active_customer(fact: Event) -> Addressee | None:
    """Return the fact's customer, unless they wait for activation, are blocked or left."""
    customer = customer_of(fact)
    return addressee(customer) if customer is not None and customer.is_active else None


def addressee(
    customer: Customer, *, channels: frozenset[MessageChannel] | None = None
) -> Addressee:
    return Addressee(
        customer_id=customer.pk,
        email=customer.email or "",
        phone=customer.phone or "",
        devices=tuple(push_tokens.list_tokens(customer)),
        language=language_of(customer),
        channels=channels,
    )


def language_of(customer: Customer) -> str:
    """Return the language of the customer's country if we speak it, else the installation's."""
    country = str(customer.address.get("country") or "")
    return LANGUAGES.get(country.upper(), settings.MAIL_LANGUAGE)
