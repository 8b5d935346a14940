"""Whole forms of settings: checked together and made ready to be stored. Source: SET-1…12."""

from collections.abc import Mapping
from typing import Any

from loyalty.core.errors import InvalidFields
from loyalty.core.store_settings.base import NOT_BLANK, Setting, ValueRefused
from loyalty.core.store_settings.choices import (
    Channel,
    DowngradeBase,
    DowngradeMode,
    ExpiryMode,
    MarketingVendor,
    TierBasis,
)
from loyalty.core.store_settings.reading import StoreSettings, registry


class SettingsRefused(InvalidFields):
    """The settings are not valid. `errors`: sentences per wire key."""

    code = "settings_refused"


def clean_form(
    form: Mapping[str, Any], *, stored: Mapping[str, Any], currency: str
) -> dict[str, Any]:
    """
    Return what to store for a whole form of wire keys (SET-1); keys of no setting are left out.

    `stored`: the present values, for the few settings that an omission keeps. `currency`: of the
    store; the form may repeat it, not change it.

    :raises SettingsRefused: with sentences per wire key.
    """
    form = with_present_names(form)
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for setting in registry():
        try:
            values[setting.wire] = _clean_one(setting, form, stored)
        except ValueRefused as refusal:
            errors[setting.wire] = [str(refusal)]
    if not _is_empty(sent := form.get("currency")) and str(sent).lower() != currency.lower():
        errors["currency"] = [f"The currency of this store is {currency} and cannot be changed."]
    if not errors:
        _settle(values)
        errors = _check_together(values)
    if errors:
        raise SettingsRefused(errors)
    return values


def with_present_names(form: Mapping[str, Any]) -> dict[str, Any]:
    """Translate the names of older releases; where both came, the present ones count."""
    renamed = dict(form)
    older = {
        "pointsDaysActiveCount": "pointsDaysActive",
        "preferredCommunicationMethod": "accountActivationMethod",
    }
    for present, old in older.items():
        if old in form and present not in form:
            renamed[present] = form[old]
    if "pointsDaysExpiryAfter" not in form and "allTimeActive" in form:
        is_forever = str(form["allTimeActive"]).lower() in {"1", "true", "on"}
        renamed["pointsDaysExpiryAfter"] = (
            ExpiryMode.ALL_TIME_ACTIVE if is_forever else ExpiryMode.AFTER_X_DAYS
        )
    return renamed


def _clean_one(setting: Setting[Any], form: Mapping[str, Any], stored: Mapping[str, Any]) -> Any:
    if setting.wire not in form and setting.is_kept_when_omitted:
        return stored.get(setting.wire, setting.default)
    raw = form.get(setting.wire)
    value = setting.empty() if _is_empty(raw) else setting.clean(raw)
    if setting.required and (_is_empty(raw) or value in ("", [])):
        raise ValueRefused(NOT_BLANK)
    return value


def _settle(values: dict[str, Any]) -> None:
    """Empty what other settings make meaningless (SET-10)."""
    if values["tierAssignType"] == TierBasis.TRANSACTIONS:
        values["levelDowngradeMode"] = DowngradeMode.NONE.value
    if values["levelDowngradeMode"] != DowngradeMode.AFTER_X_DAYS:
        values["levelDowngradeDays"] = None
        values["levelDowngradeBase"] = DowngradeBase.NONE.value
    if values["levelDowngradeBase"] != DowngradeBase.ACTIVE_POINTS:
        values["levelResetPointsOnDowngrade"] = False


def _check_together(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Check what one setting demands of another (SET-11)."""
    errors: dict[str, list[str]] = {}

    def need_days(key: str) -> None:
        if values[key] is None:
            errors[key] = [NOT_BLANK]
        elif values[key] < 1:
            errors[key] = ["This value should be greater than 0."]

    if values["pointsDaysExpiryAfter"] == ExpiryMode.AFTER_X_DAYS:
        need_days("pointsDaysActiveCount")
    if not values["allTimeNotLocked"]:
        need_days("pointsDaysLocked")
    if values["excludeDeliveryCostsFromTierAssignment"] and not values["excludedDeliverySKUs"]:
        errors["excludedDeliverySKUs"] = [NOT_BLANK]
    if values["levelDowngradeMode"] == DowngradeMode.AFTER_X_DAYS:
        need_days("levelDowngradeDays")
        if values["levelDowngradeBase"] == DowngradeBase.NONE:
            errors["levelDowngradeBase"] = [NOT_BLANK]
    if values["preferredCommunicationMethod"] == Channel.SMS and not values["smsApiToken"]:
        errors["smsApiToken"] = [NOT_BLANK]
    if values["webhooks"] and not values["uriWebhooks"]:
        errors["uriWebhooks"] = [NOT_BLANK]
    if values["marketingVendorsValue"] == MarketingVendor.SALES_MANAGO:
        access = values["sales_manago"]
        if not all(access.get(field) for field in StoreSettings.sales_manago.fields):
            errors["sales_manago"] = [NOT_BLANK]
    return errors


def _is_empty(raw: object) -> bool:
    return raw is None or raw in ("", [], {})
