"""What receivers of webhooks are told of rewards, in Open Loyalty's words. Source: NT-1, CPX-1."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from campaigns.models import Coupon
from loyalty.core.models import Event, Store
from loyalty.core.webhooks.queue import Message


def expiring_coupons(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    """
    Tell in lists which coupons end soon: a list of the facts of each transaction, in a lane.

    The code is read when it is told: no fact has it.
    """
    uuids = [fact.payload["couponId"] for fact in facts]
    coupons = {
        str(coupon.uuid): coupon
        for coupon in Coupon.objects.in_store(store)
        .filter(uuid__in=uuids)
        .select_related("customer")
    }
    for _position, group in groupby(facts, key=lambda fact: fact.position):
        told = [(fact, coupons[fact.payload["couponId"]]) for fact in group]
        yield Message(
            type="campaign.coupon_expiration",
            data=[
                {
                    "customerId": str(coupon.customer.uuid),
                    "customerEmail": coupon.customer.email,
                    "customerPhone": coupon.customer.phone,
                    "customerLoyaltyCardNumber": coupon.customer.loyalty_card_number,
                    "coupon": coupon.code,
                    "couponExpiresAt": fact.payload["expiresAt"],
                    "couponStatus": coupon.status,
                }
                for fact, coupon in told
            ],
            lane_key=store.uuid,
            fact=told[0][0],
        )
