"""What is wrong with a reward's data, as sentences per field. Source: §1.2, CAM-12…18."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Model

from campaigns import providers
from campaigns.models import (
    CODE_TYPES,
    CampaignCategory,
    ConnectType,
    RewardType,
)
from campaigns.selectors import connected_rules
from campaigns.services.campaign_data import CampaignData
from loyalty.core.models import Store
from loyalty.core.selectors.languages import default_code

BLANK = "This value should not be blank."
NOT_VALID = "This value is not valid."
NOT_NEGATIVE = "This value should be 0 or more."
NOT_POSITIVE = "This value should be greater than 0."
TOO_FEW = "This value should be 1 or more."
TOO_HIGH = "This value is too high."
TOO_PRECISE = "This value should have at most 2 decimals."
TOO_LONG = "This value is longer than 255 characters."
TOO_MUCH_TEXT = "This value is longer than 10000 characters."
TOO_MANY = "This list has more than 1000 entries."
NO_TARGET = "This collection should contain 1 element or more."
NOT_A_LOCALE = "This is not a locale, such as en or pt_BR."
NOT_A_URL = "This value is not a valid URL."
LABEL_SIGNS = "Colons and semicolons cannot stand in a label."
WINDOW_ENDS_FIRST = "The end should not be before the start."
NO_SUCH_RULE = "There is no earning rule of this kind with this id."

NAME_MAX = 255
TEXT_MAX = 10_000
URL_MAX = 2_000
ENTRIES_MAX = 1_000
LOCALE_MAX = 16
WHOLE_MAX = 2**31 - 1
# A hundred years: beyond it a coupon's dates leave the calendar.
DAYS_MAX = 36_500
REWARD_VALUE_MAX = Decimal("999999999")
AMOUNT_MAX = Decimal("999999999999.99")
CENT = Decimal("0.01")
TAX_MAX, PERCENT_MAX = 98, 99

Faults = dict[str, list[str]]


def faults_of(store: Store, type: RewardType, data: CampaignData) -> Faults:
    """Return the faults of everything but ids and coupons, by the names of `CampaignData`."""
    faults: Faults = defaultdict(list)
    _check_texts(faults, data)
    _check_labels(faults, data.labels)
    _check_link(faults, data.more_information_link)
    if len(data.push_notification_text) > TEXT_MAX:
        faults["push_notification_text"].append(TOO_MUCH_TEXT)
    _check_worth(faults, data)
    _check_whole(faults, "low_stock_threshold", data.low_stock_threshold, WHOLE_MAX)
    _check_window(faults, "active", data.is_all_time_active, data.active_from, data.active_to)
    if type in CODE_TYPES or type is RewardType.CUSTOM_CAMPAIGN_CODE:
        window = data.is_all_time_visible, data.visible_from, data.visible_to
        _check_window(faults, "visible", *window)
    if type in CODE_TYPES:
        _check_amount(faults, "cost_in_points", data.cost_in_points)
        _check_limits(faults, data)
    elif type is RewardType.CASHBACK:
        _check_amount(faults, "point_value", data.point_value)
        if data.cashback_provider and data.cashback_provider not in providers.PROVIDERS:
            faults["cashback_provider"].append(NOT_VALID)
    elif type is RewardType.PERCENTAGE_DISCOUNT_CODE:
        name, percent = "transaction_percentage_value", data.transaction_percentage_value
        _check_whole(faults, name, percent, PERCENT_MAX)
    else:
        _check_connection(faults, store, data)
    if type is not RewardType.CASHBACK:
        is_optional = type is RewardType.CUSTOM_CAMPAIGN_CODE
        for name in ("days_inactive", "days_valid"):
            days = getattr(data, name)
            if days is not None or not is_optional:
                _check_whole(faults, name, days, DAYS_MAX)
    return faults


def resolve(model: type[Model], store: Store, uuids: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the primary keys of the store's rows with these uuids, and the faults of others."""
    if len(uuids) > ENTRIES_MAX:
        return [], [TOO_MANY]
    wanted = list(dict.fromkeys((text, _uuid(text)) for text in uuids))
    if not wanted:
        return [], []
    manager: Any = model._default_manager
    rows = manager.filter(store=store, uuid__in=[uuid for _, uuid in wanted if uuid])
    found: dict[UUID | None, int] = dict(rows.values_list("uuid", "pk"))
    name = "category" if model is CampaignCategory else model._meta.verbose_name
    faults = [f"There is no {name} {text[:64]}." for text, uuid in wanted if uuid not in found]
    return [found[uuid] for _, uuid in wanted if uuid in found], faults


