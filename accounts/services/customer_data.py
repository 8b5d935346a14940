"""What is said of a customer, and what is wrong with it. Source: campaigns-people spec 8.1."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from accounts import identifiers
from accounts.models import CardState, Customer, Gender, Level, Pos, Seller
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from loyalty.core.store_settings import Channel

BLANK = "This value should not be blank."
NO_ENTRY_LEVEL = "There is no active level that begins at 0; choose a level."
LEVEL_NOT_ACTIVE = "This level is not active."
TAKEN = "This value is already used."
TOO_LONG = "This value is longer than {length} characters."
NO_EMAIL = "This value is not a valid email address."
NO_PHONE = "This value is not a valid phone number."
NO_CHOICE = "The value you selected is not a valid choice."
MUST_AGREE = "This agreement is required."
BOTH_OR_NEITHER = "Give both the name and the tax number of the company, or neither."
LABEL_WITHOUT_KEY = "Every label needs a key."

ADDRESS_KEYS = ("street", "address1", "address2", "postal", "city", "province", "country")
COMPANY_KEYS = ("name", "nip")
TEXT_MAX = 255
LABELS_MAX = 100

_CONSTRAINTS = {
    "customer_email_once_per_store": "email",
    "customer_phone_once_per_store": "phone",
    "customer_card_once_per_store": "loyalty_card_number",
}

Errors = defaultdict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Registration:
    """
    A new customer's data.

    `level`: given by hand (LV-10). `password`: None: they have none yet. `created_at`: when they
    joined; None: now. `address`, `company`: by the keys of 8.1. `labels`: {"key": …, "value": …}.
    `invitation_token`, `referral_customer_email`: who brought them; who fits neither is ignored.
    """

    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    loyalty_card_number: str | None = None
    gender: str = Gender.NOT_DISCLOSED
    birth_date: date | None = None
    created_at: datetime | None = None
    address: Mapping[str, str] = field(default_factory=dict)
    company: Mapping[str, str] = field(default_factory=dict)
    labels: Sequence[Mapping[str, str]] = ()
    agreement1: bool = False
    agreement2: bool = False
    agreement3: bool = False
    level: Level | None = None
    pos: Pos | None = None
    seller: Seller | None = None
    password: str | None = None
    invitation_token: str = ""
    referral_customer_email: str = ""


class Changes(TypedDict, total=False):
    """What is to be changed of a customer; a key that is missing stays as it is (CUS-20)."""

    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    loyalty_card_number: str | None
    gender: str
    birth_date: date | None
    created_at: datetime
    address: Mapping[str, str]
    company: Mapping[str, str]
    labels: Sequence[Mapping[str, str]]
    agreement1: bool
    agreement2: bool
    agreement3: bool
    card_state: str
    level: Level | None
    pos: Pos | None
    seller: Seller | None


def cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given values in the form in which they are stored."""
    return {
        name: _CLEANERS[name](value) if name in _CLEANERS else value
        for name, value in values.items()
    }


def faults(values: Mapping[str, Any], store: Store) -> Errors:
    """Return what is wrong with cleaned values, by field; only the given ones are looked at."""
    errors: Errors = defaultdict(list)
    for name in ("first_name", "last_name"):
        if name in values:
            _check_text(errors, name, values[name], is_required=True)
    _check_identifiers(errors, values, store)
    if "gender" in values and values["gender"] not in _GENDERS:
        errors["gender"].append(NO_CHOICE)
    if "card_state" in values and values["card_state"] not in _CARD_STATES:
        errors["card_state"].append(NO_CHOICE)
    for name in ("address", "company"):
        for text in values.get(name, {}).values():
            _check_text(errors, name, text)
    if len(values.get("company", {})) == 1:
        errors["company"].append(BOTH_OR_NEITHER)
    _check_labels(errors, values.get("labels", ()))
    if "agreement1" in values and not values["agreement1"]:
        errors["agreement1"].append(MUST_AGREE)
    return errors


