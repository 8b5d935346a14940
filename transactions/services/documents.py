"""What a till tells of a purchase or a return, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from loyalty.core.errors import InvalidFields
from transactions.models import DocumentType

NOT_BLANK = "This value should not be blank."
NOT_TEXT = "This value has characters that are not allowed."
NOT_VALID = "This value is not valid."

TEXT_MAX = 255
LINES_MAX = 1_000
LABELS_MAX = 100
# Far above any receipt in any currency, and low enough that a customer's total never overflows.
GROSS_MAX = Decimal(100_000_000_000)
QUANTITY_MAX = Decimal(1_000_000_000)
GROSS_DECIMALS = 2
QUANTITY_DECIMALS = 4
PURCHASED_FROM = datetime(1970, 1, 1, tzinfo=UTC)
# A till whose clock is ahead must not lose its sales; a year is a typing error.
PURCHASED_AHEAD_MAX = timedelta(days=366)

ADDRESS_KEYS = ("street", "address1", "province", "city", "postal", "country")


@dataclass(frozen=True, slots=True)
class Label:
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `gross_value` is the line's total in the store's currency (ER-10)."""

    sku: str
    name: str
    quantity: Decimal
    gross_value: Decimal
    category: str = ""
    maker: str = ""
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought, as the till knows it: e-mail, phone and card find the customer (TX-6)."""

    name: str = ""
    email: str = ""
    phone: str = ""
    loyalty_card_number: str = ""
    nip: str = ""
    address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """
    A sale, or a return that revises one.

    `purchased_at` None: now. `revised_number`: the document number of the sale, for returns only.
    """

    number: str
    lines: tuple[Line, ...]
    type: DocumentType = DocumentType.SELL
    buyer: Buyer = Buyer()
    purchased_at: datetime | None = None
    purchase_place: str = ""
    pos_uuid: UUID | None = None
    revised_number: str = ""
    labels: tuple[Label, ...] = ()

    @property
    def is_return(self) -> bool:
        return self.type == DocumentType.RETURN


Faults = Iterator[tuple[str, str]]


def check(document: Document, *, now: datetime) -> None:
    """
    Refuse a document that cannot be stored or counted, telling all of its faults at once.

    :raises InvalidFields: by dotted paths such as `lines.0.sku`.
    """
    _refuse(_faults(document, now))


def check_lines(lines: tuple[Line, ...]) -> None:
    """Refuse what `check()` would refuse about the lines of a sale."""
    _refuse(_line_faults(lines, least=Decimal(0)))


def check_labels(labels: tuple[Label, ...]) -> None:
    _refuse(_label_faults("labels", labels))


def text_fault(text: str, *, length_max: int = TEXT_MAX, required: bool = False) -> str | None:
    """Return what is wrong with a text, None where nothing is."""
    if not text:
        return NOT_BLANK if required else None
    if not text.strip():
        return NOT_BLANK if required else _characters_fault(text)
    if len(text) > length_max:
        return f"This value is longer than {length_max} characters."
    return _characters_fault(text)


def _characters_fault(text: str) -> str | None:
    # PostgreSQL stores neither zero bytes nor halves of surrogate pairs, and JSON can carry both.
    if "\x00" in text or (not text.isascii() and _has_surrogates(text)):
        return NOT_TEXT
    return None


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _refuse(faults: Iterable[tuple[str, str]]) -> None:
    errors: dict[str, list[str]] = {}
    for path, message in faults:
        errors.setdefault(path, []).append(message)
    if errors:
        raise InvalidFields(errors)


def _faults(document: Document, now: datetime) -> Faults:
    if fault := text_fault(document.number, required=True):
        yield "number", fault
    if fault := text_fault(document.purchase_place):
        yield "purchase_place", fault
    if document.is_return and (fault := text_fault(document.revised_number, required=True)):
        yield "revised_number", fault
    if document.purchased_at is not None:
        yield from _date_faults(document.purchased_at, now)
    yield from _buyer_faults(document.buyer)
    # The lines of a return may be negative or positive: their absolute value counts (TX-18).
    yield from _line_faults(document.lines, least=-GROSS_MAX if document.is_return else Decimal(0))
    yield from _label_faults("labels", document.labels)


def _date_faults(purchased_at: datetime, now: datetime) -> Faults:
    if purchased_at < PURCHASED_FROM:
        yield "purchased_at", f"This value should be {PURCHASED_FROM:%Y-%m-%d} or later."
    elif purchased_at > now + PURCHASED_AHEAD_MAX:
        yield "purchased_at", "This value is too far in the future."


def _buyer_faults(buyer: Buyer) -> Faults:
    for name in ("name", "email", "phone", "loyalty_card_number", "nip"):
        if fault := text_fault(getattr(buyer, name)):
            yield f"buyer.{name}", fault
    for key, text in buyer.address.items():
        if fault := text_fault(text):
            yield f"buyer.address.{key}", fault


def _line_faults(lines: tuple[Line, ...], *, least: Decimal) -> Faults:
    if not lines:
        yield "lines", "This collection should contain 1 element or more."
    if len(lines) > LINES_MAX:
        yield "lines", f"This collection should contain {LINES_MAX} elements or less."
        return
    total = Decimal(0)
    for number, line in enumerate(lines):
        path = f"lines.{number}"
        if fault := text_fault(line.sku, required=True):
            yield f"{path}.sku", fault
        if fault := text_fault(line.name, required=True):
            yield f"{path}.name", fault
        if fault := text_fault(line.category):
            yield f"{path}.category", fault
        if fault := text_fault(line.maker):
            yield f"{path}.maker", fault
        if fault := _gross_fault(line.gross_value, least):
            yield f"{path}.gross_value", fault
        else:
            total += abs(line.gross_value)
        if fault := _quantity_fault(line.quantity):
            yield f"{path}.quantity", fault
        yield from _label_faults(f"{path}.labels", line.labels)
    if total >= GROSS_MAX:
        yield "lines", f"The document's gross value should be less than {GROSS_MAX}."


def _gross_fault(value: Decimal, least: Decimal) -> str | None:
    if not value.is_finite():
        return NOT_VALID
    if value < least:
        return f"This value should be {least} or more."
    if value >= GROSS_MAX:
        return f"This value should be less than {GROSS_MAX}."
    return _decimals_fault(value, GROSS_DECIMALS)


def _quantity_fault(value: Decimal) -> str | None:
    if not value.is_finite():
        return NOT_VALID
    if value <= 0:
        return "This value should be greater than 0."
    if value >= QUANTITY_MAX:
        return f"This value should be less than {QUANTITY_MAX}."
    return _decimals_fault(value, QUANTITY_DECIMALS)


def _decimals_fault(value: Decimal, decimals: int) -> str | None:
    # The exponent alone tells nothing: 10.5000 has one decimal.
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), f"{value=}"
    if exponent < -decimals and value != round(value, decimals):
        return f"This value should have at most {decimals} decimals."
    return None


def _label_faults(path: str, labels: tuple[Label, ...]) -> Faults:
    if len(labels) > LABELS_MAX:
        yield path, f"This collection should contain {LABELS_MAX} elements or less."
        return
    for number, label in enumerate(labels):
        if fault := text_fault(label.key, required=True):
            yield f"{path}.{number}.key", fault
        if fault := text_fault(label.value, required=True):
            yield f"{path}.{number}.value", fault