def clean_codes(codes: Iterable[str], faults: Faults) -> list[str]:
    """Return codes trimmed, each once, in their order (POOL-1)."""
    cleaned = list(dict.fromkeys(code.strip() for code in codes))
    if any(len(code) > NAME_MAX for code in cleaned):
        faults["coupons"].append(TOO_LONG)
    return [code for code in cleaned if code]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _check_texts(faults: Faults, data: CampaignData) -> None:
    language = default_code()
    default = data.translations.get(language)
    if default is None or not default.name.strip():
        faults[f"translations.{language}.name"].append(BLANK)
    for locale, text in data.translations.items():
        if not locale or len(locale) > LOCALE_MAX:
            faults["translations"].append(NOT_A_LOCALE)
        for name in ("name", "brand_name"):
            if len(getattr(text, name)) > NAME_MAX:
                faults[f"translations.{locale}.{name}"].append(TOO_LONG)
        for name in (
            "short_description",
            "conditions_description",
            "usage_instruction",
            "brand_description",
        ):
            if len(getattr(text, name)) > TEXT_MAX:
                faults[f"translations.{locale}.{name}"].append(TOO_MUCH_TEXT)


def _check_labels(faults: Faults, labels: Sequence[tuple[str, str]]) -> None:
    if len(labels) > ENTRIES_MAX:
        faults["labels"].append(TOO_MANY)
    parts = [part for label in labels for part in label]
    if any(not key.strip() for key, _ in labels):
        faults["labels"].append(BLANK)
    if any(len(part) > NAME_MAX for part in parts):
        faults["labels"].append(TOO_LONG)
    if any(sign in part for part in parts for sign in ":;"):
        faults["labels"].append(LABEL_SIGNS)


def _check_link(faults: Faults, link: str) -> None:
    if not link:
        return
    try:
        URLValidator(schemes=["http", "https"])(link)
    except ValidationError:
        faults["more_information_link"].append(NOT_A_URL)
    else:
        if len(link) > URL_MAX:
            faults["more_information_link"].append(NOT_A_URL)


def _check_worth(faults: Faults, data: CampaignData) -> None:
    for name, top in (("reward_value", REWARD_VALUE_MAX), ("tax_price_value", AMOUNT_MAX)):
        value = getattr(data, name)
        if value is None:
            continue
        if not value.is_finite() or value <= 0:
            faults[name].append(NOT_POSITIVE)
        elif value >= top:
            faults[name].append(TOO_HIGH)
        elif value != value.quantize(CENT):
            faults[name].append(TOO_PRECISE)
    if data.tax is not None:
        _check_whole(faults, "tax", data.tax, TAX_MAX)


def _check_window(faults: Faults, name: str, is_all_time: bool, start: Any, end: Any) -> None:
    if is_all_time:
        return
    for side, value in (("from", start), ("to", end)):
        if value is None:
            faults[f"{name}_{side}"].append(BLANK)
    if start is not None and end is not None and start > end:
        faults[f"{name}_to"].append(WINDOW_ENDS_FIRST)


def _check_limits(faults: Faults, data: CampaignData) -> None:
    if data.is_unlimited:
        return
    for name in ("limit", "limit_per_user"):
        value = getattr(data, name)
        if value is None:
            faults[name].append(BLANK)
        elif value < 1:
            faults[name].append(TOO_FEW)
        elif value > WHOLE_MAX:
            faults[name].append(TOO_HIGH)


def _check_connection(faults: Faults, store: Store, data: CampaignData) -> None:
    if not data.connect_type:
        faults["connect_type"].append(BLANK)
    elif data.connect_type not in ConnectType.values:
        faults["connect_type"].append(f"This value is none of: {', '.join(ConnectType.values)}.")
    elif data.connect_type != ConnectType.NONE:
        uuid = _uuid(data.earning_rule)
        rules = connected_rules.get_rules(store, [uuid]) if uuid else {}
        if uuid is None and not data.earning_rule:
            faults["earning_rule"].append(BLANK)
        elif uuid not in rules or rules[uuid].type != data.connect_type:
            faults["earning_rule"].append(NO_SUCH_RULE)


def _check_whole(faults: Faults, name: str, value: int | None, top: int) -> None:
    if value is None:
        faults[name].append(BLANK)
    elif value < 0:
        faults[name].append(NOT_NEGATIVE)
    elif value > top:
        faults[name].append(TOO_HIGH)


def _check_amount(faults: Faults, name: str, amount: Decimal | None) -> None:
    if amount is None:
        faults[name].append(BLANK)
    elif not amount.is_finite():
        faults[name].append(NOT_VALID)
    elif amount < 0:
        faults[name].append(NOT_NEGATIVE)
    elif amount > AMOUNT_MAX:
        faults[name].append(TOO_HIGH)
