"""Earning rules in words: what a type does, and what a rule gives, to whom and how often."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats
from accounts.cockpit.vocabulary import word
from earning.models import EarningRule, LimitPeriod, ReferralEvent, RuleType, StoreEvent

TYPE_TEXTS = {
    RuleType.POINTS: (
        "payments",
        gettext_lazy("Points for every unit of currency spent: 2 points for each euro."),
    ),
    RuleType.MULTIPLY_FOR_PRODUCT: (
        "close",
        gettext_lazy(
            "Chosen products, or products with chosen labels, bring several times the points."
        ),
    ),
    RuleType.MULTIPLY_BY_PRODUCT_LABELS: (
        "label",
        gettext_lazy("Each label has a factor of its own: organic twice, own brand three times."),
    ),
    RuleType.PRODUCT_PURCHASE: (
        "shopping_bag",
        gettext_lazy("A fixed number of points whenever a chosen product is bought."),
    ),
    RuleType.INSTANT_REWARD: (
        "redeem",
        gettext_lazy("A purchase brings a reward at once, such as a voucher for the next one."),
    ),
    RuleType.EVENT: (
        "event",
        gettext_lazy("Points for a new account, a sign-in, a first purchase or the newsletter."),
    ),
    RuleType.CUSTOM_EVENT: (
        "bolt",
        gettext_lazy("Points for an event that your own systems report, such as a review."),
    ),
    RuleType.QRCODE: (
        "qr_code_2",
        gettext_lazy("Points for scanning a code that hangs in a shop or stands on a receipt."),
    ),
    RuleType.GEOLOCATION: (
        "location_on",
        gettext_lazy("Points for being near a place, such as a shop on its opening day."),
    ),
    RuleType.REFERRAL: (
        "group_add",
        gettext_lazy("Points for customers who bring others, and for those who come."),
    ),
}


def running_state(rule: EarningRule) -> tuple[str, str]:
    """Return in one word whether a rule counts now, and the word's tone."""
    now = timezone.now()
    if not rule.is_active:
        return _("Off"), "neutral"
    if rule.is_all_time_active:
        return _("Live"), "good"
    if rule.start_at and rule.start_at > now:
        return _("Scheduled"), "info"
    if rule.end_at and rule.end_at < now:
        return _("Ended"), "neutral"
    return _("Live"), "good"


def limit_of(rule: EarningRule) -> str:
    """Say how often one customer may use a rule."""
    if not rule.limit_is_active:
        return _("no")
    return _("%(uses)s of each customer in each: %(period)s") % {
        "uses": formats.whole(rule.limit_uses or 0),
        "period": word(LimitPeriod(rule.limit_period).label),
    }


def effect_of(rule: EarningRule) -> str:
    """Say in a few words what a rule gives."""
    match rule.type:
        case RuleType.POINTS:
            return _("%(points)s per unit of currency") % {
                "points": formats.points(rule.point_value)
            }
        case RuleType.MULTIPLY_FOR_PRODUCT:
            return _("× %(factor)s on %(count)s products or labels") % {
                "factor": formats.points(rule.multiplier),
                "count": len(rule.sku_ids) + len(rule.labels),
            }
        case RuleType.MULTIPLY_BY_PRODUCT_LABELS:
            return _("factors for %(count)s labels") % {"count": len(rule.label_multipliers)}
        case RuleType.PRODUCT_PURCHASE:
            return _("%(points)s points for %(count)s products") % {
                "points": formats.points(rule.points_amount),
                "count": len(rule.sku_ids),
            }
        case RuleType.EVENT:
            return _("%(points)s points: %(event)s") % {
                "points": formats.points(rule.points_amount),
                "event": word(StoreEvent(rule.event_name).label),
            }
        case RuleType.CUSTOM_EVENT | RuleType.QRCODE:
            return _("%(points)s points for “%(event)s”") % {
                "points": formats.points(rule.points_amount),
                "event": rule.event_name or rule.code,
            }
        case RuleType.GEOLOCATION:
            return _("%(points)s points within %(radius)s km") % {
                "points": formats.points(rule.points_amount),
                "radius": formats.points(rule.radius),
            }
        case RuleType.REFERRAL:
            return _("%(points)s points: %(event)s") % {
                "points": formats.points(rule.points_amount),
                "event": word(ReferralEvent(rule.event_name).label),
            }
        case RuleType.INSTANT_REWARD:
            return str(rule.reward_campaign)
    return formats.EMPTY
