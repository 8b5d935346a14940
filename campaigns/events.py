"""The facts of rewards: one function each, in the past tense. Ids and numbers, no personal data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import Customer
from campaigns.models import Coupon, RewardCampaign
from loyalty.core import events
from loyalty.core.models import Event


def campaign_created(campaign: RewardCampaign, *, now: datetime) -> None:
    _append("campaign.created", campaign, {"reward": campaign.type}, now)


def campaign_updated(campaign: RewardCampaign, *, now: datetime) -> None:
    _append("campaign.updated", campaign, {"reward": campaign.type}, now)


def campaign_status_changed(campaign: RewardCampaign, *, now: datetime) -> None:
    _append("campaign.status_changed", campaign, {"active": campaign.is_active}, now)


def pool_changed(campaign: RewardCampaign, *, added: int, removed: int, now: datetime) -> None:
    _append("campaign.pool_changed", campaign, {"added": added, "removed": removed}, now)


def _append(type: str, campaign: RewardCampaign, payload: dict[str, Any], now: datetime) -> None:
    events.append(
        type,
        store=campaign.store,
        subject=campaign.uuid,
        payload={"campaignId": str(campaign.uuid), **payload},
        now=now,
    )


# Written by the statement that does what they tell of.
BOUGHT = "campaign.bought"
BECAME_AVAILABLE = "campaign.became_available"
COUPON_EXPIRING_SOON = "campaign.coupon_expiring_soon"


def bought(coupon: Coupon, campaign: RewardCampaign, customer: Customer) -> dict[str, Any]:
    """Return what the fact of a purchase tells. Codes are worth money: none stands in a fact."""
    return {
        "customerId": str(customer.uuid),
        "campaignId": str(campaign.uuid),
        "campaignName": coupon.campaign_name,
        "reward": coupon.campaign_type,
        "couponId": str(coupon.uuid),
        "costInPoints": str(coupon.cost_in_points),
        "status": coupon.status,
        "origin": coupon.origin,
        "transactionId": str(coupon.transaction_uuid) if coupon.transaction_uuid else None,
    }


def dispatch_written(type: str, event_ids: Sequence[int]) -> None:
    """Run the *now* handlers of facts that a statement has written, if there are any."""
    if events.has_now_handlers(type):
        for event in Event.objects.filter(pk__in=event_ids).order_by("pk"):
            events.dispatch(event)


def usage_changed(coupon: Coupon, *, now: datetime) -> None:
    _append_of_coupon("campaign.usage_changed", coupon, {"used": coupon.is_used}, now)


def redeemed(coupon: Coupon, *, now: datetime) -> None:
    """A coupon was used whose fulfilment is tracked: somebody has to send something (USE-9)."""
    _append_of_coupon("campaign.reward_redeemed", coupon, {}, now)


def delivery_status_changed(coupon: Coupon, *, now: datetime) -> None:
    payload = {"deliveryStatus": coupon.delivery_status}
    _append_of_coupon("campaign.delivery_status_changed", coupon, payload, now)


def canceled(coupon: Coupon, *, now: datetime) -> None:
    _append_of_coupon("campaign.coupon_canceled", coupon, {"status": coupon.status}, now)


def returned(original: Coupon, coupon: Coupon, *, now: datetime) -> None:
    """A return gave (a part of) a used coupon back, as a new one (RET-6)."""
    payload = {"newCouponId": str(coupon.uuid), "returnedAmount": str(original.returned_amount)}
    _append_of_coupon("campaign.returned", original, payload, now)


def cashback_status_changed(coupon: Coupon, *, now: datetime) -> None:
    payload = {"status": coupon.payout_status, "provider": coupon.cashback_provider}
    _append_of_coupon("campaign.cashback_status_changed", coupon, payload, now)


def pool_low(campaign: RewardCampaign, *, free: int, now: datetime) -> None:
    payload = {"free": free, "threshold": campaign.low_stock_threshold}
    _append("campaign.pool_low", campaign, payload, now)


def _append_of_coupon(type: str, coupon: Coupon, payload: dict[str, Any], now: datetime) -> None:
    """Append a fact to the history of the coupon's customer."""
    customer = coupon.customer
    events.append(
        type,
        store=coupon.store,
        subject=customer.uuid,
        customer_id=customer.pk,
        payload={
            "customerId": str(customer.uuid),
            "campaignId": str(coupon.campaign.uuid),
            "couponId": str(coupon.uuid),
            **payload,
        },
        now=now,
    )
