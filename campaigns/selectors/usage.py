"""How often rewards were taken, and how often they still can be. Source: LIM-1…6."""

from collections.abc import Collection
from dataclasses import dataclass

from campaigns.models import RewardCampaign, RewardType
from loyalty.core import sql

# What stands for "as often as you like" in answers that want a number (LIM-4).
UNBOUNDED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Tally:
    """A campaign's counts: purchases, customers who bought, codes of its pool, codes issued."""

    used: int = 0
    customers: int = 0
    codes: int = 0
    issued: int = 0

    @property
    def free(self) -> int:
        return self.codes - self.issued


NOTHING = Tally()


def get_tallies(campaign_ids: Collection[int]) -> dict[int, Tally]:
    """Return the counts of campaigns; those that have none are missing. One query."""
    rows = sql.read(TALLIES, ([*campaign_ids],))
    return {row[0]: Tally(*map(int, row[1:])) for row in rows}


def get_tally(campaign: RewardCampaign) -> Tally:
    return get_tallies([campaign.pk]).get(campaign.pk, NOTHING)


def get_customer_usages(
    customer_id: int, campaign_ids: Collection[int], *, counted_ahead: int = 0
) -> dict[int, int]:
    """
    Return how often a customer took campaigns, as their limits count it; 0 is missing. One query.

    Of a single coupon only the uses of the code that is handed out now count (LIM-5).
    `counted_ahead`: how many purchases are counted whose coupons are not written yet.
    """
    return {
        row[0]: _counted(*row[1:], ahead=counted_ahead)
        for row in sql.read(USAGES, (customer_id, [*campaign_ids]))
    }


def _counted(
    used: int, code: str | None, coupons: int, of_code: int, cancelled: int, *, ahead: int
) -> int:
    if code is None:
        return used
    # Which of the cancelled coupons do not count any more is not kept: those of this code first.
    freed = max(0, coupons - (used - ahead))
    return of_code - min(freed, cancelled) + ahead


def was_issued(campaign: RewardCampaign) -> bool:
    """Has anybody ever got a coupon of it (CAM-3)?"""
    return campaign.coupons.exists()


def usage_left(campaign: RewardCampaign, tally: Tally) -> int:
    """Return how many more can be bought by all (LIM-4)."""
    if campaign.type in (RewardType.PERCENTAGE_DISCOUNT_CODE, RewardType.CASHBACK):
        return UNBOUNDED
    if campaign.type == RewardType.CUSTOM_CAMPAIGN_CODE:
        return 0
    left = _codes_left(campaign, tally)
    if campaign.limit is not None:
        left = min(left, max(0, campaign.limit - tally.used))
    return left


def usage_left_for_customer(campaign: RewardCampaign, tally: Tally, used: int) -> int:
    """
    Return how many more one customer can buy who took `used` so far (LIM-5).

    The limit of all customers counts for a single coupon alone: in a pool only the free codes do.
    """
    if campaign.is_single_coupon or not campaign.has_pool:
        left = usage_left(campaign, tally)
    else:
        left = tally.free
    if campaign.limit_per_user is not None:
        left = min(left, max(0, campaign.limit_per_user - used))
    return left


def _codes_left(campaign: RewardCampaign, tally: Tally) -> int:
    if campaign.is_single_coupon:
        return UNBOUNDED if tally.codes else 0
    return tally.free


TALLIES = """
select campaign_id, sum(used)::bigint, sum(customers)::bigint, sum(codes)::bigint,
    sum(issued)::bigint
from campaigns_campaigntally where campaign_id = any(%s::bigint[]) group by campaign_id
"""
USAGES = """
select u.campaign_id, u.used, first.code, own.coupons, own.of_code, own.cancelled
from campaigns_customerusage u
left join lateral (
    select f.code from campaigns_rewardcampaign c
    join campaigns_couponcode f on f.campaign_id = c.id
    where c.id = u.campaign_id and c.is_single_coupon and c.limit_per_user is not null
    order by f.position, f.id limit 1
) first on true
cross join lateral (
    select count(*) as coupons, count(*) filter (where k.code = first.code) as of_code,
        count(*) filter (where k.code = first.code and k.status = 'cancelled') as cancelled
    from campaigns_coupon k
    where first.code is not null and k.customer_id = u.customer_id
        and k.campaign_id = u.campaign_id
) own
where u.customer_id = %s::bigint and u.campaign_id = any(%s::bigint[])
"""
