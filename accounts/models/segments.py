"""Segments: named sets of customers that rules and rewards can be meant for."""

from django.db import models

from loyalty.core.models import StoreModel


class Segment(StoreModel):
    """A set of customers by criteria (SG-1…8). `parts`: OR within a part, AND between parts."""

    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    parts = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="segment_name_once_per_store"),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentMembership(models.Model):
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.CASCADE, related_name="segment_memberships"
    )
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "segment"], name="segment_membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"
