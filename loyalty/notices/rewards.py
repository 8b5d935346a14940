"""Rewards, as messages tell of them: bought, used, turned into money, become available."""

from babel.numbers import format_currency
from django.utils import translation

from campaigns.models import Coupon, RewardCampaign, RewardType
from loyalty.core import clock
from loyalty.core.messages.outbox import Addressee, Values
from loyalty.core.models import Event
from loyalty.notices.addressees import addressee, customer_of
from loyalty.notices.points import about, points_in


def bought(fact: Event, to: Addressee, language: str) -> Values | None:
    """Tell the code, which no fact holds; None where the purchase was undone meanwhile."""
    coupon = _coupon(fact)
    if coupon is None or coupon.status == "cancelled":
        return None
    texts = coupon.campaign.translated(language)
    return about(coupon.customer) | {
        "reward_name": texts.name or coupon.campaign_name,
        "reward_code": coupon.code,
        "reward_instructions": texts.usage_instruction,
    }


def buyer(fact: Event) -> Addressee | None:
    """Return whose reward staff are told of, whatever has become of them since."""
    customer = customer_of(fact)
    return None if customer is None else addressee(customer)


def used(fact: Event, to: Addressee, language: str) -> Values | None:
    """Tell who has to be sent what (USE-9); None where the use was taken back."""
    coupon = _coupon(fact)
    if coupon is None or not coupon.is_used:
        return None
    texts = coupon.campaign.translated(language)
    return _of_buyer(coupon) | {
        "coupon_code": coupon.code,
        "reward_name": texts.name or coupon.campaign_name,
        "reward_description": texts.short_description,
    }


def is_cashback(fact: Event) -> bool:
    return bool(fact.payload.get("reward") == RewardType.CASHBACK)


def cashback_requested(fact: Event, to: Addressee, language: str) -> Values | None:
    """Tell whom money is to be paid; None where it failed meanwhile."""
    coupon = _coupon(fact)
    if coupon is None or coupon.status == "cancelled" or coupon.reward_amount is None:
        return None
    assert fact.store is not None
    return _of_buyer(coupon) | {
        "points_amount": points_in(coupon.cost_in_points, language),
        "cashback_amount": format_currency(
            coupon.reward_amount, fact.store.currency, locale=translation.to_locale(language)
        ),
    }


def became_available(fact: Event, to: Addressee, language: str) -> Values | None:
    """Tell of a new reward (PSH-1); None where it is not to be seen any more."""
    assert fact.store is not None
    campaigns = RewardCampaign.objects.in_store(fact.store).prefetch_related("translations")
    campaign = campaigns.filter(uuid=fact.payload["campaignId"]).first()
    if campaign is None or not campaign.is_active or not campaign.is_visible_at(clock.now()):
        return None
    if not campaign.push_notification_text:
        return None
    return {
        "title": campaign.translated(language).name,
        "message": campaign.push_notification_text,
    }


def staff(fact: Event) -> Addressee:
    """Return that only the receivers of the template are told: it is about nobody."""
    return Addressee()


def run_out(fact: Event, to: Addressee, language: str) -> Values | None:
    """Tell how many codes are left of a reward; None where it was switched off meanwhile."""
    assert fact.store is not None
    campaigns = RewardCampaign.objects.in_store(fact.store).prefetch_related("translations")
    campaign = campaigns.filter(uuid=fact.subject, is_active=True).first()
    if campaign is None:
        return None
    return {
        "reward_name": campaign.translated(language).name,
        "coupons_left": str(fact.payload["free"]),
        "coupons_threshold": str(fact.payload["threshold"]),
    }


def _coupon(fact: Event) -> Coupon | None:
    assert fact.store is not None
    coupons = Coupon.objects.in_store(fact.store).select_related("customer__store", "campaign")
    return coupons.filter(uuid=fact.payload["couponId"]).first()


def _of_buyer(coupon: Coupon) -> dict[str, str]:
    """Return who bought it, as they were then."""
    address = coupon.shipping_address
    return {
        "customer_name": coupon.customer_first_name,
        "customer_last_name": coupon.customer_last_name,
        "customer_phone_number": coupon.customer_phone,
        "customer_email": coupon.customer_email,
        "customer_street": address.get("street") or "",
        "customer_address1": address.get("address1") or "",
        "customer_address2": address.get("address2") or "",
        "customer_postal": address.get("postal") or "",
        "customer_city": address.get("city") or "",
        "customer_state": address.get("province") or "",
        "customer_country": address.get("country") or "",
    }
