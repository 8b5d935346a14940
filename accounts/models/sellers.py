"""Sellers: the people at the till, each bound to one point of sale."""

from django.contrib.auth.hashers import check_password, make_password
from django.db import models

from accounts.models.pos import Pos
from loyalty.core.models import StoreModel


class Seller(StoreModel):
    """A shop employee (SEL-1…6). `email` is kept in lower case. Deleting is soft."""

    first_name = models.CharField(max_length=255)
    last_name = models.CharField(max_length=255)
    email = models.EmailField()
    phone = models.CharField(max_length=64, blank=True)
    password = models.CharField(max_length=128, blank=True)
    pos = models.ForeignKey(Pos, on_delete=models.PROTECT, related_name="sellers")
    is_active = models.BooleanField(default=True)
    is_deleted = models.BooleanField(default=False)
    may_transfer_points = models.BooleanField(default=False)
    last_login_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["last_name", "first_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "email"],
                condition=models.Q(is_deleted=False),
                name="seller_email_once_per_store",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def set_password(self, raw: str) -> None:
        self.password = make_password(raw)

    def check_password(self, raw: str) -> bool:
        return check_password(raw, self.password)
