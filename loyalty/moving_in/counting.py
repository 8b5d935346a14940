"""Count what was taken of each reward, as every purchase of one would have."""

from django.db import transaction
from django.db.models import Count, Q

from campaigns.models import (
    CampaignTally,
    Coupon,
    CouponCode,
    CustomerUsage,
    RewardCampaign,
)
from loyalty.core.models import Store

# Which parts of a tally count the purchases of a limited campaign, and the pool.
LIMITED, POOL = 0, -1


@transaction.atomic
def count(store: Store) -> None:
    """Write the counts of all rewards of a store anew, from their coupons and codes."""
    campaigns = list(
        RewardCampaign.objects.in_store(store).select_for_update(no_key=True).order_by("pk")
    )
    ids = [campaign.pk for campaign in campaigns]
    CampaignTally.objects.filter(campaign__in=ids).delete()
    CustomerUsage.objects.filter(campaign__in=ids).delete()
    coupons = Coupon.objects.filter(campaign__in=ids).order_by()
    taken = coupons.values_list("campaign", "customer").annotate(used=Count("*"))
    usages = [
        CustomerUsage(campaign_id=campaign, customer_id=customer, used=used)
        for campaign, customer, used in taken.iterator(chunk_size=1_000)
    ]
    CustomerUsage.objects.bulk_create(usages, batch_size=1_000)
    codes = CouponCode.objects.filter(campaign__in=ids).order_by().values_list("campaign")
    pools = {
        campaign: (total, issued)
        for campaign, total, issued in codes.annotate(
            total=Count("*"), issued=Count("pk", filter=Q(is_issued=True))
        )
    }
    used: dict[int, list[int]] = {}
    for usage in usages:
        used.setdefault(usage.campaign_id, []).append(usage.used)
    CampaignTally.objects.bulk_create(
        [
            CampaignTally(
                campaign=campaign,
                shard=LIMITED,
                used=sum(used.get(campaign.pk, ())),
                customers=len(used.get(campaign.pk, ())),
                terms=campaign.terms,
            )
            for campaign in campaigns
        ]
    )
    CampaignTally.objects.bulk_create(
        [
            CampaignTally(campaign_id=campaign, shard=POOL, codes=total, issued=issued)
            for campaign, (total, issued) in pools.items()
        ]
    )
