"""Hand somebody everything that is stored about a customer, and write down that it was."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Customer
from accounts.selectors import own_data
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.services import audit


@transaction.atomic
def hand_over(*, customer: Customer, actor: Actor, now: datetime | None = None) -> dict[str, Any]:
    """Return everything that is stored about a customer; the audit trail tells who has read it."""
    document = own_data.get_everything(customer)
    audit.record(
        actor,
        store=customer.store,
        event_type="DownloadCustomerData",
        entity_type="Customer",
        entity_id=customer.uuid,
        now=now or clock.now(),
    )
    return document
