"""
The values of the select fields in clients' forms, in the layouts that clients read. Source: SET-24.
"""

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale

from loyalty.core.selectors.languages import list_languages
from loyalty.core.store_settings import CUSTOMER_STATUSES, Channel, ExpiryMode, StoreSettings

# Groups of zones that are no places but older names and offsets.
_NO_PLACES = {"Etc", "US", "Brazil", "Canada", "Chile", "Mexico", "SystemV", "posix", "right"}


@cache
def time_zones() -> dict[str, dict[str, str]]:
    """Return the zones by continent: group → label → value."""
    groups: dict[str, dict[str, str]] = {}
    for name in sorted(available_timezones()):
        group, slash, place = name.partition("/")
        if slash and group not in _NO_PLACES:
            groups.setdefault(group, {})[place.replace("_", " ").replace("/", " - ")] = name
    groups["Other"] = {"UTC": "UTC"}
    return groups


@cache
def languages() -> dict[str, str]:
    """Return the languages that have a two-letter code: label → value."""
    names = Locale("en").languages
    return {name: code for code, name in sorted(names.items(), key=_label) if len(code) == 2}


@cache
def countries() -> dict[str, str]:
    """Return the countries and territories: label → two-letter code."""
    names = Locale("en").territories
    # ZZ and its like stand for no country; EU, EZ and UN for several.
    left_out = {"EU", "EZ", "UN", "XA", "XB", "ZZ"}
    return {
        name: code
        for code, name in sorted(names.items(), key=_label)
        if len(code) == 2 and code.isalpha() and code not in left_out
    }


def frontend_languages() -> list[dict[str, Any]]:
    return [
        {
            "name": language.name,
            "code": language.code,
            "default": language.is_default,
            "order": language.order,
        }
        for language in list_languages()
    ]


def marketing_vendors() -> dict[str, Any]:
    return {
        "none": {"name": "None", "config": {}},
        "sales_manago": {
            "name": "SALESmanago",
            "config": dict.fromkeys(StoreSettings.sales_manago.fields, "text"),
        },
    }


LISTS: dict[str, Callable[[], Any]] = {
    "timezone": time_zones,
    "language": languages,
    "country": countries,
    "availableFrontendTranslations": frontend_languages,
    "availableMarketingVendors": marketing_vendors,
    "availableCustomerStatuses": lambda: list(CUSTOMER_STATUSES),
    "availableAccountActivationMethods": lambda: [channel.value for channel in Channel],
    "deliveryStatus": lambda: ["ordered", "canceled", "shipped", "delivered"],
    "availablePointExpireAfter": lambda: {
        ExpiryMode.ALL_TIME_ACTIVE.value: "Points never expire",
        ExpiryMode.AFTER_X_DAYS.value: "After a number of days",
        ExpiryMode.END_OF_MONTH.value: "At the end of the month",
        ExpiryMode.END_OF_YEAR.value: "At the end of the year",
    },
    "earningRuleLimitPeriod": lambda: {
        "1 day": "day",
        "1 week": "week",
        "1 month": "month",
        "3 months": "3months",
        "6 months": "6months",
        "1 year": "year",
        "Forever": "forever",
    },
    "promotedEvents": lambda: {
        "Account created": "oloy.account.created",
        "Customer logged in": "oloy.customer.logged_in",
        "First purchase": "oloy.transaction.customer_first_transaction",
        "Newsletter subscription": "oloy.customer.newsletter_subscription",
    },
    "referralEvents": lambda: {
        "Registration": "register",
        "First purchase": "first_purchase",
        "Every purchase": "every_purchase",
    },
    "referralTypes": lambda: {"Referred": "referred", "Referrer": "referrer", "Both": "both"},
}


def _label(entry: tuple[str, str]) -> str:
    return entry[1]
