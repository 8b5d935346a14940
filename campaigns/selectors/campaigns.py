"""Lists of rewards and their filters. Source: §2.3."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from campaigns.models import (
    DEFAULT_LOCALE,
    CampaignCategory,
    CampaignPhoto,
    CampaignTranslation,
    RewardCampaign,
)
from campaigns.models.campaigns import CampaignQuerySet
from loyalty.core import labels
from loyalty.core.models import Store


@dataclass(frozen=True, kw_only=True)
class Filters:
    """
    What a list is narrowed to; None and empty: not at all. All that is given must hold.

    `labels`: pairs of key and value, either of which may be None. `categories`: any of them.
    `name`: a part of the name in `locale`, or in the default language where that has none.
    """

    labels: tuple[tuple[str | None, str | None], ...] = ()
    is_active: bool | None = None
    is_public: bool | None = None
    is_featured: bool | None = None
    has_fulfillment_tracking: bool | None = None
    has_segment: bool | None = None
    type: str | None = None
    name: str = ""
    categories: tuple[UUID, ...] = ()
    locale: str = DEFAULT_LOCALE


NO_FILTERS = Filters()


def list_campaigns(store: Store, filters: Filters = NO_FILTERS) -> CampaignQuerySet:
    """Return the store's rewards that pass the filters, newest first, with their texts."""
    found = filtered(RewardCampaign.objects.in_store(store), filters)
    return found.prefetch_related("translations", "photos")


def read_with_texts(found: CampaignQuerySet) -> list[RewardCampaign]:
    """
    Read rewards with their texts and photos, as `prefetch_related` does, by three queries.

    Django clones a queryset for each row and relation, which for 200 rewards costs more than all
    the rest of a customer's list.
    """
    campaigns = list(found.prefetch_related(None))
    ids = [campaign.pk for campaign in campaigns]
    relations: dict[str, type[CampaignTranslation] | type[CampaignPhoto]] = {
        "translations": CampaignTranslation,
        "photos": CampaignPhoto,
    }
    for name, model in relations.items():
        by_campaign: dict[int, list[Any]] = defaultdict(list)
        for row in model._default_manager.filter(campaign__in=ids):
            by_campaign[row.campaign_id].append(row)
        for campaign in campaigns:
            rows: Any = QuerySet(model)
            rows._result_cache = by_campaign.get(campaign.pk, [])
            rows._prefetch_done = True
            cached: Any = campaign
            cached.__dict__.setdefault("_prefetched_objects_cache", {})[name] = rows
    return campaigns


def list_public(store: Store, filters: Filters = NO_FILTERS, *, now: datetime) -> CampaignQuerySet:
    """Return what anybody may see: flag on, public, and visible."""
    return list_campaigns(store, filters).filter(is_active=True, is_public=True).visible_at(now)


def list_for_sellers(
    store: Store, filters: Filters = NO_FILTERS, *, now: datetime
) -> CampaignQuerySet:
    """Return what sellers see: flag on and visible."""
    return list_campaigns(store, filters).filter(is_active=True).visible_at(now)


def filtered(campaigns: CampaignQuerySet, filters: Filters) -> CampaignQuerySet:
    flags = {
        "is_active": filters.is_active,
        "is_public": filters.is_public,
        "is_featured": filters.is_featured,
        "has_fulfillment_tracking": filters.has_fulfillment_tracking,
        "type": filters.type,
    }
    campaigns = campaigns.filter(**{k: value for k, value in flags.items() if value is not None})
    if filters.has_segment is not None:
        has_segment = Q(segment_ids__len__gt=0)
        campaigns = campaigns.filter(has_segment if filters.has_segment else ~has_segment)
    campaigns = campaigns.filter(labels.carrying(filters.labels))
    if filters.categories:
        found = CampaignCategory.objects.filter(uuid__in=filters.categories)
        ids = list(found.values_list("pk", flat=True))
        campaigns = campaigns.filter(category_ids__overlap=ids) if ids else campaigns.none()
    if filters.name:
        campaigns = campaigns.filter(_has_name(filters.name, filters.locale))
    return campaigns


def _has_name(part: str, locale: str) -> Q:
    texts = CampaignTranslation.objects.filter(campaign=OuterRef("pk"))
    own = texts.filter(locale=locale).exclude(name="")
    default = texts.filter(locale=DEFAULT_LOCALE, name__folded_contains=part)
    return Q(Exists(own.filter(name__folded_contains=part))) | Q(~Exists(own) & Exists(default))


# What lists may be sorted by: Open Loyalty's names, nested ones included.
SORTS = {
    "campaignId": "uuid",
    "reward": "type",
    "active": "is_active",
    "costInPoints": "cost_in_points",
    "limit": "limit",
    "limitPerUser": "limit_per_user",
    "unlimited": "is_unlimited",
    "singleCoupon": "is_single_coupon",
    "daysValid": "days_valid",
    "daysInactive": "days_inactive",
    "featured": "is_featured",
    "public": "is_public",
    "rewardValue": "reward_value",
    "createdAt": "created_at",
    "campaignActivity.activeFrom": "active_from",
    "campaignActivity.activeTo": "active_to",
    "campaignVisibility.visibleFrom": "visible_from",
    "campaignVisibility.visibleTo": "visible_to",
}


def sorted_by(
    campaigns: CampaignQuerySet, name: str, *, is_descending: bool, locale: str = DEFAULT_LOCALE
) -> CampaignQuerySet:
    """Sort by one of Open Loyalty's names; an unknown one keeps the order as it is."""
    column = SORTS.get(name)
    if name == "name":
        texts = CampaignTranslation.objects.filter(campaign=OuterRef("pk")).exclude(name="")
        wanted = texts.order_by(_is_not(locale), _is_not(DEFAULT_LOCALE), "pk")
        campaigns = campaigns.annotate(sorted_name=wanted.values("name")[:1])
        column = "sorted_name"
    if column is None:
        return campaigns
    key = F(column).desc(nulls_last=True) if is_descending else F(column).asc(nulls_first=True)
    return campaigns.order_by(key, "-pk" if is_descending else "pk")


def _is_not(locale: str) -> Case:
    return Case(When(locale=locale, then=0), default=1)
