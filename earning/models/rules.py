"""Earning rules: what a merchant pays points for."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Level, Pos, Segment
from loyalty.core.models import StoreModel


class RuleType(models.TextChoices):
    POINTS = "points", "General spending"
    MULTIPLY_FOR_PRODUCT = "multiply_for_product", "Multiply for product"
    MULTIPLY_BY_PRODUCT_LABELS = "multiply_by_product_labels", "Multiply by product labels"
    PRODUCT_PURCHASE = "product_purchase", "Product purchase"


class InclusionType(models.TextChoices):
    NONE = "none_labels", "No labels"
    INCLUDE = "include_labels", "Include labels"
    EXCLUDE = "exclude_labels", "Exclude labels"


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
    # product_purchase
    points_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    # Most recently edited first, inside one priority (ER-8).
    edited_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["store", "is_active"], name="earning_rule_by_store")]

    def __str__(self) -> str:
        return self.name
