"""What the screens of rewards say of them: states, sentences, codes."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from accounts.cockpit import formats
from accounts.cockpit.vocabulary import word
from campaigns.models import (
    Coupon,
    CouponStatus,
    DeliveryStatus,
    RewardCampaign,
    RewardType,
)
from campaigns.selectors import usage
from campaigns.selectors.audience import Names
from campaigns.selectors.usage import UNBOUNDED, Tally
from loyalty.core import coupon_codes
from loyalty.core.actors import Actor

# So much of a code is shown to who may not see it: enough to compare, too little to use.

STATUS_TONES = {
    CouponStatus.ACTIVE: "good",
    CouponStatus.INACTIVE: "info",
    CouponStatus.EXPIRED: "neutral",
    CouponStatus.CANCELLED: "bad",
}
DELIVERY_TONES = {
    DeliveryStatus.ORDERED: "warn",
    DeliveryStatus.SHIPPED: "info",
    DeliveryStatus.DELIVERED: "good",
    DeliveryStatus.CANCELED: "bad",
}
TYPE_TEXTS = {
    RewardType.DISCOUNT_CODE: (
        "percent",
        gettext_lazy("A code that takes a percentage off, such as a fifth of the price."),
    ),
    RewardType.VALUE_CODE: (
        "payments",
        gettext_lazy("A code that is worth a fixed amount, such as a voucher for 10."),
    ),
    RewardType.FREE_DELIVERY_CODE: (
        "local_shipping",
        gettext_lazy("A code that makes one delivery free."),
    ),
    RewardType.GIFT_CODE: (
        "redeem",
        gettext_lazy("A thing to hand over or to send; you can follow its delivery."),
    ),
    RewardType.EVENT_CODE: (
        "local_activity",
        gettext_lazy("A code that serves as a ticket, such as for a tasting."),
    ),
    RewardType.PERCENTAGE_DISCOUNT_CODE: (
        "receipt_long",
        gettext_lazy("A part of one purchase back as an amount, for the next purchase."),
    ),
    RewardType.CASHBACK: (
        "currency_exchange",
        gettext_lazy("Money for points: each point has its value."),
    ),
    RewardType.CUSTOM_CAMPAIGN_CODE: (
        "qr_code_2",
        gettext_lazy("A notice to scan a code or to visit a place; the points come by a rule."),
    ),
}

WORDS = (
    gettext_noop("reward"),
    gettext_noop("rewards"),
    gettext_noop("category"),
    gettext_noop("categories"),
    gettext_noop("bought reward"),
    gettext_noop("bought rewards"),
    gettext_noop("Discount code"),
    gettext_noop("Value code"),
    gettext_noop("Free delivery"),
    gettext_noop("Gift"),
    gettext_noop("Invitation for the event"),
    gettext_noop("Percentage discount code"),
    gettext_noop("Cashback"),
    gettext_noop("Custom campaign"),
    gettext_noop("Inactive"),
    gettext_noop("Expired"),
    gettext_noop("Cancelled"),
    gettext_noop("Ordered"),
    gettext_noop("Canceled"),
    gettext_noop("Shipped"),
    gettext_noop("Bought"),
    gettext_noop("Instant reward of a purchase"),
    gettext_noop("Given back by a return"),
    gettext_noop("In place of a larger one, after a return"),
    gettext_noop("Requested"),
    gettext_noop("Paid"),
    gettext_noop("Failed, points given back"),
    gettext_noop("None"),
    gettext_noop("Load a file"),
    gettext_noop("Generate by a pattern"),
    # What the commands refuse
    gettext_noop("This value should not be blank."),
    gettext_noop("This value is not valid."),
    gettext_noop("This value should be 0 or more."),
    gettext_noop("This value should be greater than 0."),
    gettext_noop("This value should be 1 or more."),
    gettext_noop("This value is too high."),
    gettext_noop("This value should have at most 2 decimals."),
    gettext_noop("This value is longer than 255 characters."),
    gettext_noop("This value is longer than 10000 characters."),
    gettext_noop("This list has more than 1000 entries."),
    gettext_noop("This collection should contain 1 element or more."),
    gettext_noop("This value is not a valid URL."),
    gettext_noop("Colons and semicolons cannot stand in a label."),
    gettext_noop("The end should not be before the start."),
    gettext_noop("There is no earning rule of this kind with this id."),
    gettext_noop("The type of a reward cannot be changed once a coupon was issued."),
    gettext_noop("This file is not a PNG, JPEG or GIF picture of at most 2 MB."),
    gettext_noop("This picture is below 600 by 600 pixels."),
    gettext_noop("The file is not text in UTF-8."),
    gettext_noop("The pattern needs more # signs: its codes could be guessed."),
    gettext_noop("This value should be between 1 and 100000000."),
    gettext_noop("No coupons left"),
    gettext_noop("Not enough points"),
    gettext_noop("Limit exceeded"),
    gettext_noop("Limit per customer exceeded"),
    gettext_noop("Not allowed"),
    gettext_noop("Coupon value too low"),
    gettext_noop("The price of this reward has more decimals than points have"),
    gettext_noop("Transaction required"),
    gettext_noop("Invalid transaction"),
    gettext_noop("This reward cannot be bought manually"),
    gettext_noop("The quantity should be a whole number between 1 and 1000"),
    gettext_noop("This coupon cannot be used."),
    gettext_noop("This coupon was used, or cancelled before."),
    gettext_noop("This cashback was paid out."),
    gettext_noop("Not Found"),
)


def type_of(campaign_type: str) -> str:
    return word(RewardType(campaign_type).label)


def sees_codes(actor: Actor) -> bool:
    """Codes are worth money: only who may change rewards sees them whole."""
    return coupon_codes.sees(actor)


def code_of(code: str, *, is_whole: bool) -> str:
    if not code:
        return formats.EMPTY
    return code if is_whole else coupon_codes.hidden(code)


def state_of(campaign: RewardCampaign, tally: Tally, now: datetime) -> tuple[str, str, str]:
    """Return in one word where a reward stands now, the word's tone, and why."""
    if not campaign.is_active:
        return _("Off"), "neutral", _("It is switched off.")
    if not campaign.is_activity_open_at(now):
        if campaign.active_from and now < campaign.active_from:
            date = formats.moment(campaign.active_from)
            return _("Scheduled"), "info", _("It can be bought from %(date)s.") % {"date": date}
        date = formats.moment(campaign.active_to)
        return _("Ended"), "neutral", _("It could be bought until %(date)s.") % {"date": date}
    if campaign.has_pool:
        if not tally.codes:
            return _("No codes"), "bad", _("Its pool is empty: nobody can buy it.")
        if usage.usage_left(campaign, tally) == 0:
            return _("Sold out"), "bad", _("All codes are taken, or its limit is reached.")
        if not campaign.is_visible_at(now):
            return _("Hidden"), "warn", _("Customers do not see it now; staff can give it.")
    return _("Live"), "good", _("It can be had now.")


