"""What a whole reward says, and what each type has of it. Source: §1.2."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from accounts.audience import Target
from campaigns.models import CODE_TYPES, RewardType


@dataclass(frozen=True, kw_only=True)
class CampaignText:
    """The texts of one language; all but the names are markdown."""

    name: str = ""
    short_description: str = ""
    conditions_description: str = ""
    usage_instruction: str = ""
    brand_name: str = ""
    brand_description: str = ""


@dataclass(frozen=True, kw_only=True)
class CampaignData:
    """
    A whole reward (§1.2). What its type does not have is ignored.

    `translations`: by locale; the default language needs a name. `categories`, `levels`,
    `segments`: uuids as the caller wrote them. `coupons`: the whole pool in its order; None: leave
    it as it is (a new one waits for its codes). `earning_rule`: a uuid as the caller wrote it.
    Errors name translations as `translations.<locale>.<field>`.
    """

    type: str
    translations: Mapping[str, CampaignText]
    is_active: bool = False
    is_featured: bool = False
    is_public: bool = False
    more_information_link: str = ""
    push_notification_text: str = ""
    categories: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    target: Target | None = None
    levels: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    reward_value: Decimal | None = None
    tax: int | None = None
    tax_price_value: Decimal | None = None
    cost_in_points: Decimal | None = None
    point_value: Decimal | None = None
    cashback_provider: str = ""
    transaction_percentage_value: int | None = None
    is_unlimited: bool = False
    is_single_coupon: bool = False
    limit: int | None = None
    limit_per_user: int | None = None
    coupons: tuple[str, ...] | None = None
    days_inactive: int | None = None
    days_valid: int | None = None
    is_all_time_visible: bool = False
    visible_from: datetime | None = None
    visible_to: datetime | None = None
    is_all_time_active: bool = False
    active_from: datetime | None = None
    active_to: datetime | None = None
    has_fulfillment_tracking: bool = False
    connect_type: str = ""
    earning_rule: str = ""
    low_stock_threshold: int = field(default=0)


_POOL = ("is_unlimited", "is_single_coupon", "limit", "limit_per_user")
_DAYS = ("days_inactive", "days_valid")
_VISIBLE = ("is_all_time_visible", "visible_from", "visible_to")
_CODE = ("cost_in_points", *_POOL, *_DAYS, *_VISIBLE)
# The columns that a type has besides those of all types (§1.2). The others stay empty.
COLUMNS: Mapping[RewardType, tuple[str, ...]] = {
    **dict.fromkeys(CODE_TYPES, _CODE),
    RewardType.GIFT_CODE: (*_CODE, "has_fulfillment_tracking"),
    RewardType.PERCENTAGE_DISCOUNT_CODE: ("transaction_percentage_value", *_DAYS),
    RewardType.CASHBACK: ("point_value", "cashback_provider"),
    RewardType.CUSTOM_CAMPAIGN_CODE: (*_DAYS, *_VISIBLE, "connect_type", "earning_rule_uuid"),
}
# The columns of all types.
COMMON = (
    "is_active",
    "is_featured",
    "is_public",
    "more_information_link",
    "push_notification_text",
    "reward_value",
    "tax",
    "tax_price_value",
    "is_all_time_active",
    "active_from",
    "active_to",
    "low_stock_threshold",
)
EVERY_OWN = tuple(dict.fromkeys(name for names in COLUMNS.values() for name in names))
WITHOUT_CONDITIONS = (RewardType.CASHBACK, RewardType.PERCENTAGE_DISCOUNT_CODE)
WITHOUT_USAGE = (*WITHOUT_CONDITIONS, RewardType.CUSTOM_CAMPAIGN_CODE)
