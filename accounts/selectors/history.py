"""What happened to a customer, from the event store."""

from collections.abc import Iterator

from accounts.models import Customer
from loyalty.core.models import Event

CHUNK = 500


def iterate_history(customer: Customer, *, chunk: int = CHUNK) -> Iterator[Event]:
    """
    Yield a customer's facts, newest first.

    Read by chunks of one index range: memory does not grow with a customer's years.
    """
    facts = Event.objects.filter(customer_id=customer.pk).order_by("-pk")
    page = list(facts[:chunk])
    while page:
        yield from page
        page = list(facts.filter(pk__lt=page[-1].pk)[:chunk]) if len(page) == chunk else []