def is_low(campaign: RewardCampaign, tally: Tally) -> bool:
    """Are fewer free codes left than staff wants to be told of?"""
    return (
        campaign.has_pool
        and not campaign.is_single_coupon
        and tally.free < max(campaign.low_stock_threshold, 1)
    )


def left_of(campaign: RewardCampaign, tally: Tally) -> str:
    """Say how often a reward can still be had."""
    if not campaign.has_pool:
        return formats.EMPTY
    left = usage.usage_left(campaign, tally)
    return _("unlimited") if left >= UNBOUNDED else formats.whole(left)


def audience_of(campaign: RewardCampaign, names: Names) -> list[str]:
    """Return the names of the levels and segments that a reward is for; all levels: everybody."""
    if names.levels and set(names.levels) <= set(campaign.level_ids):
        return [_("everybody")]
    levels = [names.levels[pk][1] for pk in campaign.level_ids if pk in names.levels]
    return levels + [names.segments[pk][1] for pk in campaign.segment_ids if pk in names.segments]


def price_of(campaign: RewardCampaign) -> str:
    """Say what a reward costs, or what it is worth."""
    if campaign.type == RewardType.CASHBACK:
        return _("1 point = %(value)s") % {"value": formats.money(campaign.point_value)}
    if campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
        return f"{campaign.transaction_percentage_value}%"
    if not campaign.has_pool:
        return formats.EMPTY
    if not campaign.cost_in_points:
        return _("free")
    return formats.points(campaign.cost_in_points)


