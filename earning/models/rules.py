"""Earning rules: what a merchant pays points for."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Level, Pos, Segment
from campaigns.models import RewardCampaign
from earning import engine
from loyalty.core.models import StoreModel


class RuleType(models.TextChoices):
    POINTS = "points", "General spending"
    MULTIPLY_FOR_PRODUCT = "multiply_for_product", "Multiply for product"
    MULTIPLY_BY_PRODUCT_LABELS = "multiply_by_product_labels", "Multiply by product labels"
    PRODUCT_PURCHASE = "product_purchase", "Product purchase"
    EVENT = "event", "Event"
    CUSTOM_EVENT = "custom_event", "Custom event"
    QRCODE = "qrcode", "QR code"
    GEOLOCATION = "geolocation", "Geolocation"
    REFERRAL = "referral", "Customer referral"
    INSTANT_REWARD = "instant_reward", "Instant reward"


# Priced by the transaction algorithm; all others pay for something that is not a purchase.
PURCHASE_TYPES = (
    RuleType.INSTANT_REWARD,
    RuleType.POINTS,
    RuleType.MULTIPLY_FOR_PRODUCT,
    RuleType.MULTIPLY_BY_PRODUCT_LABELS,
    RuleType.PRODUCT_PURCHASE,
)
# What one customer may use only so often (ER-24).
LIMITED_TYPES = (RuleType.CUSTOM_EVENT, RuleType.QRCODE, RuleType.GEOLOCATION)


class InclusionType(models.TextChoices):
    NONE = "none_labels", "No labels"
    INCLUDE = "include_labels", "Include labels"
    EXCLUDE = "exclude_labels", "Exclude labels"


class StoreEvent(models.TextChoices):
    """What the platform itself reports to event rules."""

    ACCOUNT_CREATED = "oloy.account.created", "Account created"
    LOGGED_IN = "oloy.customer.logged_in", "Customer logged in"
    FIRST_PURCHASE = "oloy.transaction.customer_first_transaction", "First purchase"
    NEWSLETTER = "oloy.customer.newsletter_subscription", "Newsletter subscription"


# These pay a customer once for life (ER 3.4, C13).
EVENTS_ONCE = (StoreEvent.ACCOUNT_CREATED, StoreEvent.FIRST_PURCHASE, StoreEvent.NEWSLETTER)


class ReferralEvent(models.TextChoices):
    REGISTER = "register", "Registration"
    FIRST_PURCHASE = "first_purchase", "First purchase"
    EVERY_PURCHASE = "every_purchase", "Every purchase"


class RewardedPerson(models.TextChoices):
    """Who gets the points of a referral rule."""

    REFERRED = "referred", "Referred"
    REFERRER = "referrer", "Referrer"
    BOTH = "both", "Both"


class LimitPeriod(models.TextChoices):
    DAY = engine.Period.DAY.value, "1 day"
    WEEK = engine.Period.WEEK.value, "1 week"
    MONTH = engine.Period.MONTH.value, "1 month"
    QUARTER = engine.Period.QUARTER.value, "3 months"
    HALF_YEAR = engine.Period.HALF_YEAR.value, "6 months"
    YEAR = engine.Period.YEAR.value, "1 year"
    FOREVER = engine.Period.FOREVER.value, "Forever"


class EarningRule(StoreModel):
    """
    One rule (ER 3.1). The type is fixed after creation; columns of other types stay empty.

    `levels` or `segments` say whom it is for: a customer on a listed level or in a listed segment.
    `pos` empty: everywhere.
    """

    type = models.CharField(max_length=32, choices=RuleType.choices)
    name = models.CharField(max_length=255)
    description = models.TextField()
    is_active = models.BooleanField(default=True)
    is_all_time_active = models.BooleanField(default=True)
    start_at = models.DateTimeField(null=True, blank=True)
    end_at = models.DateTimeField(null=True, blank=True)
    levels = models.ManyToManyField(Level, related_name="+", blank=True)
    segments = models.ManyToManyField(Segment, related_name="+", blank=True)
    pos = models.ManyToManyField(Pos, related_name="+", blank=True)
    photo = models.ImageField(upload_to="earning-rules/", blank=True)
    is_last_executed = models.BooleanField("last executed rule", default=False)

    # points
    point_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    excluded_skus = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    inclusion_type = models.CharField(
        max_length=16, choices=InclusionType.choices, default=InclusionType.EXCLUDE
    )
    # Lists of {"key": …, "value": …}.
    included_labels = models.JSONField(default=list, blank=True)
    excluded_labels = models.JSONField(default=list, blank=True)
    excludes_delivery_cost = models.BooleanField(default=True)
    min_order_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    # multiply_for_product, product_purchase
    sku_ids = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    labels = models.JSONField(default=list, blank=True)
    multiplier = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    # multiply_by_product_labels: a list of {"key": …, "value": …, "multiplier": "2.00"}
    label_multipliers = models.JSONField(default=list, blank=True)
    # All that pay a fixed amount: product_purchase and everything below but instant_reward.
    points_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    # event: one of `StoreEvent`; custom_event: the store's own word; referral: a `ReferralEvent`
    event_name = models.CharField(max_length=255, blank=True)
    # referral
    reward_type = models.CharField(max_length=16, choices=RewardedPerson.choices, blank=True)
    # instant_reward: what a purchase brings besides points
    reward_campaign = models.ForeignKey(
        RewardCampaign, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # qrcode: what the code says
    code = models.CharField(max_length=255, blank=True)
    # geolocation: degrees, and kilometres around that point
    latitude = models.DecimalField(max_digits=7, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    radius = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    # custom_event, qrcode, geolocation: so many uses of each customer in a calendar period (ER-24)
    limit_is_active = models.BooleanField(default=False)
    limit_period = models.CharField(max_length=8, choices=LimitPeriod.choices, blank=True)
    limit_uses = models.IntegerField(null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    # Most recently edited first, inside one priority (ER-8).
    edited_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["store", "is_active"], name="earning_rule_by_store")]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "event_name"],
                condition=models.Q(type=RuleType.CUSTOM_EVENT.value),
                name="earning_rule_custom_event_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(limit_is_active=True)
                | models.Q(limit_uses__gte=0) & ~models.Q(limit_period=""),
                name="earning_rule_limit_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name
