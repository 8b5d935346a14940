"""What is wrong with a rule's data, as sentences per field. Source: ER 3.1, ER-1, ER-2."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model

from earning.engine import Label
from earning.models import (
    LIMITED_TYPES,
    EarningRule,
    LimitPeriod,
    ReferralEvent,
    RewardedPerson,
    RuleType,
    StoreEvent,
)
from earning.services.rule_data import Limit, RuleData
from loyalty.core.models import Store

BLANK = "This value should not be blank."
NOT_VALID = "This value is not valid."
NOT_NEGATIVE = "This value should be 0 or more."
TOO_HIGH = "This value is too high."
TOO_PRECISE = "This value should have at most 2 decimals."
TOO_LONG = "This value is longer than 255 characters."
TOO_MUCH_TEXT = "This value is longer than 10000 characters."
TOO_MANY = "This list has more than 1000 entries."
NO_TARGET = "Choose at least one level or segment."
NO_PRODUCT = "Name at least one SKU or label."
FOR_EVERYBODY = "New accounts have neither levels nor segments; leave this empty."
EVENT_TAKEN = "Another rule already pays for this event."
NOT_A_PATH = "Slashes cannot stand in the name of an event."
OUTSIDE_THE_GLOBE = "This value should be between -{bound} and {bound}."
FIVE_DECIMALS = "This value should have at most 5 decimals."
TOO_NEAR = "This value should be 1 or more."
NOT_INSTANT = "Rewards of this kind cannot be handed out by a purchase."

TEXT_MAX = 255
DESCRIPTION_MAX = 10_000
ENTRIES_MAX = 1_000
# Below what NUMERIC(14, 2) holds: with it no purchase leaves the engine's arithmetic.
AMOUNT_MAX = Decimal("999999999999.99")
CENT = Decimal("0.01")
COORDINATE_STEP = Decimal("0.00001")
LATITUDE_MAX, LONGITUDE_MAX = 90, 180
USES_MAX = 2**31 - 1

Faults = dict[str, list[str]]


def faults_of(type: RuleType, data: RuleData) -> Faults:
    """Return the faults of everything but the ids, by the names of `RuleData`."""
    faults: Faults = defaultdict(list)
    _check_common(faults, data)
    match type:
        case RuleType.POINTS:
            _check_points(faults, data)
        case RuleType.MULTIPLY_FOR_PRODUCT:
            _check_multiply(faults, data)
        case RuleType.MULTIPLY_BY_PRODUCT_LABELS:
            _check_label_multipliers(faults, data)
        case RuleType.PRODUCT_PURCHASE:
            _check_product_purchase(faults, data)
        case RuleType.EVENT:
            _check_choice(faults, "event_name", data.event_name, StoreEvent.values)
            _check_amount(faults, "points_amount", data.points_amount)
        case RuleType.CUSTOM_EVENT:
            _check_custom_event(faults, data)
        case RuleType.QRCODE:
            _check_text(faults, "code", data.code)
            _check_amount(faults, "points_amount", data.points_amount)
        case RuleType.GEOLOCATION:
            _check_geolocation(faults, data)
        case RuleType.REFERRAL:
            _check_choice(faults, "event_name", data.event_name, ReferralEvent.values)
            _check_choice(faults, "reward_type", data.reward_type, RewardedPerson.values)
            _check_amount(faults, "points_amount", data.points_amount)
        case RuleType.INSTANT_REWARD:
            _check_text(faults, "reward_campaign", data.reward_campaign)
    if type in LIMITED_TYPES:
        _check_limit(faults, data.limit)
    return faults


def event_faults(store: Store, data: RuleData, *, besides: EarningRule | None) -> list[str]:
    """Return the fault of a custom event that another rule of the store pays for (ER 3.1)."""
    rules = EarningRule.objects.in_store(store).filter(
        type=RuleType.CUSTOM_EVENT, event_name=data.event_name
    )
    if besides is not None:
        rules = rules.exclude(pk=besides.pk)
    return [EVENT_TAKEN] if rules.exists() else []


def resolve(model: type[Model], store: Store, uuids: Sequence[str]) -> tuple[list[Any], list[str]]:
    """Return the store's rows with these uuids, and the faults of those that name none."""
    if len(uuids) > ENTRIES_MAX:
        return [], [TOO_MANY]
    wanted = [_uuid(text) for text in uuids]
    if not wanted:
        return [], []
    manager: Any = model._default_manager
    found = {row.uuid: row for row in manager.filter(store=store, uuid__in=filter(None, wanted))}
    faults = [
        f"There is no {model._meta.verbose_name} {text[:64]}."
        for text, uuid in zip(uuids, wanted, strict=True)
        if uuid not in found
    ]
    return list(found.values()), faults


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _check_common(faults: Faults, data: RuleData) -> None:
    _check_text(faults, "name", data.name)
    if not data.description.strip():
        faults["description"].append(BLANK)
    elif len(data.description) > DESCRIPTION_MAX:
        faults["description"].append(TOO_MUCH_TEXT)
    if not data.is_all_time_active:
        for name in ("start_at", "end_at"):
            if getattr(data, name) is None:
                faults[name].append(BLANK)


