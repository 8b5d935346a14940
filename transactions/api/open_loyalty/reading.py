"""
Read a purchase out of a request's tree, by hand: tills wait for this all day.

Every fault is told at once, by dotted paths in Open Loyalty's words such as `items.0.sku.code`.
Whether the values make sense is the command's to say; here they only get their types.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.core.api import formats
from loyalty.core.errors import InvalidFields
from transactions.models import DocumentType
from transactions.services.documents import (
    ADDRESS_KEYS,
    LINES_MAX,
    NOT_BLANK,
    NOT_VALID,
    Buyer,
    Document,
    Label,
    Line,
)

Tree = Mapping[str, Any]

NOT_A_CHOICE = "The value you selected is not a valid choice."
NOT_A_DATE = "This value is not a valid datetime."
ZERO = Decimal(0)
# What a compound is; a dict is found in a tenth of the time that the other takes.
COMPOUND = (dict, Mapping)

_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})", re.ASCII)


class Reader:
    """Collects the faults of one request."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.faults: dict[str, list[str]] = {}

    def refuse(self) -> None:
        """:raises InvalidFields: where there was a fault."""
        if self.faults:
            raise InvalidFields(self.faults)

    def fault(self, path: str, message: str) -> None:
        parents = accumulate(path.split("."), "{}.{}".format)
        # Of what is no compound at all, nobody wants to hear which parts it lacks.
        if not any(parent in self.faults for parent in parents):
            self.faults[path] = [message]

    def text(self, tree: Tree, key: str, path: str, *, required: bool = False) -> str:
        value = tree.get(key)
        if isinstance(value, str):
            value = value.strip()
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            value = str(value)
        elif value is None:
            value = ""
        else:
            self.fault(path, NOT_VALID)
            return ""
        if required and not value:
            self.fault(path, NOT_BLANK)
        return value

    def number(self, tree: Tree, key: str, path: str) -> Decimal:
        value = tree.get(key)
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            self.fault(path, NOT_BLANK)
            return ZERO
        if isinstance(value, Decimal):
            return value
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole or (isinstance(value, str) and _NUMBER.fullmatch(value)):
            return Decimal(value)
        self.fault(path, NOT_VALID)
        return ZERO

    def date_time(self, tree: Tree, key: str, path: str) -> datetime | None:
        value = tree.get(key)
        if value is None or value == "":
            return None
        try:
            return formats.parse_date_time(str(value), self.zone)
        except (ValueError, OverflowError):
            self.fault(path, NOT_A_DATE)
            return None

    def uuid(self, tree: Tree, key: str, path: str) -> UUID | None:
        value = tree.get(key)
        if value is None or value == "":
            return None
        try:
            return UUID(value)
        except (ValueError, AttributeError, TypeError):
            self.fault(path, NOT_VALID)
            return None

    def branch(self, tree: Tree, key: str, path: str) -> Tree:
        """Return a compound; an empty one where it is left out."""
        value = tree.get(key)
        if isinstance(value, COMPOUND):
            return value
        # PHP writes an empty map as [].
        if value not in (None, "", []):
            self.fault(path, NOT_VALID)
        return {}

    def branches(self, tree: Tree, key: str, path: str) -> list[Tree]:
        """Return a list of compounds."""
        values = tree.get(key)
        if values is None or values == "":
            return []
        if not isinstance(values, list):
            self.fault(path, NOT_VALID)
            return []
        for number, value in enumerate(values):
            if not isinstance(value, COMPOUND):
                self.fault(f"{path}.{number}", NOT_VALID)
                return []
        return values


