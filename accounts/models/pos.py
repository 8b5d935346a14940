"""
Points of sale.

They stand here, not with the purchases, because sellers, customers, earning rules and purchases
all refer to them by foreign key, and this is the highest room that all of those may look into.
"""

from django.db import models

from loyalty.core.models import StoreModel


class Pos(StoreModel):
    """A place where purchases are made (POS-1…3). `location` has the keys of POS-1."""

    name = models.CharField(max_length=255)
    identifier = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    location = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "point of sale"
        verbose_name_plural = "points of sale"
        constraints = [
            models.UniqueConstraint(
                fields=["store", "identifier"], name="pos_identifier_once_per_store"
            ),
        ]

    def __str__(self) -> str:
        return self.name
