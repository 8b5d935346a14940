"""What a customer can have. Source: VIS-1…16, VAL-1…3."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from accounts.models import Customer, SegmentMembership
from accounts.selectors import balances
from campaigns.models import RewardCampaign, RewardType
from campaigns.selectors import campaigns as lists
from campaigns.selectors import reasons, usage
from campaigns.selectors.campaigns import NO_FILTERS, Filters
from campaigns.selectors.reasons import Reason, Situation
from campaigns.selectors.usage import NOTHING, Tally

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A reward as one customer sees it. `reasons`: why it cannot be bought; empty: it can (VIS-12).

    `will_be_active_*`: its activity window, where that is not open (VIS-11).
    """

    campaign: RewardCampaign
    tally: Tally
    usage_left: int
    usage_left_for_customer: int
    can_be_bought: bool
    reasons: tuple[Reason, ...]
    will_be_active_from: datetime | None = None
    will_be_active_to: datetime | None = None


def list_available(
    customer: Customer,
    filters: Filters = NO_FILTERS,
    *,
    now: datetime,
    additional_points: Decimal | None = None,
    is_for_sale_only: bool = False,
    sort: str = "",
    is_descending: bool = False,
) -> list[Offer]:
    """
    Return the rewards that a customer sees: flag on, visible, meant for them, and left (VIS-10).

    `additional_points`: if they had so many more; whom a reward is meant for does not count then
    (VIS-13). `is_for_sale_only`: without custom campaigns, which nobody buys: a page that sells
    has no use for them. The APIs list them to everybody, as what can be earned (VIS-14).
    Seven queries at most, however many rewards.
    """
    found = lists.list_campaigns(customer.store, filters).filter(is_active=True).visible_at(now)
    segment_ids = _segments_of(customer)
    if additional_points is None:
        target = Q(segment_ids__overlap=segment_ids) if segment_ids else Q()
        if customer.level_id is not None:
            target |= Q(level_ids__contains=[customer.level_id])
        found = found.filter(target) if target else found.none()
    if sort:
        found = lists.sorted_by(found, sort, is_descending=is_descending, locale=filters.locale)
    campaigns = lists.read_with_texts(found)
    for campaign in campaigns:
        campaign.store = customer.store
    tallies = usage.get_tallies([campaign.pk for campaign in campaigns])
    used = usage.get_customer_usages(customer.pk, [campaign.pk for campaign in campaigns])
    points = balances.get_active(customer.wallet_id, now) + (additional_points or ZERO)
    may_spend = reasons.may_spend(customer)
    offers = (
        _offer(
            campaign,
            Situation(
                customer=customer,
                points=points,
                tally=tallies.get(campaign.pk, NOTHING),
                used=used.get(campaign.pk, 0),
                is_targeted=True,
                may_spend=may_spend,
                now=now,
            ),
        )
        for campaign in campaigns
    )
    return [offer for offer in offers if _is_left(offer, is_for_sale_only=is_for_sale_only)]


def get_offer(campaign: RewardCampaign, customer: Customer, *, now: datetime) -> Offer:
    """Return one reward as a customer sees it, whether or not it is listed for them."""
    return _offer(
        campaign,
        Situation(
            customer=customer,
            points=balances.get_active(customer.wallet_id, now),
            tally=usage.get_tally(campaign),
            used=usage.get_customer_usages(customer.pk, [campaign.pk]).get(campaign.pk, 0),
            is_targeted=reasons.is_targeted(campaign, customer),
            may_spend=reasons.may_spend(customer),
            now=now,
        ),
    )


def _segments_of(customer: Customer) -> list[int]:
    memberships = SegmentMembership.objects.filter(customer=customer, segment__is_active=True)
    return list(memberships.values_list("segment_id", flat=True))


def _offer(campaign: RewardCampaign, situation: Situation) -> Offer:
    is_open = campaign.is_activity_open_at(situation.now)
    found = tuple(reasons.reasons(campaign, situation))
    return Offer(
        campaign=campaign,
        tally=situation.tally,
        usage_left=usage.usage_left(campaign, situation.tally),
        usage_left_for_customer=usage.usage_left_for_customer(
            campaign, situation.tally, situation.used
        ),
        can_be_bought=(
            campaign.is_active
            and is_open
            and campaign.type != RewardType.CUSTOM_CAMPAIGN_CODE
            and situation.points >= campaign.cost_in_points
        ),
        reasons=found,
        will_be_active_from=None if is_open else campaign.active_from,
        will_be_active_to=None if is_open else campaign.active_to,
    )


def _is_left(offer: Offer, *, is_for_sale_only: bool) -> bool:
    if offer.campaign.type == RewardType.CUSTOM_CAMPAIGN_CODE:
        return not is_for_sale_only
    return offer.usage_left > 0 and offer.usage_left_for_customer > 0


@dataclass(frozen=True)
class BasketCheck:
    """The answer to a basket of rewards: for each entry in its order, and for all together."""

    is_left: tuple[bool, ...]
    is_all_left: bool
    is_balance_enough: bool


def check_basket(
    customer: Customer,
    basket: Sequence[RewardCampaign],
    *,
    additional_points: Decimal = ZERO,
    now: datetime,
) -> BasketCheck:
    """
    Tell whether a customer could have these rewards together; nothing is reserved (VAL-1…3).

    A reward that stands in the basket several times counts its earlier entries as taken.
    """
    ids = {campaign.pk for campaign in basket}
    tallies, used = usage.get_tallies(ids), usage.get_customer_usages(customer.pk, ids)
    earlier: Counter[int] = Counter()
    left: list[bool] = []
    for campaign in basket:
        tally, own = tallies.get(campaign.pk, NOTHING), used.get(campaign.pk, 0)
        available = min(
            usage.usage_left(campaign, tally),
            usage.usage_left_for_customer(campaign, tally, own),
        )
        left.append(earlier[campaign.pk] < available)
        earlier[campaign.pk] += 1
    cost = sum((campaign.cost_in_points for campaign in basket), ZERO)
    balance = balances.get_active(customer.wallet_id, now) + additional_points
    return BasketCheck(tuple(left), all(left), cost <= balance)
