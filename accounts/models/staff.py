"""Staff of the merchant, their roles and what these allow."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from loyalty.core.models import PublicModel


class Resource(models.TextChoices):
    """What a permission is about. Source: campaigns-people spec 11.1."""

    CUSTOMER = "CUSTOMER", "Customers"
    LEVEL = "LEVEL", "Levels"
    SEGMENT = "SEGMENT", "Segments"
    SEGMENT_EXPORT = "SEGMENT_EXPORT", "Utilities"
    EARNING_RULE = "EARNING_RULE", "Earning rules"
    REWARD_CAMPAIGN = "REWARD_CAMPAIGN", "Reward campaigns"
    POINT_TRANSFER = "POINT_TRANSFER", "Points transfers"
    TRANSACTION = "TRANSACTION", "Transactions"
    POS = "POS", "POS"
    SELLER = "SELLER", "Merchants"
    ANALYTICS = "ANALYTICS", "Analytics"
    SETTINGS = "SETTINGS", "Settings"
    AUDIT = "AUDIT", "Audit"
    ADMIN = "ADMIN", "Admin users"
    ACL = "ACL", "Roles"


class Access(models.TextChoices):
    VIEW = "VIEW", "View"
    MODIFY = "MODIFY", "Modify"


class Role(PublicModel):
    """A named set of permissions. The master role has them all and cannot be deleted (ACL-1…5)."""

    name = models.CharField(max_length=255, unique=True)
    is_master = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="role_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RolePermission(models.Model):
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="permissions")
    resource = models.CharField(max_length=32, choices=Resource.choices)
    access = models.CharField(max_length=8, choices=Access.choices)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["role", "resource", "access"], name="role_permission_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.access}"


class StaffUserManager(BaseUserManager["StaffUser"]):
    def get_by_natural_key(self, username: str | None) -> "StaffUser":
        """Find by user name or, as people also type it, by e-mail; case does not matter."""
        return self.get(
            models.Q(username__iexact=username) | models.Q(email__iexact=username, email__gt="")
        )

    def create_superuser(
        self, username: str, password: str | None = None, **fields: Any
    ) -> "StaffUser":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        master, _ = Role.objects.get_or_create(is_master=True, defaults={"name": "Super admin"})
        user.roles.add(master)
        return user


class StaffUser(AbstractBaseUser, PublicModel):
    """
    A person of the merchant's staff, or an integration (`is_external`, ADM-1…4).

    Never deleted, only made inactive. `stores` empty: all stores. `is_from_directory`: signs in
    with the directory's password, and with none kept here (ADM-6).
    """

    username = models.CharField(max_length=255, unique=True)
    email = models.EmailField(blank=True)
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    phone = models.CharField(max_length=64, blank=True)
    is_active = models.BooleanField(default=True)
    is_external = models.BooleanField(default=False)
    is_from_directory = models.BooleanField(default=False, db_default=False)
    roles = models.ManyToManyField(Role, related_name="staff", blank=True)
    stores = models.ManyToManyField("core.Store", related_name="+", blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StaffUserManager] = StaffUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["pk"]
        verbose_name = "staff user"
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="staff_user_email_once"
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_staff(self) -> bool:
        """Django's admin site asks this: who may sign in to the cockpit."""
        return self.is_active and not self.is_external


class PermanentToken(models.Model):
    """A permanent API token of an external staff user; only its hash is kept (ADM-4)."""

    staff = models.ForeignKey(StaffUser, on_delete=models.CASCADE, related_name="permanent_tokens")
    hash = models.CharField(max_length=64, unique=True)
    # The last characters, so that people can tell tokens apart.
    hint = models.CharField(max_length=8)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"…{self.hint}"
