"""Points and levels, as messages tell of them (PA-24, PE-10, LV-13, LV-17)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.utils import translation

from accounts.models import Customer, Level
from loyalty.core.messages.outbox import Addressee, Values
from loyalty.core.models import Event
from loyalty.notices.addressees import customer_of
from loyalty.portal.templatetags import portal_format


def can_be_spent(fact: Event) -> bool:
    """Adding a locked lot changes nothing that can be spent (PA-24)."""
    return fact.payload.get("type") == "adding" and not fact.payload.get("lockedUntil")


def added(fact: Event, to: Addressee, language: str) -> Values | None:
    values = _of_customer(fact)
    if values is None:
        return None
    return values | {
        "added_points_amount": points_in(fact.payload["value"], language),
        "active_points_amount": points_in(fact.payload["active"], language),
    }


def expiring(fact: Event, to: Addressee, language: str) -> Values | None:
    values = _of_customer(fact)
    if values is None:
        return None
    return values | {
        "points_amount": points_in(fact.payload["points"], language),
        "expiry_date": _day(date.fromisoformat(fact.payload["expiryDate"]), language),
    }


def is_earned_rise(fact: Event) -> bool:
    payload = fact.payload
    by_hand = payload.get("manually") or payload.get("removeLevelManually")
    return payload.get("direction") == "up" and not by_hand


def level_reached(fact: Event, to: Addressee, language: str) -> Values | None:
    """None where the customer has moved on since: another message tells of that."""
    values = _of_customer(fact)
    level = _level(fact, "levelId")
    customer = customer_of(fact)
    if values is None or level is None or customer is None or customer.level_id != level.pk:
        return None
    with translation.override(language):
        discount = portal_format.percentage(level.reward_value)
    return values | {"level_name": level.translated(language)[0], "level_discount": discount}


def level_ending(fact: Event, to: Addressee, language: str) -> Values | None:
    values = _of_customer(fact)
    level, future = _level(fact, "levelId"), _level(fact, "futureLevelId")
    if values is None or level is None or future is None:
        return None
    return values | {
        "level_name": level.translated(language)[0],
        "future_level_name": future.translated(language)[0],
        "expiry_date": _day(datetime.fromisoformat(fact.payload["endsAt"]).date(), language),
    }


def _of_customer(fact: Event) -> dict[str, str] | None:
    customer = customer_of(fact)
    return None if customer is None else about(customer)


def about(customer: Customer) -> dict[str, str]:
    return {
        "first_name": customer.first_name,
        "ecommerce_address": customer.store.settings.program_url,
    }


def _level(fact: Event, key: str) -> Level | None:
    assert fact.store is not None
    levels = Level.objects.in_store(fact.store).prefetch_related("translations")
    return levels.filter(uuid=fact.payload[key]).first()


def points_in(amount: Any, language: str) -> str:
    with translation.override(language):
        return portal_format.points(Decimal(str(amount)))


def _day(day: date, language: str) -> str:
    return format_date(day, "long", locale=translation.to_locale(language))
