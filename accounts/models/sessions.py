"""Sign-ins at every door: one row each, so that a token or a browser can really be signed out."""

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.core.models import PublicModel


class PrincipalKind(models.TextChoices):
    STAFF = "admin", "Staff"
    SELLER = "seller", "Seller"
    CUSTOMER = "customer", "Customer"


class Door(models.TextChoices):
    API = "api", _("API")
    PORTAL = "portal", _("Portal")
    COCKPIT = "cockpit", _("Cockpit")
    POS = "pos", _("Till")


class TokenSession(PublicModel):
    """
    What a JWT's `sid` claim, or a browser's session, names. Revoked or over, it lets nobody in.

    `refresh_hash`: of the current refresh token, replaced at each refresh; a browser has none.
    """

    door = models.CharField(
        max_length=16, choices=Door.choices, default=Door.API, db_default=Door.API
    )

    kind = models.CharField(max_length=16, choices=PrincipalKind.choices)
    staff = models.ForeignKey("accounts.StaffUser", on_delete=models.CASCADE, null=True)
    seller = models.ForeignKey("accounts.Seller", on_delete=models.CASCADE, null=True)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.CASCADE, null=True)
    refresh_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001  # NULL: a browser
    created_at = models.DateTimeField(auto_now_add=True)
    # Written at most every few minutes.
    last_seen_at = models.DateTimeField(default=timezone.now, db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)
    ip_address = models.GenericIPAddressField(null=True)
    # What the caller said it was, cut off.
    agent = models.CharField(max_length=255, blank=True, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(kind="admin", staff__isnull=False)
                    | models.Q(kind="seller", seller__isnull=False)
                    | models.Q(kind="customer", customer__isnull=False)
                ),
                name="token_session_names_its_principal",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)
