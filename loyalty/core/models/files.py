"""A store's pictures and its conditions."""

from django.db import models

from loyalty.core.models.base import StoreModel


class PictureName(models.TextChoices):
    """The places that have a picture each. Source: SET-20."""

    LOGO = "logo", "Logo"
    SMALL_LOGO = "small-logo", "Small logo"
    HERO_IMAGE = "hero-image", "Large picture"
    ADMIN_COCKPIT_LOGO = "admin-cockpit-logo", "Logo of the cockpit"
    CLIENT_COCKPIT_LOGO_BIG = "client-cockpit-logo-big", "Large logo for customers"
    CLIENT_COCKPIT_LOGO_SMALL = "client-cockpit-logo-small", "Small logo for customers"
    CLIENT_COCKPIT_HERO_IMAGE = "client-cockpit-hero-image", "Large picture for customers"


CONDITIONS = "conditions"


class StoreFile(StoreModel):
    """
    A file that a store shows to everybody: one of its pictures, or its conditions as a PDF.

    `name`: a `PictureName`, or `CONDITIONS`. `copies`: of a picture, `192x192` → name in the
    storage.
    """

    name = models.CharField(max_length=32)
    file = models.FileField(upload_to="stores", max_length=255)
    copies = models.JSONField(default=dict)
    mime_type = models.CharField(max_length=64)
    original_name = models.CharField(max_length=255)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="store_file_once_per_name")
        ]

    def __str__(self) -> str:
        return self.name
