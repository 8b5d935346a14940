"""
The typed registry of what a store can be set to. Source: domain spec 9, SET-1…13.

`StoreSettings` is the table: each line names a setting's wire key, type, default and help, and is
at the same time the typed attribute that commands read (`store.settings.points_days_active_count`).
`clean_form()` checks a whole form of them and returns what to store.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar, overload
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from loyalty.core.errors import InvalidFields
from loyalty.core.webhooks import addresses

T = TypeVar("T")

NOT_BLANK = "This value should not be blank."
NOT_VALID = "This value is not valid."
NOT_A_CHOICE = "The value you selected is not a valid choice."
NOT_A_NUMBER = "This value should be a whole number."

DAYS_MAX = 36_500
# A shift, after which a till is locked however much it is used.
POS_IDLE_MINUTES_MAX = 12 * 60
TEXT_MAX = 2_000
LIST_MAX = 1_000

# What a webhook's request says itself.
OWN_HEADERS = {
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
}

CURRENCIES = ("pln", "usd", "eur", "hkd", "cop", "inr", "vnd")
CUSTOMER_STATUSES = ("new", "active", "blocked", "deleted")
IDENTIFIERS = ("email", "loyaltyCardNumber", "phone")


# Settings that let somebody else act in the store's name; never written where people read.
SECRETS = frozenset({"smsApiToken", "pushySecretKey", "webhookHeaderValue", "sales_manago"})


class ExpiryMode(StrEnum):
    """When points expire (PE-1…4)."""

    ALL_TIME_ACTIVE = "all_time_active"
    AFTER_X_DAYS = "after_x_days"
    END_OF_MONTH = "at_the_end_of_the_month"
    END_OF_YEAR = "at_the_end_of_the_year"


class TierBasis(StrEnum):
    TRANSACTIONS = "transactions"
    POINTS = "points"


class DowngradeMode(StrEnum):
    NONE = "none"
    AUTOMATIC = "automatic"
    AFTER_X_DAYS = "after_x_days"


class DowngradeBase(StrEnum):
    NONE = "none"
    ACTIVE_POINTS = "active_points"
    EARNED_POINTS = "earned_points"
    EARNED_SINCE_LEVEL_CHANGE = "earned_points_since_last_level_change"


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class MarketingVendor(StrEnum):
    NONE = "none"
    SALES_MANAGO = "sales_manago"


class SettingsRefused(InvalidFields):
    """The settings are not valid. `errors`: sentences per wire key."""

    code = "settings_refused"


class ValueRefused(ValueError):
    """One value is not what its setting takes; the message is fit for people."""


class Setting(Generic[T]):
    """
    One setting: how it is called, checked, stored and read.

    `wire`: the key in forms and answers. `default`: as it is stored in JSON. `required`: a form
    without it, or with an empty value, is refused. `is_kept_when_omitted`: a form that does not
    name it leaves it as it was; else it becomes what an empty field means for its type.
    `is_own`: no vendor's API knows it; staff change it in the cockpit, and API forms leave it be.
    """

    attribute: str

    def __init__(
        self,
        wire: str,
        *,
        default: Any,
        help: str,
        required: bool = False,
        is_kept_when_omitted: bool = False,
        is_own: bool = False,
    ) -> None:
        self.wire = wire
        self.default = default
        self.help = help
        self.required = required
        self.is_kept_when_omitted = is_kept_when_omitted or is_own
        self.is_own = is_own

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "StoreSettings", owner: type) -> T: ...
    def __get__(self, instance: "StoreSettings | None", owner: type) -> "Self | T":
        if instance is None:
            return self
        return self.to_python(instance.values.get(self.wire, self.default))

    def to_python(self, stored: Any) -> T:
        """Turn the stored JSON value into what the attribute is typed as."""
        value: T = stored
        return value

    def clean(self, raw: object) -> Any:
        """Turn a form's value that is not empty into what is stored, or raise `ValueRefused`."""
        raise NotImplementedError

    def empty(self) -> Any:
        """Return what is stored for a field that was left empty."""
        return self.default


class Text(Setting[str]):
    def __init__(
        self, wire: str, *, help: str, default: str = "", length_max: int = TEXT_MAX, **options: Any
    ) -> None:
        super().__init__(wire, default=default, help=help, **options)
        self.length_max = length_max

    def clean(self, raw: object) -> str:
        if not isinstance(raw, str | int | float) or isinstance(raw, bool):
            raise ValueRefused(NOT_VALID)
        text = str(raw).strip()
        if len(text) > self.length_max:
            raise ValueRefused(f"This value is longer than {self.length_max} characters.")
        self.check(text)
        return text

    def check(self, text: str) -> None:
        """Refuse what is text but not this kind of text."""

    def empty(self) -> str:
        return ""