def read_document(tree: Tree, zone: ZoneInfo) -> Document:
    """
    Read a `transaction[…]` as the reference describes it.

    :raises InvalidFields: by paths in Open Loyalty's words.
    """
    reader = Reader(zone)
    data = reader.branch(tree, "transactionData", "transactionData")
    document = Document(
        number=reader.text(data, "documentNumber", "transactionData.documentNumber", required=True),
        type=_document_type(reader, data),
        purchased_at=reader.date_time(data, "purchaseDate", "transactionData.purchaseDate"),
        purchase_place=reader.text(data, "purchasePlace", "transactionData.purchasePlace"),
        lines=_lines(reader, tree),
        buyer=_buyer(reader, tree, requires_name=True),
        pos_uuid=reader.uuid(tree, "pos", "pos"),
        revised_number=reader.text(tree, "revisedDocument", "revisedDocument"),
        labels=_labels(reader, tree, "labels"),
    )
    reader.refuse()
    return document


def read_simulation(tree: Tree, zone: ZoneInfo) -> tuple[tuple[Line, ...], Buyer, datetime]:
    """
    Read what `transaction/simulate` sends: lines, the buyer if named, and the purchase date.

    :raises InvalidFields: by paths in Open Loyalty's words.
    """
    reader = Reader(zone)
    lines = _lines(reader, tree)
    buyer = _buyer(reader, tree, requires_name=False)
    purchased_at = reader.date_time(tree, "purchaseDate", "purchaseDate")
    if purchased_at is None and "purchaseDate" not in reader.faults:
        reader.fault("purchaseDate", NOT_BLANK)
    reader.refuse()
    assert purchased_at is not None
    return lines, buyer, purchased_at


def _document_type(reader: Reader, data: Tree) -> DocumentType:
    value = data.get("documentType")
    if value is None or value == "":
        return DocumentType.SELL
    try:
        return DocumentType(value)
    except ValueError:
        reader.fault("transactionData.documentType", NOT_A_CHOICE)
        return DocumentType.SELL


def _lines(reader: Reader, tree: Tree) -> tuple[Line, ...]:
    branches = reader.branches(tree, "items", "items")
    if len(branches) > LINES_MAX:
        # The command would say the same; reading them all first is work for nothing.
        reader.fault("items", f"This collection should contain {LINES_MAX} elements or less.")
        return ()
    return tuple(_line(reader, item, f"items.{number}") for number, item in enumerate(branches))


def _line(reader: Reader, item: Tree, path: str) -> Line:
    sku = reader.branch(item, "sku", f"{path}.sku")
    return Line(
        sku=reader.text(sku, "code", f"{path}.sku.code", required=True),
        name=reader.text(item, "name", f"{path}.name", required=True),
        quantity=reader.number(item, "quantity", f"{path}.quantity"),
        gross_value=reader.number(item, "grossValue", f"{path}.grossValue"),
        category=reader.text(item, "category", f"{path}.category", required=True),
        maker=reader.text(item, "maker", f"{path}.maker"),
        labels=_labels(reader, item, f"{path}.labels"),
    )


def _labels(reader: Reader, tree: Tree, path: str) -> tuple[Label, ...]:
    return tuple(
        Label(
            key=reader.text(label, "key", f"{path}.{number}.key", required=True),
            value=reader.text(label, "value", f"{path}.{number}.value", required=True),
        )
        for number, label in enumerate(reader.branches(tree, "labels", path))
    )


def _buyer(reader: Reader, tree: Tree, *, requires_name: bool) -> Buyer:
    path = "customerData"
    data = reader.branch(tree, path, path)
    address = reader.branch(data, "address", f"{path}.address")
    return Buyer(
        name=reader.text(data, "name", f"{path}.name", required=requires_name),
        email=reader.text(data, "email", f"{path}.email"),
        phone=reader.text(data, "phone", f"{path}.phone"),
        loyalty_card_number=reader.text(data, "loyaltyCardNumber", f"{path}.loyaltyCardNumber"),
        nip=reader.text(data, "nip", f"{path}.nip"),
        address={key: reader.text(address, key, f"{path}.address.{key}") for key in ADDRESS_KEYS},
    )
