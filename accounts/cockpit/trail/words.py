"""What the entries about each kind of thing mean, in the reader's language."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import in_language, language_name, word, words_of_deed

DATE_SUFFIXES = ("_at", "_from", "_to", "_date", "_since")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

Show = Callable[[Any], str]


@dataclass(frozen=True)
class Subject:
    """
    What the entries about one kind of thing say.

    `deeds`: by event type, what somebody did. `fields`: labels, in the order to show them; a name
    counts in camelCase and in snake_case. `values`: how a field's values are written. `references`:
    which kind of thing a field's ids mean. `prepared`: values whose words need to know the store,
    which is read once for a page. `named`: what an `entity_id` is called, where no screen knows it.
    """

    noun: Any
    deeds: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Show] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    prepared: Mapping[str, Callable[[CockpitRequest], Show]] = field(default_factory=dict)
    named: Show | None = None


UNKNOWN = Subject("")
_subjects: dict[str, Subject] = {}
# The labels of each kind's fields, under their names in snake_case.
_fields: dict[str, dict[str, Any]] = {}
_deeds: dict[str, Any] = {}


def register(subjects: Mapping[str, Subject]) -> None:
    """Say what entries mean, by their `entity_type`."""
    _subjects.update(subjects)
    for entity_type, subject in subjects.items():
        _fields[entity_type] = {snake(name): text for name, text in subject.fields.items()}
        _deeds.update(subject.deeds)


def subject_of(entity_type: str) -> Subject:
    return _subjects.get(entity_type, UNKNOWN)


def deed(event_type: str) -> str:
    """Return what somebody did; of a deed that only other programs know, its name."""
    known = _deeds.get(event_type)
    return str(known) if known else words_of_deed(event_type)


def deeds_like(text: str) -> list[str]:
    """Return the event types whose words hold a text, in the reader's language."""
    wanted = text.casefold()
    return [name for name, words in _deeds.items() if wanted in str(words).casefold()]


def noun(entity_type: str) -> str:
    return str(capfirst(str(subject_of(entity_type).noun) or words_of_deed(entity_type)))


def snake(name: str) -> str:
    """Return `firstName` and `first_name` as one."""
    return _HUMP.sub("_", name).lower()


def label(entity_type: str, name: str) -> str:
    """Return how people call a field, such as “Name (Polish)” for `name.pl`."""
    known = _fields.get(entity_type, COMMON).get(snake(name)) or COMMON.get(snake(name))
    if known:
        return str(known)
    head, dot, tail = name.partition(".")
    if not dot:
        return str(capfirst(snake(name).replace("_", " ").strip()))
    if tail.isdigit():
        return f"{label(entity_type, head)} {int(tail) + 1}"
    if language := language_name(tail):
        return in_language(label(entity_type, head), language)
    return f"{label(entity_type, head)}: {label(entity_type, tail)}"


def place_of(entity_type: str, name: str) -> int:
    """Return where among the others a field is shown: in the order of the labels."""
    names = [*_fields.get(entity_type, ()), *COMMON]
    wanted = snake(name)
    for each in (wanted, wanted.partition(".")[0]):
        if each in names:
            return names.index(each)
    return len(names)


# How values are written


def choices(*kinds: Any, **others: Any) -> Show:
    """Return what writes the codes of closed sets in words; a code that it does not know stays."""
    words = {str(value): text for kind in kinds for value, text in kind.choices} | others

    def show(value: Any) -> str:
        return word(words.get(str(value), value))

    return show


def number(value: Any) -> str:
    """Write an amount that the trail keeps as text."""
    try:
        return formats.points(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def share(value: Any) -> str:
    """Write a fraction as a percentage."""
    try:
        return formats.percent(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def moment(value: Any) -> str:
    """Write a day, or a moment in the store's time zone, that the trail keeps as text."""
    text = str(value)
    try:
        if len(text) > len("2026-01-31"):
            return formats.moment(datetime.fromisoformat(text))
        return formats.day(date.fromisoformat(text))
    except ValueError:
        return text


# Labels of fields that many things have.
COMMON: Mapping[str, Any] = {
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "type": gettext_lazy("Type"),
    "code": gettext_lazy("Code"),
    "identifier": gettext_lazy("Identifier"),
    "description": gettext_lazy("Description"),
    "active": gettext_lazy("Active"),
    "is_active": gettext_lazy("Active"),
    "status": gettext_lazy("State"),
    "customer_id": gettext_lazy("Customer"),
    "campaign_id": gettext_lazy("Reward"),
    "points": gettext_lazy("Points"),
    "comment": gettext_lazy("Comment"),
    "level": gettext_lazy("Level"),
    "level_id": gettext_lazy("Level"),
    "levels": gettext_lazy("Levels"),
    "segments": gettext_lazy("Segments"),
    "pos": gettext_lazy("Point of sale"),
    "pos_id": gettext_lazy("Point of sale"),
    "seller": gettext_lazy("Seller"),
    "labels": gettext_lazy("Labels"),
    "location": gettext_lazy("Address"),
    "address": gettext_lazy("Address"),
    "street": gettext_lazy("Street"),
    "address1": gettext_lazy("Building"),
    "address2": gettext_lazy("Flat"),
    "postal": gettext_lazy("Postal code"),
    "city": gettext_lazy("City"),
    "province": gettext_lazy("Province"),
    "country": gettext_lazy("Country"),
    "lat": gettext_lazy("Latitude"),
    "long": gettext_lazy("Longitude"),
    "password": gettext_lazy("Password"),
    "created_at": gettext_lazy("Created"),
    "edited_at": gettext_lazy("Last edited"),
    "active_from": gettext_lazy("Active from"),
    "active_to": gettext_lazy("Active until"),
    "visible_from": gettext_lazy("Visible from"),
    "visible_to": gettext_lazy("Visible until"),
    "ip": gettext_lazy("From"),
    "count": gettext_lazy("Number"),
    "added": gettext_lazy("Added"),
    "removed": gettext_lazy("Removed"),
    "default": gettext_lazy("Default"),
    "currency": gettext_lazy("Currency"),
    "kind": gettext_lazy("Kind"),
    "format": gettext_lazy("Format"),
    "filters": gettext_lazy("Filters"),
    "size": gettext_lazy("Bytes"),
}
