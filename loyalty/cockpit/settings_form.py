"""The store's settings as one typed form, made from their registry."""

from itertools import permutations
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit.forms import CommandForm, LinesField, Section
from loyalty.core import store_settings
from loyalty.core.models import Store
from loyalty.core.services import stores
from loyalty.core.store_settings import IDENTIFIERS, Setting, registry

KEEP = "________"
IDENTIFIER_NAMES = {
    "email": gettext_lazy("e-mail"),
    "loyaltyCardNumber": gettext_lazy("card"),
    "phone": gettext_lazy("phone"),
}
CHOICE_NAMES = {
    "all_time_active": gettext_lazy("never"),
    "after_x_days": gettext_lazy("after a number of days"),
    "at_the_end_of_the_month": gettext_lazy("at the end of the month"),
    "at_the_end_of_the_year": gettext_lazy("at the end of the year"),
    "transactions": gettext_lazy("what customers have bought"),
    "points": gettext_lazy("the points they have earned"),
    "none": gettext_lazy("none"),
    "automatic": gettext_lazy("at once, automatically"),
    "active_points": gettext_lazy("points that can be spent"),
    "earned_points": gettext_lazy("points earned in all"),
    "earned_points_since_last_level_change": gettext_lazy("points earned since the last level"),
    "email": gettext_lazy("e-mail"),
    "sms": gettext_lazy("text message"),
    "sales_manago": "SALESmanago",
    "new": gettext_lazy("new"),
    "active": gettext_lazy("active"),
    "blocked": gettext_lazy("blocked"),
    "deleted": gettext_lazy("deleted"),
}
LABELS = {
    "timezone": gettext_lazy("Time zone"),
    "programName": gettext_lazy("Name of the program"),
    "programUrl": gettext_lazy("Address of the site"),
    "programConditionsUrl": gettext_lazy("Address of the conditions"),
    "programFaqUrl": gettext_lazy("Address of the answers"),
    "programPointsSingular": gettext_lazy("One point is called"),
    "programPointsPlural": gettext_lazy("Several are called"),
    "helpEmailAddress": gettext_lazy("E-mail for help"),
    "returns": gettext_lazy("Returns take points back"),
    "allowCustomersProfileEdits": gettext_lazy("Customers edit their profile"),
    "pointsDaysExpiryAfter": gettext_lazy("Points expire"),
    "pointsDaysActiveCount": gettext_lazy("Days until they expire"),
    "allTimeNotLocked": gettext_lazy("New points can be used at once"),
    "pointsDaysLocked": gettext_lazy("Days that they stay locked"),
    "pointsReturnGraceDays": gettext_lazy("Days for points given back"),
    "expirePointsNotificationDays": gettext_lazy("Points: days ahead"),
    "expireCouponsNotificationDays": gettext_lazy("Coupons: days ahead"),
    "expireLevelsNotificationDays": gettext_lazy("Levels: days ahead"),
    "tierAssignType": gettext_lazy("Levels follow"),
    "excludeDeliveryCostsFromTierAssignment": gettext_lazy("Without delivery costs"),
    "excludedDeliverySKUs": gettext_lazy("SKUs of delivery"),
    "excludedLevelSKUs": gettext_lazy("SKUs that do not count"),
    "excludedLevelCategories": gettext_lazy("Categories that do not count"),
    "levelDowngradeMode": gettext_lazy("Falling back"),
    "levelDowngradeDays": gettext_lazy("Days between checks"),
    "levelDowngradeBase": gettext_lazy("Which points are counted"),
    "levelResetPointsOnDowngrade": gettext_lazy("Reset points at a check"),
    "customersIdentificationPriority": gettext_lazy("Customers are found by"),
    "customerStatusesEarning": gettext_lazy("Who earns points"),
    "customerStatusesSpending": gettext_lazy("Who may buy rewards"),
    "preferredCommunicationMethod": gettext_lazy("Customers are written to by"),
    "accountActivationRequired": gettext_lazy("Registration must be confirmed"),
    "smsApiToken": gettext_lazy("Key of the SMS gateway"),
    "marketingVendorsValue": gettext_lazy("Marketing tool"),
    "pushySecretKey": gettext_lazy("Key of the push service"),
    "webhooks": gettext_lazy("Send webhooks"),
    "uriWebhooks": gettext_lazy("Where they go"),
    "webhookHeaderName": gettext_lazy("Extra header"),
    "webhookHeaderValue": gettext_lazy("Its value"),
    "posIdleMinutes": gettext_lazy("Minutes until it is locked"),
    "accentColor": gettext_lazy("Main colour"),
    "cssTemplate": gettext_lazy("Style sheet"),
}
# Only what the label leaves open.
HELP = {
    "pointsDaysActiveCount": gettext_lazy("Only when points expire after a number of days."),
    "pointsDaysLocked": gettext_lazy("Only when new points cannot be used at once."),
    "pointsReturnGraceDays": gettext_lazy(
        "How long points are valid that an undone spending gives back after their own date; "
        "0: they expire at once."
    ),
    "customersIdentificationPriority": gettext_lazy(
        "What a till sends of the customer is tried in this order."
    ),
    "excludeDeliveryCostsFromTierAssignment": gettext_lazy(
        "Delivery costs, told by the SKUs below, do not count for levels."
    ),
    "levelDowngradeMode": gettext_lazy("Only when levels follow points."),
    "levelDowngradeDays": gettext_lazy("Only when customers fall back after a number of days."),
    "levelResetPointsOnDowngrade": gettext_lazy("Only when points that can be spent are counted."),
    "preferredCommunicationMethod": gettext_lazy("Decides which contact a customer must give."),
    "accountActivationRequired": gettext_lazy(
        "Customers who register themselves confirm their e-mail or phone."
    ),
    "posIdleMinutes": gettext_lazy(
        "A till that nobody uses so long is locked, and what it shows is gone. 1 to 720; few where "
        "customers can reach it."
    ),
    "accentColor": gettext_lazy("Such as #0f6b6b."),
}
SECTIONS: tuple[tuple[Any, tuple[str, ...], Any], ...] = (
    (
        gettext_lazy("Program"),
        (
            "programName",
            "timezone",
            "programPointsSingular",
            "programPointsPlural",
            "programUrl",
            "programConditionsUrl",
            "programFaqUrl",
            "helpEmailAddress",
        ),
        gettext_lazy("How the program is called, and where customers read about it."),
    ),
    (
        gettext_lazy("Points"),
        (
            "pointsDaysExpiryAfter",
            "pointsDaysActiveCount",
            "allTimeNotLocked",
            "pointsDaysLocked",
            "pointsReturnGraceDays",
        ),
        gettext_lazy("For points given from now on; those already given keep their dates."),
    ),
    (
        gettext_lazy("Purchases"),
        ("customersIdentificationPriority", "returns"),
        gettext_lazy("How purchases find their customers."),
    ),
    (
        gettext_lazy("Levels"),
        (
            "tierAssignType",
            "excludeDeliveryCostsFromTierAssignment",
            "excludedDeliverySKUs",
            "excludedLevelSKUs",
            "excludedLevelCategories",
            "levelDowngradeMode",
            "levelDowngradeDays",
            "levelDowngradeBase",
            "levelResetPointsOnDowngrade",
        ),
        gettext_lazy(
            "A change of what levels follow concerns every customer at their next purchase."
        ),
    ),
    (
        gettext_lazy("Customers"),
        (
            "customerStatusesEarning",
            "customerStatusesSpending",
            "allowCustomersProfileEdits",
            "accountActivationRequired",
            "preferredCommunicationMethod",
            "smsApiToken",
        ),
        "",
    ),
    (gettext_lazy("Till"), ("posIdleMinutes",), ""),
    (
        gettext_lazy("Notices"),
        (
            "expirePointsNotificationDays",
            "expireCouponsNotificationDays",
            "expireLevelsNotificationDays",
        ),
        gettext_lazy("How many days ahead customers are told that something expires."),
    ),
    (
        gettext_lazy("Webhooks"),
        ("webhooks", "uriWebhooks", "webhookHeaderName", "webhookHeaderValue"),
        gettext_lazy("What happens here is told to another system of yours."),
    ),
    (
        gettext_lazy("Other services"),
        (
            "marketingVendorsValue",
            *(f"sales_manago.{name}" for name in store_settings.StoreSettings.sales_manago.fields),
            "pushySecretKey",
        ),
        "",
    ),
    (gettext_lazy("Look"), ("accentColor", "cssTemplate"), ""),
)


