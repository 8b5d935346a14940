"""What a customer has bought with points, for themselves to read."""

from typing import Any

from accounts.models import Customer
from accounts.selectors.own_data import rows
from campaigns.models import Coupon


def get_coupons(customer: Customer) -> dict[str, Any]:
    """Return a customer's coupons; one query."""
    coupons = Coupon.objects.filter(customer_id=customer.pk).order_by("pk")
    return {
        "coupons": rows(
            coupons.values(
                "uuid",
                "code",
                "campaign_type",
                "campaign_name",
                "purchased_at",
                "cost_in_points",
                "status",
                "is_used",
                "used_at",
                "active_since",
                "active_to",
                "delivery_status",
                "reward_amount",
                "customer_email",
                "customer_phone",
                "customer_first_name",
                "customer_last_name",
                "shipping_address",
            )
        )
    }
