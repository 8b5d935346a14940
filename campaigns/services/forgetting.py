"""Forget who bought rewards, and keep what was bought. Source: campaigns-people spec 8.3."""

from campaigns.models import Coupon
from loyalty.core.models import Event


def forget_buyer(event: Event) -> None:
    """Empty what coupons remember of their buyer, in the transaction that forgets them."""
    assert event.customer_id is not None
    Coupon.objects.filter(customer_id=event.customer_id).update(
        customer_email="",
        customer_phone="",
        customer_first_name="",
        customer_last_name="",
        shipping_address={},
    )