class SettingsForm(CommandForm):
    """All settings at once, as the API takes them (SET-1). Secrets are never shown again."""

    renamed = {"sales_manago": "sales_manago.api_url"}

    def initial_values(self) -> dict[str, Any]:
        store: Store = self.instance
        form = store.settings.as_form()
        values: dict[str, Any] = {}
        for setting in registry():
            stored = form[setting.wire]
            if isinstance(setting, store_settings.Credentials):
                for name in setting.fields:
                    value = stored.get(name, "")
                    values[f"{setting.wire}.{name}"] = KEEP if value and _is_key(name) else value
            elif isinstance(setting, store_settings.IdentifierOrder):
                values[setting.wire] = ",".join(setting.to_python(stored))
            else:
                values[setting.wire] = KEEP if stored and setting.is_secret else stored
        return values

    def prepare(self) -> None:
        for setting in registry():
            self.fields |= fields_of(setting)
        self.sections = tuple(  # type: ignore[misc]  # made from the registry
            Section(title, names, text) for title, names, text in SECTIONS
        )

    def run(self, data: dict[str, Any]) -> Store:
        stored = self.instance.settings.as_form()
        form = {setting.wire: self._sent(setting, data, stored) for setting in registry()}
        return stores.change_settings(store=self.instance, form=form, actor=self.actor)

    def _sent(self, setting: Setting[Any], data: dict[str, Any], stored: dict[str, Any]) -> Any:
        """Return what the form says of a setting, as the registry reads forms."""
        if isinstance(setting, store_settings.Credentials):
            values = {
                name: _kept(data[f"{setting.wire}.{name}"], stored[setting.wire].get(name, ""))
                for name in setting.fields
            }
            return values if any(values.values()) else {}
        value = data[setting.wire]
        if isinstance(setting, store_settings.IdentifierOrder):
            names = [name for name in value.split(",") if name]
            return [
                {"priority": number, "field": name} for number, name in enumerate(names, start=1)
            ]
        return _kept(value, stored[setting.wire])