def _check_points(faults: Faults, data: RuleData) -> None:
    _check_amount(faults, "point_value", data.point_value)
    if data.min_order_value is not None:
        _check_amount(faults, "min_order_value", data.min_order_value)
    _check_texts(faults, "excluded_skus", data.excluded_skus)
    _check_labels(faults, "included_labels", data.included_labels)
    _check_labels(faults, "excluded_labels", data.excluded_labels)


def _check_multiply(faults: Faults, data: RuleData) -> None:
    _check_amount(faults, "multiplier", data.multiplier)
    _check_texts(faults, "sku_ids", data.sku_ids)
    _check_labels(faults, "labels", data.labels)
    if not data.sku_ids and not data.labels:
        faults["sku_ids"].append(NO_PRODUCT)


def _check_label_multipliers(faults: Faults, data: RuleData) -> None:
    if not data.label_multipliers:
        faults["label_multipliers"].append(BLANK)
    if len(data.label_multipliers) > ENTRIES_MAX:
        faults["label_multipliers"].append(TOO_MANY)
        return
    for number, row in enumerate(data.label_multipliers):
        _check_text(faults, f"label_multipliers.{number}.key", row.key)
        _check_text(faults, f"label_multipliers.{number}.value", row.value)
        _check_amount(faults, f"label_multipliers.{number}.multiplier", row.multiplier)


def _check_product_purchase(faults: Faults, data: RuleData) -> None:
    _check_amount(faults, "points_amount", data.points_amount)
    _check_texts(faults, "sku_ids", data.sku_ids)
    if not data.sku_ids:
        faults["sku_ids"].append(BLANK)


def _check_custom_event(faults: Faults, data: RuleData) -> None:
    _check_text(faults, "event_name", data.event_name)
    if "/" in data.event_name:
        # The name is a part of the address that reports the event.
        faults["event_name"].append(NOT_A_PATH)
    _check_amount(faults, "points_amount", data.points_amount)


def _check_geolocation(faults: Faults, data: RuleData) -> None:
    _check_coordinate(faults, "latitude", data.latitude, LATITUDE_MAX)
    _check_coordinate(faults, "longitude", data.longitude, LONGITUDE_MAX)
    for name in ("radius", "points_amount"):
        amount = getattr(data, name)
        _check_amount(faults, name, amount)
        if not faults[name] and amount < 1:
            faults[name].append(TOO_NEAR)


def _check_coordinate(faults: Faults, name: str, degrees: Decimal | None, bound: int) -> None:
    if degrees is None:
        faults[name].append(BLANK)
    else:
        faults[name].extend(coordinate_faults(degrees, bound))


def coordinate_faults(degrees: Decimal, bound: int) -> list[str]:
    """Return what is wrong with a latitude (`bound` 90) or a longitude (180). Source: ER-22."""
    if not degrees.is_finite():
        return [NOT_VALID]
    if abs(degrees) > bound:
        return [OUTSIDE_THE_GLOBE.format(bound=bound)]
    if degrees != degrees.quantize(COORDINATE_STEP):
        return [FIVE_DECIMALS]
    return []


def _check_limit(faults: Faults, limit: Limit) -> None:
    if limit.period or limit.is_active:
        _check_choice(faults, "limit.period", limit.period, LimitPeriod.values)
    if limit.uses is None:
        if limit.is_active:
            faults["limit.uses"].append(BLANK)
    elif limit.uses < 0:
        faults["limit.uses"].append(NOT_NEGATIVE)
    elif limit.uses > USES_MAX:
        faults["limit.uses"].append(TOO_HIGH)


def _check_choice(faults: Faults, name: str, value: str, choices: Sequence[str]) -> None:
    if not value:
        faults[name].append(BLANK)
    elif value not in choices:
        faults[name].append(f"This value is none of: {', '.join(choices)}.")


def _check_amount(faults: Faults, name: str, amount: Decimal | None) -> None:
    if amount is None:
        faults[name].append(BLANK)
    elif not amount.is_finite():
        faults[name].append(NOT_VALID)
    elif amount < 0:
        faults[name].append(NOT_NEGATIVE)
    elif amount > AMOUNT_MAX:
        faults[name].append(TOO_HIGH)
    elif amount != amount.quantize(CENT):
        faults[name].append(TOO_PRECISE)


def _check_text(faults: Faults, name: str, text: str) -> None:
    if not text.strip():
        faults[name].append(BLANK)
    elif len(text) > TEXT_MAX:
        faults[name].append(TOO_LONG)


def _check_texts(faults: Faults, name: str, texts: Sequence[str]) -> None:
    if len(texts) > ENTRIES_MAX:
        faults[name].append(TOO_MANY)
    if any(not text.strip() for text in texts):
        faults[name].append(BLANK)
    if any(len(text) > TEXT_MAX for text in texts):
        faults[name].append(TOO_LONG)


def _check_labels(faults: Faults, name: str, labels: Sequence[Label]) -> None:
    _check_texts(faults, name, [part for label in labels for part in label])
