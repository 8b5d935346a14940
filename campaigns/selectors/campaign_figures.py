"""What came of a reward: how many coupons of it are where, and what they cost."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from campaigns.models import CampaignTally, Coupon, PoolJob, PoolJobStatus, RewardCampaign
from loyalty.core import sql

# A page that counts a million coupons each time it is opened helps nobody.
COUNTED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the latest coupons, `COUNTED_MAX` at most. `points`: what they cost."""

    issued: int
    used: int
    expired: int
    cancelled: int
    points: Decimal

    @property
    def is_cut(self) -> bool:
        return self.issued >= COUNTED_MAX

    @property
    def waiting(self) -> int:
        """Return how many are in customers' hands, unused, and not over."""
        return self.issued - self.used - self.expired - self.cancelled


def get_figures(campaign: RewardCampaign) -> Figures:
    [(issued, used, expired, cancelled, points)] = sql.read(
        FIGURES, {"campaign": campaign.pk, "limit": COUNTED_MAX}
    )
    return Figures(int(issued), int(used), int(expired), int(cancelled), Decimal(points))


def with_free_codes(campaigns: "QuerySet[RewardCampaign]") -> "QuerySet[RewardCampaign]":
    """Add `free_codes`: how many codes of its pool each reward has left."""
    free = (
        CampaignTally.objects.filter(campaign=OuterRef("pk"))
        .order_by()
        .values("campaign")
        .annotate(free=Sum(F("codes") - F("issued")))
        .values("free")
    )
    counted: QuerySet[RewardCampaign] = campaigns.annotate(
        free_codes=Coalesce(Subquery(free, output_field=IntegerField()), Value(0))
    )
    return counted


def list_latest_coupons(campaign: RewardCampaign, limit: int) -> list[Coupon]:
    coupons = Coupon.objects.in_store(campaign.store_id).filter(campaign=campaign)
    return list(coupons.select_related("customer").order_by("-purchased_at", "-pk")[:limit])


def list_pool_jobs(campaign: RewardCampaign, limit: int) -> list[PoolJob]:
    """Return what was brought into a pool in the background, the latest first."""
    return list(PoolJob.objects.filter(campaign=campaign).order_by("-created_at", "-pk")[:limit])


def is_open(job: PoolJob) -> bool:
    return job.status in (PoolJobStatus.WAITING, PoolJobStatus.RUNNING)


FIGURES = """
select count(*), count(*) filter (where is_used),
    count(*) filter (where not is_used and (status = 'expired' or status = 'active'
        and active_to <= now())),
    count(*) filter (where not is_used and status = 'cancelled'),
    coalesce(sum(cost_in_points), 0)
from (
    select is_used, status, active_to, cost_in_points from campaigns_coupon
    where campaign_id = %(campaign)s::bigint
    order by purchased_at desc limit %(limit)s::int
) latest
"""