def _is_key(name: str) -> bool:
    """Say whether one of the credentials is better not shown; the others tell who has them."""
    return name.startswith("api")


def _kept(sent: Any, stored: Any) -> Any:
    """Return what was sent, or the stored secret where its mask came back untouched."""
    return stored if sent == KEEP else sent


def fields_of(setting: Setting[Any]) -> dict[str, forms.Field]:
    """Return the fields that a setting is edited with, by name."""
    if isinstance(setting, store_settings.Credentials):
        return {f"{setting.wire}.{name}": _credential(name) for name in setting.fields}
    label = LABELS.get(setting.wire) or capfirst(setting.attribute.replace("_", " "))
    options: dict[str, Any] = {
        "label": label,
        "required": False,
        "help_text": HELP.get(setting.wire, ""),
    }
    return {setting.wire: _field(setting, options)}


def _credential(name: str) -> forms.Field:
    label = f"SALESmanago {name.replace('_', ' ')}"
    secret = forms.PasswordInput(render_value=True, attrs={"autocomplete": "off"})
    widget = secret if _is_key(name) else forms.TextInput()
    return forms.CharField(label=label, required=False, widget=widget)


def _field(setting: Setting[Any], options: dict[str, Any]) -> forms.Field:
    if setting.is_secret:
        widget = forms.PasswordInput(render_value=True, attrs={"autocomplete": "off"})
        return forms.CharField(widget=widget, **options)
    if isinstance(setting, store_settings.ZoneName):
        zones = [(name, name) for name in sorted(available_timezones())]
        return forms.ChoiceField(choices=zones, **options)
    if isinstance(setting, store_settings.Flag):
        return forms.BooleanField(**options)
    if isinstance(setting, store_settings.Whole):
        return forms.IntegerField(min_value=setting.least, max_value=setting.most, **options)
    if isinstance(setting, store_settings.WholeOrNone):
        return forms.IntegerField(**options)
    if isinstance(setting, store_settings.Choice):
        names = [(value.value, CHOICE_NAMES.get(value.value, value)) for value in setting.choices]
        return forms.ChoiceField(choices=names, **options)
    if isinstance(setting, store_settings.TextSet):
        return _text_set(setting, options)
    if isinstance(setting, store_settings.IdentifierOrder):
        return forms.ChoiceField(choices=_orders(), **options)
    if isinstance(setting, store_settings.EmailAddress):
        return forms.CharField(widget=forms.EmailInput, **options)
    if setting.wire == "cssTemplate":
        return forms.CharField(widget=forms.Textarea, **options)
    return forms.CharField(**options)


def _text_set(setting: store_settings.TextSet, options: dict[str, Any]) -> forms.Field:
    if setting.choices is None:
        options["help_text"] = _("One in each line.")
        return LinesField(**options)
    names = [(value, CHOICE_NAMES.get(value, value)) for value in setting.choices]
    return forms.MultipleChoiceField(choices=names, widget=forms.CheckboxSelectMultiple, **options)


def _orders() -> list[tuple[str, str]]:
    """Return every order of one to three identifiers, the complete ones first."""
    found = []
    for length in range(len(IDENTIFIERS), 0, -1):
        for order in permutations(IDENTIFIERS, length):
            words = [str(IDENTIFIER_NAMES[name]) for name in order]
            found.append((",".join(order), _(", then ").join(words)))
    return found
