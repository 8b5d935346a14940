"""Hand somebody everything that is stored about a customer, and write down that it was."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Customer
from accounts.selectors import own_data
from loyalty.core import clock, coupon_codes
from loyalty.core.actors import Actor
from loyalty.core.services import audit


@transaction.atomic
def hand_over(*, customer: Customer, actor: Actor, now: datetime | None = None) -> dict[str, Any]:
    """Return everything that is stored about a customer; the audit trail tells who has read it."""
    document = own_data.get_everything(customer)
    if not coupon_codes.sees(actor):
        _hide_codes(document)
    audit.record(
        actor,
        store=customer.store,
        event_type="DownloadCustomerData",
        entity_type="Customer",
        entity_id=customer.uuid,
        now=now or clock.now(),
    )
    return document


def _hide_codes(document: dict[str, Any]) -> None:
    """Leave of each coupon's code its end, for staff who may not see it whole."""
    for coupon in document.get("coupons", ()):
        coupon["code"] = coupon_codes.hidden(coupon["code"])
    _hide_in_comments(document)


def _hide_in_comments(node: Any) -> None:
    if isinstance(node, list):
        for child in node:
            _hide_in_comments(child)
    if isinstance(node, dict):
        if isinstance(node.get("comment"), str):
            node["comment"] = coupon_codes.hidden_in(node["comment"])
        for child in node.values():
            _hide_in_comments(child)