def sentences_of(campaign: RewardCampaign, *, audience: Sequence[str], zone: str = "") -> list[str]:
    """Return what a reward's settings mean, in plain sentences."""
    names = ", ".join(audience) or formats.EMPTY
    sentences = [_("For: %(names)s.") % {"names": names}]
    if campaign.type == RewardType.CASHBACK:
        value = formats.money(campaign.point_value)
        sentences.append(_("Each point is worth %(value)s.") % {"value": value})
    elif campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
        percent = campaign.transaction_percentage_value or 0
        sentences.append(
            _("It gives %(percent)s%% of one purchase back, in whole units.") % {"percent": percent}
        )
    elif campaign.has_pool:
        sentences += [_price_sentence(campaign), _limit_sentence(campaign)]
    sentences.append(_activity_sentence(campaign))
    if campaign.has_pool or campaign.type == RewardType.CUSTOM_CAMPAIGN_CODE:
        sentences.append(_visibility_sentence(campaign))
    if campaign.has_pool or campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
        sentences.append(_life_sentence(campaign))
    if zone and not (campaign.is_all_time_active and campaign.is_all_time_visible):
        sentences.append(_("Times are in %(zone)s.") % {"zone": zone})
    return sentences


def _price_sentence(campaign: RewardCampaign) -> str:
    if not campaign.cost_in_points:
        return _("It costs nothing.")
    points = formats.points(campaign.cost_in_points)
    return _("It costs %(points)s points.") % {"points": points}


def _limit_sentence(campaign: RewardCampaign) -> str:
    if campaign.is_unlimited:
        if campaign.is_single_coupon:
            return _("As often as anybody likes; everybody gets the same code.")
        return _("As often as anybody likes, while there are codes.")
    limits = {
        "each": formats.whole(campaign.limit_per_user),
        "all": formats.whole(campaign.limit),
    }
    if campaign.is_single_coupon:
        return (
            _("At most %(each)s for each customer and %(all)s in all, all with the same code.")
            % limits
        )
    return _("At most %(each)s for each customer and %(all)s in all.") % limits


def _activity_sentence(campaign: RewardCampaign) -> str:
    if campaign.is_all_time_active:
        return _("It can be had at any time.")
    return _("It can be had from %(start)s to %(end)s.") % {
        "start": formats.moment(campaign.active_from),
        "end": formats.moment(campaign.active_to),
    }


def _visibility_sentence(campaign: RewardCampaign) -> str:
    if campaign.is_all_time_visible:
        return _("Customers see it at any time.")
    return _("Customers see it from %(start)s to %(end)s.") % {
        "start": formats.moment(campaign.visible_from),
        "end": formats.moment(campaign.visible_to),
    }


def _life_sentence(campaign: RewardCampaign) -> str:
    if campaign.days_inactive:
        begins = ngettext(
            "A coupon works %(count)s day after it was bought",
            "A coupon works %(count)s days after it was bought",
            campaign.days_inactive,
        ) % {"count": campaign.days_inactive}
    else:
        begins = _("A coupon works at once")
    if not campaign.days_valid:
        return _("%(begins)s, for ever.") % {"begins": begins}
    ends = ngettext("for %(count)s day", "for %(count)s days", campaign.days_valid) % {
        "count": campaign.days_valid
    }
    return _("%(begins)s, %(ends)s.") % {"begins": begins, "ends": ends}


def status_chip(coupon: Coupon, now: datetime) -> str:
    """Return where a coupon stands as one label: used counts more than active."""
    status = coupon.status_at(now)
    if coupon.is_used:
        return formats.chip(_("Used"), "info")
    return formats.chip(word(status.label), STATUS_TONES[status])


def delivery_chip(coupon: Coupon) -> str:
    """Return where the delivery stands; of what is never sent, nothing (DEL-3)."""
    if not coupon.delivery_status or coupon.campaign_type != RewardType.GIFT_CODE:
        return formats.EMPTY
    status = DeliveryStatus(coupon.delivery_status)
    return formats.chip(word(status.label), DELIVERY_TONES[status])
