from campaigns.models.campaigns import (
    CODE_TYPES,
    DEFAULT_LOCALE,
    CampaignPhoto,
    CampaignTranslation,
    ConnectType,
    RewardCampaign,
    RewardType,
)
from campaigns.models.categories import CampaignCategory, CampaignCategoryTranslation
from campaigns.models.coupons import (
    Coupon,
    CouponOrigin,
    CouponStatus,
    DeliveryStatus,
    PayoutStatus,
)
from campaigns.models.pools import CouponCode, PoolJob, PoolJobKind, PoolJobStatus
from campaigns.models.pushes import CampaignPush, PushStart
from campaigns.models.usage import CampaignTally, CustomerUsage

__all__ = [
    "CODE_TYPES",
    "DEFAULT_LOCALE",
    "CampaignCategory",
    "CampaignCategoryTranslation",
    "CampaignPhoto",
    "CampaignPush",
    "CampaignTally",
    "CampaignTranslation",
    "ConnectType",
    "Coupon",
    "CouponCode",
    "CouponOrigin",
    "CouponStatus",
    "CustomerUsage",
    "DeliveryStatus",
    "PayoutStatus",
    "PoolJob",
    "PoolJobKind",
    "PoolJobStatus",
    "PushStart",
    "RewardCampaign",
    "RewardType",
]
