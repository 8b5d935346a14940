"""
The typed registry of what a store can be set to. Source: domain spec 9, SET-1…13.

`groups` is the table: each line names a setting's wire key, type, default and help, and is at the
same time the typed attribute that commands read (`store.settings.points_days_active_count`).
`clean_form()` checks a whole form of them and returns what to store.
"""

from loyalty.core.store_settings.base import Setting
from loyalty.core.store_settings.choices import (
    CUSTOMER_STATUSES,
    IDENTIFIERS,
    Channel,
    DowngradeBase,
    DowngradeMode,
    ExpiryMode,
    MarketingVendor,
    TierBasis,
)
from loyalty.core.store_settings.forms import SettingsRefused, clean_form, with_present_names
from loyalty.core.store_settings.kinds import (
    Choice,
    Credentials,
    Flag,
    IdentifierOrder,
    TextSet,
    Whole,
    WholeOrNone,
)
from loyalty.core.store_settings.reading import StoreSettings, documented, registry
from loyalty.core.store_settings.texts import EmailAddress, ZoneName

__all__ = [
    "CUSTOMER_STATUSES",
    "IDENTIFIERS",
    "Channel",
    "Choice",
    "Credentials",
    "DowngradeBase",
    "DowngradeMode",
    "EmailAddress",
    "ExpiryMode",
    "Flag",
    "IdentifierOrder",
    "MarketingVendor",
    "Setting",
    "SettingsRefused",
    "StoreSettings",
    "TextSet",
    "TierBasis",
    "Whole",
    "WholeOrNone",
    "ZoneName",
    "clean_form",
    "documented",
    "registry",
    "with_present_names",
]
