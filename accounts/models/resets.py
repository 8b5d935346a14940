"""Wishes for a new password."""

from typing import ClassVar

from django.db import models

from accounts.models.sessions import PrincipalKind
from loyalty.core.models import PublicModel, Store


class PasswordReset(PublicModel):
    """
    Somebody asked for a new password under a name, whether it names anybody or not (PWD-5).

    `name_digest`: of door, store and name. `secret_digest`: of the link's token or the code, made
    when the message is written; empty until then. `number`: the customer's codes are counted.
    Without an owner it is nobody's, and kept only to answer a second wish as if there were one.
    """

    kind = models.CharField(max_length=16, choices=PrincipalKind.choices)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey("accounts.StaffUser", on_delete=models.CASCADE, null=True)
    seller = models.ForeignKey("accounts.Seller", on_delete=models.CASCADE, null=True)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.CASCADE, null=True)
    name_digest = models.CharField(max_length=64)
    secret_digest = models.CharField(max_length=64, blank=True)
    number = models.PositiveIntegerField(default=1)
    # Another wish of the same person is open: no message goes out for this one.
    is_silent = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name_digest", "-expires_at"], name="password_reset_by_name"),
            models.Index(fields=["expires_at"], name="password_reset_by_end"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["secret_digest"],
                condition=~models.Q(secret_digest=""),
                name="password_reset_secret_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)