def taken(values: Mapping[str, Any], store: Store, *, besides: Customer | None = None) -> list[str]:
    """Return which of the given identifiers another customer of the store has (CUS-5)."""
    email, phone = values.get("email"), values.get("phone")
    card = values.get("loyalty_card_number")
    same = Q()
    if email:
        same |= Q(lower_email=email)
    if phone:
        same |= Q(phone=phone)
    if card:
        same |= Q(lower_card=card.lower())
    if not same:
        return []
    others = Customer.objects.in_store(store).annotate(
        lower_email=Lower("email"), lower_card=Lower("loyalty_card_number")
    )
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    rows = list(others.filter(same).values_list("lower_email", "phone", "lower_card"))
    given = (email, phone, card and card.lower())
    fields = ("email", "phone", "loyalty_card_number")
    return [
        name
        for place, name in enumerate(fields)
        if given[place] and any(row[place] == given[place] for row in rows)
    ]


def refuse(errors: Errors) -> None:
    """Raise the errors, if there are any."""
    found = {name: texts for name, texts in errors.items() if texts}
    if found:
        raise InvalidFields(found)


@contextmanager
def clashes_refused() -> Iterator[None]:
    """Write inside this: of two who take the same e-mail at once, the second gets a field error."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name not in _CONSTRAINTS:
            raise
        raise InvalidFields({_CONSTRAINTS[name]: [TAKEN]}) from error


def _compound(block: Mapping[str, str | None], keys: Sequence[str]) -> dict[str, str]:
    """Keep the keys that a compound has, in their order, where they are not empty."""
    texts = {key: (block.get(key) or "").strip() for key in keys} if block else {}
    return {key: text for key, text in texts.items() if text}


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "first_name": str.strip,
    "last_name": str.strip,
    "email": identifiers.normal_email,
    "phone": identifiers.normal_phone,
    "loyalty_card_number": identifiers.normal_card,
    "address": lambda block: _compound(block, ADDRESS_KEYS),
    "company": lambda block: _compound(block, COMPANY_KEYS),
    "labels": lambda labels: [
        {"key": label["key"].strip(), "value": label.get("value", "").strip()} for label in labels
    ],
}
# Django's enumerations make their lists anew each time.
_GENDERS = frozenset(Gender.values)
_CARD_STATES = frozenset(CardState.values)


def _check_text(errors: Errors, name: str, text: str, *, is_required: bool = False) -> None:
    if is_required and not text:
        errors[name].append(BLANK)
    if len(text) > TEXT_MAX:
        errors[name].append(TOO_LONG.format(length=TEXT_MAX))


def _check_identifiers(errors: Errors, values: Mapping[str, Any], store: Store) -> None:
    required = required_identifier(store)
    if required in values and values[required] is None:
        errors[required].append(BLANK)
    email, phone = values.get("email"), values.get("phone")
    if email and (len(email) > 254 or not identifiers.is_email(email)):
        errors["email"].append(NO_EMAIL)
    if phone and not identifiers.is_phone(phone):
        errors["phone"].append(NO_PHONE)
    _check_text(errors, "loyalty_card_number", values.get("loyalty_card_number") or "")


def required_identifier(store: Store) -> str:
    """Return the identifier that the store's messages need (8.1)."""
    is_sms = store.settings.preferred_communication_method == Channel.SMS
    return "phone" if is_sms else "email"


def _check_labels(errors: Errors, labels: Sequence[Mapping[str, str]]) -> None:
    if any(not label["key"] for label in labels):
        errors["labels"].append(LABEL_WITHOUT_KEY)
    if len(labels) > LABELS_MAX:
        errors["labels"].append(f"A customer may have at most {LABELS_MAX} labels.")
    for label in labels:
        _check_text(errors, "labels", label["key"])
        _check_text(errors, "labels", label["value"])
