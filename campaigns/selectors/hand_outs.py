"""Would an instant reward be handed out? For simulations; nothing is locked or written."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Customer, CustomerStatus, SegmentMembership
from accounts.selectors import balances
from campaigns.amounts import percentage_of
from campaigns.models import RewardCampaign, RewardType
from campaigns.selectors import usage
from campaigns.services import refusals
from loyalty.core.models import Store

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who would get rewards. `customer_id` None: somebody new. `points`: that they could spend."""

    customer_id: int | None
    level_id: int | None
    segment_ids: frozenset[int]
    may_spend: bool
    points: Decimal


def receiver_of(
    store: Store, customer: Customer | None, level_id: int | None, now: datetime
) -> Receiver:
    """Describe a customer, or for None a new one on a level, active and without points."""
    statuses = store.settings.customer_statuses_spending
    if customer is None:
        may_spend = CustomerStatus.ACTIVE.value in statuses
        return Receiver(None, level_id, frozenset(), may_spend, ZERO)
    memberships = SegmentMembership.objects.filter(customer=customer, segment__is_active=True)
    return Receiver(
        customer_id=customer.pk,
        level_id=customer.level_id,
        segment_ids=frozenset(memberships.values_list("segment_id", flat=True)),
        may_spend=customer.status in statuses,
        points=balances.get_active(customer.wallet_id, now),
    )


def refusal_of(
    campaign: RewardCampaign, receiver: Receiver, gross_value: Decimal, now: datetime
) -> str | None:
    """Return the code that `rewards.hand_out` would refuse with, for a sale; None: it would not."""
    is_targeted = receiver.level_id in campaign.level_ids or not receiver.segment_ids.isdisjoint(
        campaign.segment_ids
    )
    if not campaign.is_active_at(now) or not is_targeted:
        return refusals.NotObtainable.code
    if not receiver.may_spend:
        return refusals.NotAllowed.code
    if campaign.type in (RewardType.CASHBACK, RewardType.CUSTOM_CAMPAIGN_CODE):
        return refusals.NotBuyable.code
    if campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
        assert campaign.transaction_percentage_value is not None
        if percentage_of(gross_value, campaign.transaction_percentage_value) <= 0:
            return refusals.CouponValueTooLow.code
    elif refusal := _refusal_of_pool(campaign, receiver):
        return refusal
    if campaign.cost_in_points > receiver.points:
        return refusals.NotEnoughPoints.code
    return None


def _refusal_of_pool(campaign: RewardCampaign, receiver: Receiver) -> str | None:
    tally = usage.get_tally(campaign)
    if campaign.limit is not None and tally.used >= campaign.limit:
        return refusals.LimitExceeded.code
    if campaign.limit_per_user is not None and receiver.customer_id is not None:
        used = usage.get_customer_usages(receiver.customer_id, [campaign.pk])
        if used.get(campaign.pk, 0) >= campaign.limit_per_user:
            return refusals.LimitPerCustomerExceeded.code
    has_codes = tally.codes > 0 if campaign.is_single_coupon else tally.free > 0
    return None if has_codes else refusals.NoCouponsLeft.code
