"""Ids from outside become rewards here, and nowhere else. What is not the store's is not there."""

from accounts.access import parse
from campaigns.models import CampaignCategory, Coupon, RewardCampaign
from loyalty.core.errors import NotFound
from loyalty.core.models import Store


def get_campaign(store: Store, uuid_text: str) -> RewardCampaign:
    campaigns = RewardCampaign.objects.in_store(store).prefetch_related("translations")
    campaign = campaigns.filter(uuid=parse(uuid_text)).first()
    if campaign is None:
        raise NotFound
    campaign.store = store
    return campaign


def get_category(store: Store, uuid_text: str) -> CampaignCategory:
    categories = CampaignCategory.objects.in_store(store).prefetch_related("translations")
    category = categories.filter(uuid=parse(uuid_text)).first()
    if category is None:
        raise NotFound
    category.store = store
    return category


def get_coupon(store: Store, uuid_text: str) -> Coupon:
    coupon = Coupon.objects.in_store(store).filter(uuid=parse(uuid_text)).first()
    if coupon is None:
        raise NotFound
    coupon.store = store
    return coupon
