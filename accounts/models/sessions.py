"""Sign-ins through the APIs: one row each, so that a token can really be revoked."""

from django.db import models

from loyalty.core.models import PublicModel


class PrincipalKind(models.TextChoices):
    STAFF = "admin", "Staff"
    SELLER = "seller", "Seller"
    CUSTOMER = "customer", "Customer"


class TokenSession(PublicModel):
    """
    What a JWT's `sid` claim names. A token whose session is revoked or over is no longer good.

    `refresh_hash`: of the current refresh token, replaced at each refresh.
    """

    kind = models.CharField(max_length=16, choices=PrincipalKind.choices)
    staff = models.ForeignKey("accounts.StaffUser", on_delete=models.CASCADE, null=True)
    seller = models.ForeignKey("accounts.Seller", on_delete=models.CASCADE, null=True)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.CASCADE, null=True)
    refresh_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)
    ip_address = models.GenericIPAddressField(null=True)

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
