"""Stores: the tenants of an installation."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models

from loyalty.core.models.base import PublicModel

if TYPE_CHECKING:
    from loyalty.core.store_settings import StoreSettings

    # What was stored, and what it says.
    _Known = tuple[object, StoreSettings]

DEFAULT_STORE_CODE = "DEFAULT"


class Store(PublicModel):
    """
    One merchant's program. Everything but staff, roles, languages, audit and events belongs to one.

    Source: STO-1…4. Code and currency are fixed at creation.
    """

    code = models.CharField(
        max_length=64, unique=True, validators=[RegexValidator(r"^[a-zA-Z0-9_-]{1,64}$")]
    )
    name = models.CharField(max_length=255)
    currency = models.CharField(max_length=3)
    is_active = models.BooleanField(default=True)
    # The values that staff chose; what is missing has the registry's default.
    setting_values = models.JSONField(default=dict, blank=True)
    # Grows with every change of an earning rule, level or segment that rules depend on, so that
    # a process knows in the query that reads the store whether its compiled rules still hold.
    rules_version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def settings(self) -> "StoreSettings":
        """Return the typed settings of this store, defaults filled in. Runs no query."""
        # A purchase asks a dozen times; the values are replaced, never changed in place.
        known: _Known | None = self.__dict__.get("_settings")
        if known is None or known[0] is not self.setting_values:
            from loyalty.core.store_settings import StoreSettings

            settings = StoreSettings(self.setting_values, currency=self.currency)
            known = self.__dict__["_settings"] = (self.setting_values, settings)
        return known[1]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)