class Address(Text):
    """A web address."""

    def check(self, text: str) -> None:
        try:
            parts = urlsplit(text)
        except ValueError as error:
            raise ValueRefused("This value is not a valid URL.") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in text:
            raise ValueRefused("This value is not a valid URL.")


class EmailAddress(Text):
    def check(self, text: str) -> None:
        try:
            validate_email(text)
        except ValidationError as error:
            raise ValueRefused("This value is not a valid email address.") from error


class WebhookAddress(Text):
    """Where webhooks go: into the world. What its name means is asked where it is saved."""

    def check(self, text: str) -> None:
        if fault := addresses.fault_of(text):
            raise ValueRefused(fault)


class Colour(Text):
    def check(self, text: str) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
            raise ValueRefused("This value is not a colour such as #1a2b3c.")


class HeaderName(Text):
    def check(self, text: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", text):
            raise ValueRefused("This value is not the name of a header.")
        if text.lower() in OWN_HEADERS or text.lower().startswith("webhook-"):
            raise ValueRefused("This header has a meaning of its own and cannot be set.")


class HeaderValue(Text):
    def check(self, text: str) -> None:
        if not all(" " <= character <= "~" for character in text):
            raise ValueRefused("This value cannot stand in a header.")


class ZoneName(Text):
    def check(self, text: str) -> None:
        if text not in available_timezones():
            raise ValueRefused("This value is not a valid timezone.")


class Flag(Setting[bool]):
    """A box to tick: a form that leaves it out says no."""

    def clean(self, raw: object) -> bool:
        return _as_flag(raw)

    def empty(self) -> bool:
        return False


class Whole(Setting[int]):
    """A whole number, of days unless its name says otherwise, from `least` to `most`."""

    def __init__(
        self,
        wire: str,
        *,
        default: int,
        help: str,
        least: int = 0,
        most: int = DAYS_MAX,
        **options: Any,
    ) -> None:
        super().__init__(wire, default=default, help=help, **options)
        self.least = least
        self.most = most

    def clean(self, raw: object) -> int:
        return _as_whole(raw, least=self.least, most=self.most)


class WholeOrNone(Setting[int | None]):
    """As `Whole`, but may have no value."""

    def __init__(self, wire: str, *, help: str, default: int | None = None, **options: Any) -> None:
        super().__init__(wire, default=default, help=help, **options)

    def clean(self, raw: object) -> int:
        # Below 1 is refused where the number counts: by the rules over several settings.
        return _as_whole(raw, least=None)

    def empty(self) -> None:
        return None


E = TypeVar("E", bound=StrEnum)


class Choice(Setting[E]):
    def __init__(self, wire: str, *, default: E, help: str, **options: Any) -> None:
        super().__init__(wire, default=default.value, help=help, **options)
        self.choices = type(default)

    def to_python(self, stored: Any) -> E:
        return self.choices(stored)

    def clean(self, raw: object) -> str:
        try:
            return self.choices(str(raw)).value
        except ValueError as error:
            raise ValueRefused(NOT_A_CHOICE) from error


class TextSet(Setting[frozenset[str]]):
    """Some texts, in no order; of `choices` where given."""

    def __init__(
        self,
        wire: str,
        *,
        help: str,
        default: Iterable[str] = (),
        choices: tuple[str, ...] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(wire, default=list(default), help=help, **options)
        self.choices = choices

    def to_python(self, stored: Any) -> frozenset[str]:
        return frozenset(stored)

    def clean(self, raw: object) -> list[str]:
        texts: dict[str, None] = {}
        for item in _as_list(raw):
            if not isinstance(item, str | int) or isinstance(item, bool):
                raise ValueRefused(NOT_VALID)
            text = str(item).strip()
            if self.choices is not None and text not in self.choices:
                raise ValueRefused(NOT_A_CHOICE)
            if len(text) > 255:
                raise ValueRefused("This value is longer than 255 characters.")
            if text:
                texts[text] = None
        return list(texts)

    def empty(self) -> list[str]:
        return []


class IdentifierOrder(Setting[tuple[str, ...]]):
    """
    In which order a purchase's customer data are tried (TX-6, SET-12).

    On the wire and stored: a list of {"priority": 1, "field": "email"}; read: the fields in order.
    """

    def to_python(self, stored: Any) -> tuple[str, ...]:
        return tuple(line["field"] for line in sorted(stored, key=lambda line: line["priority"]))

    def clean(self, raw: object) -> list[dict[str, Any]]:
        lines = []
        for item in _as_list(raw):
            if not isinstance(item, Mapping):
                raise ValueRefused(NOT_VALID)
            if item.get("field") not in IDENTIFIERS:
                raise ValueRefused(NOT_A_CHOICE)
            lines.append(
                {"priority": _as_whole(item.get("priority"), least=0), "field": item["field"]}
            )
        for name in ("priority", "field"):
            if len({line[name] for line in lines}) < len(lines):
                raise ValueRefused(f"Each {name} can be used only once.")
        return sorted(lines, key=lambda line: line["priority"])

    def empty(self) -> list[dict[str, Any]]:
        return []


class Credentials(Setting[Mapping[str, str]]):
    """A compound of texts, such as the access to another service."""

    def __init__(self, wire: str, *, fields: tuple[str, ...], help: str) -> None:
        super().__init__(wire, default={}, help=help)
        self.fields = fields

    def clean(self, raw: object) -> dict[str, str]:
        if not isinstance(raw, Mapping):
            raise ValueRefused(NOT_VALID)
        if not all(isinstance(raw.get(field, ""), str) for field in self.fields):
            raise ValueRefused(NOT_VALID)
        return {field: raw.get(field, "").strip()[:TEXT_MAX] for field in self.fields}


class StoreSettings:
    """A store's settings, defaults filled in. Immutable; reading one runs no query."""

    timezone = ZoneName(
        "timezone", default="Europe/Warsaw", required=True, help="Time zone of the program."
    )
    program_name = Text(
        "programName", default="Loyalty Program", required=True, help="Name of the program."
    )
    program_url = Address("programUrl", help="Address of the program's site.")
    program_conditions_url = Address("programConditionsUrl", help="Address of the conditions.")
    program_faq_url = Address("programFaqUrl", help="Address of the questions and answers.")
    program_points_singular = Text(
        "programPointsSingular", default="Point", required=True, help="Word for one point."
    )
    program_points_plural = Text(
        "programPointsPlural", default="Points", required=True, help="Word for several points."
    )
    help_email_address = EmailAddress("helpEmailAddress", help="Where customers ask for help.")

    returns = Flag("returns", default=True, help="Return documents take points back.")
    allow_customers_profile_edits = Flag(
        "allowCustomersProfileEdits", default=True, help="Customers may edit their own data."
    )
    points_days_expiry_after = Choice(
        "pointsDaysExpiryAfter",
        default=ExpiryMode.AFTER_X_DAYS,
        required=True,
        help="How points expire.",
    )
    points_days_active_count = WholeOrNone(
        "pointsDaysActiveCount",
        default=30,
        help="Days until points expire; for after_x_days only.",
    )
    all_time_not_locked = Flag(
        "allTimeNotLocked", default=True, help="New points can be used at once."
    )
    points_days_locked = WholeOrNone(
        "pointsDaysLocked", help="Days that new points stay locked, unless allTimeNotLocked."
    )
    points_return_grace_days = Whole(
        "pointsReturnGraceDays",
        default=30,
        is_kept_when_omitted=True,
        help="Days that points given back by an undone spending are valid when their own date has "
        "passed; 0: they expire at once.",
    )
    expire_points_notification_days = Whole(
        "expirePointsNotificationDays", default=10, help="Days ahead to announce expiring points."
    )
    expire_coupons_notification_days = Whole(
        "expireCouponsNotificationDays", default=10, help="Days ahead to announce expiring coupons."
    )
    expire_levels_notification_days = Whole(
        "expireLevelsNotificationDays", default=10, help="Days ahead to announce expiring levels."
    )

    tier_assign_type = Choice(
        "tierAssignType",
        default=TierBasis.TRANSACTIONS,
        required=True,
        help="What decides a customer's level.",
    )
    exclude_delivery_costs_from_tier_assignment = Flag(
        "excludeDeliveryCostsFromTierAssignment",
        default=False,
        help="Delivery costs do not count for levels.",
    )
    excluded_delivery_skus = TextSet("excludedDeliverySKUs", help="SKUs that are delivery costs.")
    excluded_level_skus = TextSet("excludedLevelSKUs", help="SKUs that do not count for levels.")
    excluded_level_categories = TextSet(
        "excludedLevelCategories", help="Categories that do not count for levels."
    )
    level_downgrade_mode = Choice(
        "levelDowngradeMode",
        default=DowngradeMode.NONE,
        help="When customers fall back a level; with tier by points only.",
    )
    level_downgrade_days = WholeOrNone(
        "levelDowngradeDays", help="Days between recalculations; for after_x_days only."
    )
    level_downgrade_base = Choice(
        "levelDowngradeBase",
        default=DowngradeBase.NONE,
        help="Which points are counted; for after_x_days only.",
    )
    level_reset_points_on_downgrade = Flag(
        "levelResetPointsOnDowngrade",
        default=False,
        help="Points are reset at a recalculation; with base active_points only.",
    )

    customers_identification_priority = IdentifierOrder(
        "customersIdentificationPriority",
        default=[
            {"priority": 1, "field": "email"},
            {"priority": 2, "field": "loyaltyCardNumber"},
            {"priority": 3, "field": "phone"},
        ],
        help="In which order a purchase's customer data are tried.",
    )
    customer_statuses_earning = TextSet(
        "customerStatusesEarning",
        default=["active"],
        choices=CUSTOMER_STATUSES,
        required=True,
        help="Customers of these statuses earn points.",
    )
    customer_statuses_spending = TextSet(
        "customerStatusesSpending",
        default=["active"],
        choices=CUSTOMER_STATUSES,
        required=True,
        help="Customers of these statuses may buy rewards.",
    )

    preferred_communication_method = Choice(
        "preferredCommunicationMethod",
        default=Channel.EMAIL,
        required=True,
        help="How customers are written to; this decides which contact they must give.",
    )
    account_activation_required = Flag(
        "accountActivationRequired",
        default=True,
        is_kept_when_omitted=True,
        help="Customers who register themselves must confirm it.",
    )
    sms_api_token = Text("smsApiToken", help="Key of the SMS gateway.")

    marketing_vendors_value = Choice(
        "marketingVendorsValue", default=MarketingVendor.NONE, help="Marketing tool to connect."
    )
    sales_manago = Credentials(
        "sales_manago",
        fields=("api_url", "api_secret", "api_key", "customer_id", "email"),
        help="Access to SALESmanago; with marketingVendorsValue sales_manago only.",
    )
    pushy_secret_key = Text("pushySecretKey", help="Key of the push service.")
    webhooks = Flag("webhooks", default=False, help="Webhooks are sent.")
    uri_webhooks = WebhookAddress("uriWebhooks", help="Where webhooks go.")
    webhook_header_name = HeaderName("webhookHeaderName", help="Name of an extra webhook header.")
    webhook_header_value = HeaderValue("webhookHeaderValue", help="Value of that header.")

    pos_idle_minutes = Whole(
        "posIdleMinutes",
        default=15,
        least=1,
        most=POS_IDLE_MINUTES_MAX,
        is_own=True,
        help="Minutes after which a till that nobody uses is locked, 1 to 720.",
    )

    accent_color = Colour("accentColor", help="Main colour of the cockpits.")
    css_template = Text("cssTemplate", length_max=100_000, help="Style sheet of the cockpits.")

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
    """Yield every setting, in the order of the table."""
    for attribute in vars(StoreSettings).values():
        if isinstance(attribute, Setting):
            yield attribute


def documented() -> Iterator[Setting[Any]]:
    """Yield the settings that an API shows and takes."""
    return (setting for setting in registry() if not setting.is_own)


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


def _as_flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower() if isinstance(raw, str | int) else ""
    if word in {"1", "true", "on", "yes"}:
        return True
    if word in {"0", "false", "off", "no"}:
        return False
    raise ValueRefused(NOT_VALID)


def _as_whole(raw: object, *, least: int | None, most: int = DAYS_MAX) -> int:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, str) and re.fullmatch(r"[+-]?[0-9]{1,9}", raw.strip()):
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise ValueRefused(NOT_A_NUMBER)
    if least is not None and raw < least:
        raise ValueRefused(f"This value should be {least} or more.")
    if abs(raw) > most:
        raise ValueRefused(f"This value should be {most} or less.")
    return raw


def _as_list(raw: object) -> list[Any]:
    """Accept a list, and what a form with numbered brackets makes of one: {"0": …, "1": …}."""
    if isinstance(raw, Mapping):
        raw = list(raw.values())
    if not isinstance(raw, list):
        raise ValueRefused(NOT_VALID)
    if len(raw) > LIST_MAX:
        raise ValueRefused(f"More than {LIST_MAX} values.")
    return raw
