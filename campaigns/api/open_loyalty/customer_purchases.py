"""What customers bought, as the documents of customers list it (CUS-25)."""

from collections.abc import Sequence
from typing import Any

from accounts.models import Customer
from campaigns.api.open_loyalty.buying import coupon_row
from campaigns.selectors import bought
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.api.formats import date_time, number
from loyalty.core.models import Store

# The whole list has an address of its own.
LATEST = 50


def read(
    store: Store, customers: Sequence[Customer], actor: Actor
) -> dict[int, list[dict[str, Any]]]:
    """Return each customer's latest coupons, newest first: two statements for all of them."""
    now = clock.now()
    rows: dict[int, list[dict[str, Any]]] = {}
    for coupon in bought.list_latest(store, customers, of_each=LATEST):
        rows.setdefault(coupon.customer_id, []).append(
            {
                "canBeUsed": coupon.can_be_used_at(now),
                "purchaseAt": date_time(coupon.purchased_at, store.zone),
                "costInPoints": number(coupon.cost_in_points),
                "campaignId": str(coupon.campaign_uuid),  # type: ignore[attr-defined]  # annotated
                "used": coupon.is_used,
                "coupon": coupon_row(coupon, actor),
                "status": coupon.status_at(now).value,
                "activeTo": date_time(coupon.active_to, store.zone),
                "deliveryStatus": coupon.delivery_status or None,
                "usageDate": date_time(coupon.used_at, store.zone),
            }
        )
    return rows
