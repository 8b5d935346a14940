"""
What a criterion takes: each kind of input is checked here and brought into the form it is kept in.

A kind is a function from what a door hands over (plain Python values) to what JSON keeps. It raises
`Fault` with the sentence that the person is to read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts import identifiers
from accounts.models import Customer, CustomerStatus, Pos
from loyalty.core.models import Store

BLANK = "This value should not be blank."
NO_NUMBER = "This value is not a valid number."
NOT_WHOLE = "This value should be a whole number."
NO_CHOICE = "The value you selected is not a valid choice."
TOO_LONG = "This value is longer than 255 characters."
LABEL_WITHOUT_KEY = "Every label needs a key."
LABEL_WITHOUT_VALUE = "Every label needs a value."
AMOUNT_MAX = Decimal(10) ** 15
WHOLE_MAX = 2**31 - 1
# A century: beyond it every customer fits, and calendars end.
DAYS_MAX = 36_525
TEXTS_MAX = 1_000
CUSTOMERS_MAX = 10_000
TEXT_LENGTH_MAX = 255


class Fault(Exception):
    """What is wrong with one input, as a sentence for people."""


Clean = Callable[[Any, Store], Any]


@dataclass(frozen=True)
class Parameter:
    """An input of a criterion, under the name that it is kept by."""

    name: str
    clean: Clean
    is_required: bool = True


def days(value: Any, store: Store) -> int:
    return _whole(value, 1, DAYS_MAX)


def count(value: Any, store: Store) -> int:
    return _whole(value, 0, WHOLE_MAX)


def amount(value: Any, store: Store) -> str:
    """Keep money as text with at most four decimals."""
    number = _number(value)
    if number < 0:
        raise Fault("This value should be 0 or more.")
    if number > AMOUNT_MAX:
        raise Fault("This value is too high.")
    if number != round(number, 4):
        raise Fault("This value has more than 4 decimals.")
    return f"{number:f}"


def percent(value: Any, store: Store) -> str:
    """Take 20 for 20 percent and keep 0.2."""
    number = _number(value)
    if not 0 <= number <= 100:
        raise Fault("This value should be between 0 and 100.")
    if number != round(number, 4):
        raise Fault("This value has more than 4 decimals.")
    return f"{(number / 100).normalize():f}"


def choice(*words: str) -> Clean:
    def clean(value: Any, store: Store) -> str:
        if value not in words:
            raise Fault(NO_CHOICE)
        return str(value)

    return clean


def instant(value: Any, store: Store) -> str:
    assert isinstance(value, datetime), "Doors read dates; rooms do not."
    return value.isoformat()


def texts(value: Any, store: Store) -> list[str]:
    """Keep a list of texts without blanks around them, each once whatever its case."""
    found = {text.lower(): text for text in _texts(value, TEXTS_MAX)}
    return list(found.values())


def label_keys(value: Any, store: Store) -> list[dict[str, str]]:
    return [{"key": label["key"]} for label in _labels(value)]


def label_pairs(value: Any, store: Store) -> list[dict[str, str]]:
    labels = _labels(value)
    if not all(label["value"] for label in labels):
        raise Fault(LABEL_WITHOUT_VALUE)
    return labels


def pos(value: Any, store: Store) -> str:
    return pos_list([value], store)[0]


def pos_list(value: Any, store: Store) -> list[str]:
    """Keep the ids of points of sale of the store."""
    texts = _texts(value, TEXTS_MAX)
    wanted = [uuid for text in texts if (uuid := _uuid(text))]
    if len(wanted) < len(texts):
        raise Fault(NO_CHOICE)
    rows = Pos.objects.in_store(store).filter(uuid__in=wanted)
    if set(rows.values_list("uuid", flat=True)) != set(wanted):
        raise Fault(NO_CHOICE)
    return [str(uuid) for uuid in dict.fromkeys(wanted)]


def customers(value: Any, store: Store) -> list[str]:
    """
    Keep the ids of customers, each named by id, e-mail address, phone number or loyalty card.

    Who is unknown is refused, and so is a text that names two: one's phone, another's card.
    """
    wanted = _texts(value, CUSTOMERS_MAX)
    by_name = _customers_by_name(wanted, store)
    unknown = [text for text in wanted if not by_name[text]]
    if unknown:
        raise Fault(f"There is no such customer: {_some(unknown)}.")
    ambiguous = [text for text in wanted if len(by_name[text]) > 1]
    if ambiguous:
        raise Fault(f"This names more than one customer: {_some(ambiguous)}.")
    return list(dict.fromkeys(str(uuid) for text in wanted for uuid in by_name[text]))


def _customers_by_name(wanted: Sequence[str], store: Store) -> dict[str, set[UUID]]:
    """Return whom each text names. One query."""
    phones = {text: identifiers.normal_phone(text) for text in wanted}
    lower = [text.lower() for text in wanted]
    known: QuerySet[Any] = Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED)
    rows = known.annotate(
        lower_email=Lower("email"), lower_card=Lower("loyalty_card_number")
    ).filter(
        Q(uuid__in=[uuid for text in wanted if (uuid := _uuid(text))])
        | Q(lower_email__in=lower)
        | Q(phone__in=[phone for phone in phones.values() if phone])
        | Q(lower_card__in=lower)
    )
    names: dict[tuple[str, Any], UUID] = {}
    for uuid, email, phone, card in rows.values_list("uuid", "lower_email", "phone", "lower_card"):
        names |= {("uuid", uuid): uuid, ("email", email): uuid}
        names |= {("phone", phone): uuid, ("card", card): uuid}
    return {
        text: {
            names[name]
            for name in (
                ("uuid", _uuid(text)),
                ("email", text.lower()),
                ("phone", phones[text]),
                ("card", text.lower()),
            )
            if name[1] is not None and name in names
        }
        for text in wanted
    }


def _some(texts: Sequence[str]) -> str:
    shown = ", ".join(texts[:5])
    return f"{shown} …" if len(texts) > 5 else shown


def _whole(value: Any, least: int, most: int) -> int:
    number = _number(value)
    if number != int(number):
        raise Fault(NOT_WHOLE)
    if number < least:
        raise Fault(f"This value should be {least} or more.")
    if number > most:
        raise Fault(f"This value should be {most} or less.")
    return int(number)


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Fault(NO_NUMBER) from error
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise Fault(NO_NUMBER)
    return number


def _texts(value: Any, most: int) -> list[str]:
    if not isinstance(value, list | tuple):
        raise Fault("A list is due here.")
    found = list(dict.fromkeys(text for item in value if (text := str(item).strip())))
    if not found:
        raise Fault(BLANK)
    if len(found) > most:
        raise Fault(f"At most {most} values are allowed.")
    if any(len(text) > TEXT_LENGTH_MAX for text in found):
        raise Fault(TOO_LONG)
    if any("\0" in text for text in found):
        raise Fault("This value is not valid.")
    return found


def _labels(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, dict) for item in value):
        raise Fault("A list of labels is due here.")
    labels = [
        {part: str(item.get(part) or "").strip() for part in ("key", "value")} for item in value
    ]
    if not labels:
        raise Fault(BLANK)
    if len(labels) > TEXTS_MAX:
        raise Fault(f"At most {TEXTS_MAX} values are allowed.")
    if not all(label["key"] for label in labels):
        raise Fault(LABEL_WITHOUT_KEY)
    parts = [text for label in labels for text in label.values()]
    if any(len(text) > TEXT_LENGTH_MAX for text in parts):
        raise Fault(TOO_LONG)
    if any("\0" in text for text in parts):
        raise Fault("This value is not valid.")
    return labels


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
