"""The portal's page that tells how points come: the store's rules for this customer, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from accounts.models import Customer
from earning.models import (
    PURCHASE_TYPES,
    EarningRule,
    InclusionType,
    LimitPeriod,
    ReferralEvent,
    RuleType,
    StoreEvent,
)
from earning.selectors import invitations
from earning.selectors import rules as selectors
from loyalty.core.models import Store
from loyalty.portal import home
from loyalty.portal.templatetags.portal_format import PointWords, money, points, with_unit
from loyalty.portal.views import MemberPage

RULES_SHOWN = 100
TAGS = {
    RuleType.QRCODE: gettext_lazy("QR code"),
    RuleType.GEOLOCATION: gettext_lazy("On the spot"),
}
EVENT_WORDS = {
    StoreEvent.ACCOUNT_CREATED: gettext_lazy("For joining."),
    StoreEvent.LOGGED_IN: gettext_lazy("For signing in here or in the app."),
    StoreEvent.FIRST_PURCHASE: gettext_lazy("For your first purchase."),
    StoreEvent.NEWSLETTER: gettext_lazy("For agreeing to hear about offers, in your profile."),
}
TYPE_WORDS = {
    RuleType.POINTS: gettext_lazy("For what you spend."),
    RuleType.MULTIPLY_FOR_PRODUCT: gettext_lazy("Chosen products bring a multiple of the points."),
    RuleType.MULTIPLY_BY_PRODUCT_LABELS: gettext_lazy(
        "Chosen products bring a multiple of the points."
    ),
    RuleType.PRODUCT_PURCHASE: gettext_lazy("For each of the chosen products on the receipt."),
    RuleType.CUSTOM_EVENT: gettext_lazy("For taking part; the shop tells us when you have."),
    RuleType.QRCODE: gettext_lazy("Scan the code in the shop with its app."),
    RuleType.GEOLOCATION: gettext_lazy("Come near the place with the shop's app."),
}
PERIOD_WORDS = {
    LimitPeriod.DAY: pgettext_lazy("limit of a rule", "today"),
    LimitPeriod.WEEK: pgettext_lazy("limit of a rule", "this week"),
    LimitPeriod.MONTH: pgettext_lazy("limit of a rule", "this month"),
    LimitPeriod.QUARTER: pgettext_lazy("limit of a rule", "this quarter"),
    LimitPeriod.HALF_YEAR: pgettext_lazy("limit of a rule", "this half-year"),
    LimitPeriod.YEAR: pgettext_lazy("limit of a rule", "this year"),
    LimitPeriod.FOREVER: pgettext_lazy("limit of a rule", "in all"),
}
FRIEND_WORDS = {
    ReferralEvent.REGISTER: gettext_lazy("When a friend whom you invited joins"),
    ReferralEvent.FIRST_PURCHASE: gettext_lazy("When they buy for the first time"),
    ReferralEvent.EVERY_PURCHASE: gettext_lazy("Whenever they buy."),
}


@dataclass(frozen=True)
class Way:
    """
    How points come: what for, and how many, in words.

    `told`: the shop's own words. `tag`: what is needed besides. `until`: when it ends; None: it
    stays. `places`: where alone. `left`: how often it still can be used.
    """

    name: str
    worth: str
    text: str
    more: str = ""
    told: str = ""
    tag: str = ""
    until: datetime | None = None
    places: str = ""
    left: str = ""


class Earn(MemberPage):
    """What brings this customer points now, and what friends would bring."""

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        now = timezone.now()
        rules = list(selectors.list_to_earn_by(customer, now=now)[:RULES_SHOWN])
        uses = selectors.uses_in_period(customer, rules, now=now)
        words = home.words_of(self.store)
        ways = {rule.pk: _way(rule, self.store, words, len(uses[rule.pk])) for rule in rules}
        buying = [ways[rule.pk] for rule in rules if rule.type in PURCHASE_TYPES]
        doing = [ways[rule.pk] for rule in rules if rule.type not in PURCHASE_TYPES]
        values = {
            "buying": buying,
            "doing": doing,
            "friends": _friends(self.store, words, now),
        }
        return self.render(request, "earn", values)


def _way(rule: EarningRule, store: Store, words: PointWords | None, uses: int) -> Way:
    kind = RuleType(rule.type)
    is_event = kind == RuleType.EVENT
    text = EVENT_WORDS[StoreEvent(rule.event_name)] if is_event else TYPE_WORDS[kind]
    return Way(
        name=rule.name,
        worth=_worth(rule, store, words),
        text=str(text),
        more=" ".join(_conditions(rule, store)),
        told=rule.description if rule.description != rule.name else "",
        tag=str(TAGS.get(kind, "")),
        until=None if rule.is_all_time_active else rule.end_at,
        places=", ".join(sorted(place.name for place in rule.pos.all())),
        left=_left(rule, uses),
    )


def _worth(rule: EarningRule, store: Store, words: PointWords | None) -> str:
    match RuleType(rule.type):
        case RuleType.POINTS:
            assert rule.point_value is not None
            return gettext("%(points)s for every %(money)s") % {
                "points": with_unit(rule.point_value, words),
                "money": _unit_of(store.currency),
            }
        case RuleType.MULTIPLY_FOR_PRODUCT:
            assert rule.multiplier is not None
            return _times(rule.multiplier)
        case RuleType.MULTIPLY_BY_PRODUCT_LABELS:
            factors = sorted({Decimal(each["multiplier"]) for each in rule.label_multipliers})
            return " – ".join(map(_times, dict.fromkeys((factors[0], factors[-1]))))
        case _:
            assert rule.points_amount is not None
            return with_unit(rule.points_amount, words)


def _times(factor: Decimal) -> str:
    return f"× {points(factor)}"


def _unit_of(currency: str) -> str:
    """Return one unit of a currency, such as `€1` or `1 zł`, without its zeros."""
    return re.sub(r"[.,]0+(?!\d)", "", money(Decimal(1), currency))


def _conditions(rule: EarningRule, store: Store) -> Sequence[str]:
    """Return what limits a rule for purchases; which products, the shop's own words say."""
    said: list[str] = []
    if rule.type != RuleType.POINTS:
        return said
    if rule.min_order_value:
        least = money(rule.min_order_value, store.currency)
        said.append(gettext("For purchases of %(money)s or more.") % {"money": least})
    labels = {
        InclusionType.INCLUDE: rule.included_labels,
        InclusionType.EXCLUDE: rule.excluded_labels,
    }.get(InclusionType(rule.inclusion_type))
    if rule.excluded_skus or labels:
        said.append(gettext("Some products do not count."))
    return said


def _left(rule: EarningRule, uses: int) -> str:
    if not rule.limit_is_active or rule.limit_uses is None:
        return ""
    return gettext("%(left)d of %(all)d left %(period)s") % {
        "left": max(0, rule.limit_uses - uses),
        "all": rule.limit_uses,
        "period": PERIOD_WORDS[LimitPeriod(rule.limit_period)],
    }


def _friends(store: Store, words: PointWords | None, now: datetime) -> list[Way]:
    """Return what a newcomer's deeds bring to whom invited them."""
    promises = [(event, invitations.promised(store, event, now=now)) for event in ReferralEvent]
    return [
        Way(name=str(FRIEND_WORDS[event]), worth=with_unit(promise.referrer, words), text="")
        for event, promise in promises
        if promise.referrer
    ]
