"""Why a customer cannot have a reward, in words for that customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from accounts.models import Customer
from accounts.selectors import balances
from campaigns.models import RewardCampaign, RewardType
from campaigns.selectors import usage
from campaigns.selectors.usage import Tally
from loyalty.core import sql

ZERO = Decimal(0)


class Why(StrEnum):
    """Stable words for programs; the sentences are for people."""

    NOT_FOR_SALE = "not_for_sale"
    SWITCHED_OFF = "switched_off"
    NOT_YET = "not_yet"
    OVER = "over"
    NOT_VISIBLE = "not_visible"
    NOT_TARGETED = "not_targeted"
    STATUS = "status"
    NO_CODES = "no_codes"
    LIMIT = "limit"
    LIMIT_PER_CUSTOMER = "limit_per_customer"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Reason:
    why: Why
    text: str


@dataclass(frozen=True, slots=True)
class Situation:
    """
    What a customer has, and what a reward has left. `points`: those that count.

    `quantity`: how many they want at once.
    """

    customer: Customer
    points: Decimal
    tally: Tally
    used: int
    is_targeted: bool
    may_spend: bool
    now: datetime
    quantity: int = 1


def may_spend(customer: Customer) -> bool:
    """BUY-7."""
    return customer.status in customer.store.settings.customer_statuses_spending


def why_not(
    campaign: RewardCampaign, customer: Customer, *, now: datetime, quantity: int = 1
) -> list[Reason]:
    """Return why a customer cannot buy so many of a reward now; nothing: they can. Four queries."""
    return list(
        reasons(
            campaign,
            Situation(
                customer=customer,
                points=balances.get_active(customer.wallet_id, now),
                tally=usage.get_tally(campaign),
                used=usage.get_customer_usages(customer.pk, [campaign.pk]).get(campaign.pk, 0),
                is_targeted=is_targeted(campaign, customer),
                may_spend=may_spend(customer),
                now=now,
                quantity=quantity,
            ),
        )
    )


def is_targeted(campaign: RewardCampaign, customer: Customer) -> bool:
    """VIS-3. A query only where the level does not say it already."""
    if customer.level_id in campaign.level_ids:
        return True
    if not campaign.segment_ids:
        return False
    return bool(sql.read(_IS_MEMBER, (customer.pk, campaign.segment_ids)))


def reasons(campaign: RewardCampaign, situation: Situation) -> Iterator[Reason]:
    """Yield every reason, the one that lasts longest first. Runs no query."""
    yield from _of_campaign(campaign, situation)
    if not situation.is_targeted:
        yield Reason(Why.NOT_TARGETED, gettext("This reward is for other customers."))
    if not situation.may_spend:
        yield Reason(Why.STATUS, gettext("Your account cannot buy rewards at the moment."))
    if campaign.has_pool:
        yield from _of_limits(campaign, situation)
    missing = campaign.cost_in_points * situation.quantity - situation.points
    if missing > ZERO:
        text = gettext("You need %(points)s more points.") % {"points": f"{missing.normalize():f}"}
        yield Reason(Why.POINTS, text)


def _of_campaign(campaign: RewardCampaign, situation: Situation) -> Iterator[Reason]:
    now = situation.now
    if campaign.type == RewardType.CUSTOM_CAMPAIGN_CODE:
        text = gettext("This reward is not bought: scan its code or visit its place.")
        yield Reason(Why.NOT_FOR_SALE, text)
    if not campaign.is_active:
        yield Reason(Why.SWITCHED_OFF, gettext("This reward is not offered at the moment."))
    elif not campaign.is_activity_open_at(now):
        assert campaign.active_from is not None
        assert campaign.active_to is not None
        if now < campaign.active_from:
            text = gettext("This reward starts on %(date)s.")
            yield Reason(Why.NOT_YET, text % {"date": _date(campaign.active_from, situation)})
        else:
            text = gettext("This reward ended on %(date)s.")
            yield Reason(Why.OVER, text % {"date": _date(campaign.active_to, situation)})
    if not campaign.is_visible_at(now):
        yield Reason(Why.NOT_VISIBLE, gettext("This reward is not shown at the moment."))


def _of_limits(campaign: RewardCampaign, situation: Situation) -> Iterator[Reason]:
    tally, used, quantity = situation.tally, situation.used, situation.quantity
    left = tally.codes and quantity if campaign.is_single_coupon else tally.free
    if left <= 0:
        yield Reason(Why.NO_CODES, gettext("All coupons of this reward are taken."))
    elif left < quantity:
        yield Reason(Why.NO_CODES, _only(left))
    if campaign.limit is not None and tally.used + quantity > campaign.limit:
        left = campaign.limit - tally.used
        taken = gettext("This reward was taken as often as it can be.")
        yield Reason(Why.LIMIT, _only(left) if left > 0 else taken)
    if campaign.limit_per_user is not None and used + quantity > campaign.limit_per_user:
        left = campaign.limit_per_user - used
        text = ngettext(
            "You have already taken this reward %(count)s time; more is not possible.",
            "You have already taken this reward %(count)s times; more is not possible.",
            used,
        )
        yield Reason(Why.LIMIT_PER_CUSTOMER, _only(left) if left > 0 else text % {"count": used})


def _only(left: int) -> str:
    text = ngettext("You can have only %(count)s more.", "You can have only %(count)s more.", left)
    return text % {"count": left}


def _date(moment: datetime, situation: Situation) -> str:
    local = moment.astimezone(situation.customer.store.zone)
    return date_format(local, "DATETIME_FORMAT")


_IS_MEMBER = """
select 1 from accounts_segmentmembership m join accounts_segment s on s.id = m.segment_id
where m.customer_id = %s::bigint and s.is_active and s.id = any(%s::bigint[]) limit 1
"""
