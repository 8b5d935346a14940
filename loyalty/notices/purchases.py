"""Purchases, as messages tell of them."""

from loyalty.core.messages.outbox import Addressee, Values
from loyalty.core.models import Event
from loyalty.notices.addressees import customer_of


def has_more_labels(fact: Event) -> bool:
    return bool(fact.payload.get("added"))


def labels_appended(fact: Event, to: Addressee, language: str) -> Values | None:
    customer = customer_of(fact)
    if customer is None:
        return None
    return {"first_name": customer.first_name, "last_name": customer.last_name}
