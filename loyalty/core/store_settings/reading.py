"""A store's settings, read."""

from collections.abc import Iterator, Mapping
from typing import Any

from loyalty.core.store_settings import groups
from loyalty.core.store_settings.base import Setting
from loyalty.core.store_settings.choices import ExpiryMode


class StoreSettings(
    groups.ProgramSettings,
    groups.PointsSettings,
    groups.NoticeSettings,
    groups.LevelSettings,
    groups.PurchaseSettings,
    groups.ContactSettings,
    groups.ServiceSettings,
    groups.TillSettings,
    groups.LookSettings,
):
    """A store's settings, defaults filled in. Immutable; reading one runs no query."""

    def __init__(self, values: Mapping[str, Any], *, currency: str = "EUR") -> None:
        self.values = values
        # Fixed when the store was created, so it is the store's, and only shown among the settings.
        self.currency = currency

    def as_form(self) -> dict[str, Any]:
        """Return all settings under their wire keys, as `clean_form` takes them back."""
        return {
            setting.wire: self.values.get(setting.wire, setting.default) for setting in registry()
        }

    def as_wire(self) -> dict[str, Any]:
        """Return what an API shows: all but our own, older names included (SET-1, SET-13)."""
        stored = self.as_form()
        wire: dict[str, Any] = {"currency": self.currency}
        wire |= {setting.wire: stored[setting.wire] for setting in documented()}
        wire["accountActivationMethod"] = wire["preferredCommunicationMethod"]
        wire["allTimeActive"] = wire["pointsDaysExpiryAfter"] == ExpiryMode.ALL_TIME_ACTIVE
        wire["pointsDaysActive"] = wire["pointsDaysActiveCount"]
        return wire


def registry() -> Iterator[Setting[Any]]:
    """Yield every setting, in the order of the groups."""
    for group in StoreSettings.__bases__:
        for attribute in vars(group).values():
            if isinstance(attribute, Setting):
                yield attribute


def documented() -> Iterator[Setting[Any]]:
    """Yield the settings that an API shows and takes."""
    return (setting for setting in registry() if not setting.is_own)
