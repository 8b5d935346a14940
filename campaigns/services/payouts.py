"""Have cashback paid out: what follows the purchase, after its commit. Source: CSH-7."""

from campaigns.models import Coupon, PayoutStatus, RewardType
from campaigns.providers import PROVIDERS, Payout
from campaigns.services import cashback
from loyalty.core.models import Event


def ask(event: Event) -> None:
    """
    Ask the provider of a cashback for its money, and note what it says. A consumer of purchases.

    Harmless when repeated: the request has the coupon's number, and one that is settled is passed
    over. A provider that refuses gives the points back; one without an address leaves it to staff.

    :raises Unavailable: the provider cannot be asked at the moment; it is asked again.
    """
    if event.payload.get("reward") != RewardType.CASHBACK or event.store is None:
        return
    coupons = Coupon.objects.in_store(event.store).select_related("customer")
    coupon = coupons.filter(uuid=event.payload["couponId"]).first()
    if coupon is None or coupon.payout_status != PayoutStatus.REQUESTED:
        return
    provider = PROVIDERS.get(coupon.cashback_provider)
    if provider is None or not provider.url:
        return
    assert coupon.reward_amount is not None, "Cashback is worth money."
    answer = provider.ask(
        Payout(
            customer_uuid=coupon.customer.uuid,
            coupon_uuid=coupon.uuid,
            amount=coupon.reward_amount,
            currency=event.store.currency,
            phone=coupon.customer.phone or "",
            email=coupon.customer.email or "",
        )
    )
    cashback.settle_payout(store=event.store, provider=coupon.cashback_provider, answer=answer)
