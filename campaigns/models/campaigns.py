"""Reward campaigns: what points buy."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from loyalty.core.models import StoreModel, StoreQuerySet

DEFAULT_LOCALE = "en"


class RewardType(models.TextChoices):
    DISCOUNT_CODE = "discount_code", "Discount code"
    VALUE_CODE = "value_code", "Value code"
    FREE_DELIVERY_CODE = "free_delivery_code", "Free delivery"
    GIFT_CODE = "gift_code", "Gift"
    EVENT_CODE = "event_code", "Invitation for the event"
    PERCENTAGE_DISCOUNT_CODE = "percentage_discount_code", "Percentage discount code"
    CASHBACK = "cashback", "Cashback"
    CUSTOM_CAMPAIGN_CODE = "custom_campaign_code", "Custom campaign"


# Their coupons come out of a pool of codes.
CODE_TYPES = (
    RewardType.DISCOUNT_CODE,
    RewardType.VALUE_CODE,
    RewardType.FREE_DELIVERY_CODE,
    RewardType.GIFT_CODE,
    RewardType.EVENT_CODE,
)
# Never shown in a customer's lists (VIS-2).
NEVER_VISIBLE_TYPES = (RewardType.PERCENTAGE_DISCOUNT_CODE, RewardType.CASHBACK)


class ConnectType(models.TextChoices):
    NONE = "none", "None"
    QRCODE = "qrcode", "QR code"
    GEOLOCATION = "geolocation", "Geolocation"


class CampaignQuerySet(StoreQuerySet["RewardCampaign"]):
    def active_at(self, now: datetime) -> "CampaignQuerySet":
        """Flag on, and inside the activity window, both ends included (VIS-1)."""
        return self.filter(
            models.Q(is_all_time_active=True) | models.Q(active_from__lte=now, active_to__gte=now),
            is_active=True,
        )

    def visible_at(self, now: datetime) -> "CampaignQuerySet":
        """Inside the visible window, whatever the flag says (VIS-2)."""
        return self.filter(
            models.Q(is_all_time_visible=True)
            | models.Q(visible_from__lte=now, visible_to__gte=now),
        ).exclude(type__in=NEVER_VISIBLE_TYPES)


class RewardCampaign(StoreModel):
    """
    One reward (CAM rules). Never deleted (CAM-17); the type is fixed once a coupon was issued.

    `level_ids`, `segment_ids`: primary keys; a customer on one of the levels or in one of the
    segments may have it (VIS-3). They, and `category_ids`, are arrays and no relations, so that
    everything that decides about 200 rewards is read in one query.

    Columns that do not belong to the type are empty (§1.2).
    """

    type = models.CharField(max_length=32, choices=RewardType.choices)
    is_active = models.BooleanField(default=False)
    is_featured = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False)
    more_information_link = models.URLField(max_length=2000, blank=True)
    push_notification_text = models.TextField(blank=True)
    # A list of {"key": …, "value": …}; two may share a key (CAM-18).
    labels = models.JSONField(default=list, blank=True)
    category_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    level_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    segment_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)

    reward_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    tax = models.PositiveSmallIntegerField(null=True, blank=True)
    tax_price_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    cost_in_points = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    # Cashback: money for one point, and who pays it out; empty: nobody, staff does.
    point_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    cashback_provider = models.CharField(max_length=32, blank=True)
    # Percentage: of a sale's gross value.
    transaction_percentage_value = models.PositiveSmallIntegerField(null=True, blank=True)

    is_unlimited = models.BooleanField(default=False)
    is_single_coupon = models.BooleanField(default=False)
    limit = models.PositiveIntegerField(null=True, blank=True)
    limit_per_user = models.PositiveIntegerField(null=True, blank=True)
    days_inactive = models.PositiveIntegerField(default=0)
    days_valid = models.PositiveIntegerField(default=0)

    is_all_time_visible = models.BooleanField(default=False)
    visible_from = models.DateTimeField(null=True, blank=True)
    visible_to = models.DateTimeField(null=True, blank=True)
    is_all_time_active = models.BooleanField(default=False)
    active_from = models.DateTimeField(null=True, blank=True)
    active_to = models.DateTimeField(null=True, blank=True)

    has_fulfillment_tracking = models.BooleanField(default=False)
    connect_type = models.CharField(max_length=16, choices=ConnectType.choices, blank=True)
    # The rule stands a room above; its id is all that is known here.
    earning_rule_uuid = models.UUIDField(null=True, blank=True)
    brand_icon = models.ImageField(upload_to="brand-icons/", blank=True)

    # A fact is written when fewer free codes than that are left; 0: never.
    low_stock_threshold = models.PositiveIntegerField(default=0)
    low_stock_alerted_at = models.DateTimeField(null=True, blank=True)
    # Counts the changes; a purchase is by these terms or not at all.
    terms = models.BigIntegerField(default=0, db_default=0)
    # When the pool was last filled: its next code's position.
    next_position = models.BigIntegerField(default=0)

    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = "reward"
        verbose_name_plural = "rewards"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["store", "is_active"], name="campaign_by_store")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cost_in_points__gte=0), name="campaign_cost_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(visible_from=None)
                | models.Q(visible_to=None)
                | models.Q(visible_from__lte=models.F("visible_to")),
                name="campaign_visible_window_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(active_from=None)
                | models.Q(active_to=None)
                | models.Q(active_from__lte=models.F("active_to")),
                name="campaign_active_window_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(is_unlimited=False) | models.Q(limit=None, limit_per_user=None),
                name="campaign_unlimited_has_no_limits",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return the name in the default language; prefetch `translations` for lists."""
        return self.translated(DEFAULT_LOCALE).name

    def translated(self, locale: str) -> "CampaignTranslation":
        """
        Return the texts in a language; each missing one in the default language (GEN-7).

        The object returned is no row: never save it.
        """
        texts = {text.locale: text for text in self.translations.all()}
        default = texts.get(DEFAULT_LOCALE) or next(iter(texts.values()), CampaignTranslation())
        text = texts.get(locale, default)
        return CampaignTranslation(
            locale=locale,
            **{name: getattr(text, name) or getattr(default, name) for name in TEXTS},
        )

    @property
    def has_pool(self) -> bool:
        """Do its coupons come out of a pool of codes?"""
        return self.type in CODE_TYPES

    def is_active_at(self, now: datetime) -> bool:
        """VIS-1."""
        return self.is_active and self.is_activity_open_at(now)

    def is_activity_open_at(self, now: datetime) -> bool:
        return self.is_all_time_active or _within(self.active_from, now, self.active_to)

    def is_visible_at(self, now: datetime) -> bool:
        """VIS-2."""
        return self.type not in NEVER_VISIBLE_TYPES and (
            self.is_all_time_visible or _within(self.visible_from, now, self.visible_to)
        )


def _within(start: datetime | None, now: datetime, end: datetime | None) -> bool:
    return start is not None and end is not None and start <= now <= end


class CampaignTranslation(models.Model):
    """The texts of a reward in one language; all but the names are markdown."""

    campaign = models.ForeignKey(
        RewardCampaign, on_delete=models.CASCADE, related_name="translations"
    )
    locale = models.CharField(max_length=16)
    name = models.CharField(max_length=255, blank=True)
    short_description = models.TextField(blank=True)
    conditions_description = models.TextField(blank=True)
    usage_instruction = models.TextField(blank=True)
    brand_name = models.CharField(max_length=255, blank=True)
    brand_description = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "locale"], name="campaign_translation_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


TEXTS = (
    "name",
    "short_description",
    "conditions_description",
    "usage_instruction",
    "brand_name",
    "brand_description",
)


class CampaignPhoto(StoreModel):
    """One of a reward's photos (PIC-1, PIC-2)."""

    campaign = models.ForeignKey(RewardCampaign, on_delete=models.PROTECT, related_name="photos")
    image = models.ImageField(upload_to="campaigns/")
    original_name = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.original_name
