"""
Purchases, and matches of purchases, out of XML files. Source: campaigns-people spec 9.1, 9.3, 9.5.

Each row is a command of its own: what is wrong with one is told in the answer and stops no other.
"""

from collections.abc import Iterator, Mapping
from typing import IO, Any
from uuid import UUID

from django.db.models.functions import Lower
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import identifiers
from accounts.models import Customer, CustomerStatus, Pos
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import Store
from loyalty.core.xml_rows import NotXML, Row, read_rows, rows_of, text_of
from transactions.api.open_loyalty import reading, words
from transactions.api.open_loyalty.views import TransactionView
from transactions.models import Transaction
from transactions.services import matching, purchases
from transactions.services.documents import ADDRESS_KEYS, NOT_BLANK, NOT_VALID

BUYER_KEYS = ("name", "email", "nip", "phone", "loyaltyCardNumber")
ITEM_KEYS = ("name", "quantity", "grossValue", "category", "maker")
REQUIRED = {
    "transactionData.documentNumber": ("documentNumber",),
    "transactionData.purchaseDate": ("purchaseDate",),
    "transactionData.documentType": ("documentType",),
}
NO_UUID = "should be UUID"
# How the reference words the faults of a row's shape (IMP-3).
SHAPES = {
    NOT_BLANK: "is required node",
    reading.NOT_A_DATE: "has invalid date format (ATOM required)",
    NOT_VALID: "has an invalid value",
    reading.NOT_A_CHOICE: "should be one of: sell, return",
    NO_UUID: NO_UUID,
}


class FileForm(Form):
    file = serializers.FileField(help_text="XML")


class ImportView(TransactionView):
    """Answers 200 with an item for each row, whatever became of it (IMP-2)."""

    forms = {"POST": FormOf(FileForm, root="file")}

    def post(self, request: Request, **ids: str) -> Response:
        items = list(self.items(self.form()["file"]))
        succeeded = sum(item["status"] == "success" for item in items)
        return Response(
            {
                "items": items,
                "totalProcessed": len(items),
                "totalSuccess": succeeded,
                "totalFailed": len(items) - succeeded,
            }
        )

    def items(self, file: IO[bytes]) -> Iterator[dict[str, Any]]:
        is_begun = False
        try:
            for row in read_rows(file):
                is_begun = True
                yield self.item(row)
        except NotXML as error:
            # A file that is no XML at all has no rows (IMP-4); one that breaks off has lost some.
            if is_begun:
                yield _failed("", f"Convert exception: {error}")

    def item(self, row: Row) -> dict[str, Any]:
        identifier = self.identify(row)
        try:
            document = self.take(row)
        except InvalidFields as error:
            return _failed(identifier, f"Convert exception: {_told(error.errors)}")
        except DomainError as error:
            return _failed(identifier, f"Processing exception: {error.message}")
        return {
            "status": "success",
            "processImportResult": {"object": {"transactionId": str(document.uuid)}},
            "identifier": identifier,
        }

    def identify(self, row: Row) -> str:
        raise NotImplementedError

    def take(self, row: Row) -> Transaction:
        """Carry out one row. :raises DomainError: what is wrong with it."""
        raise NotImplementedError


class ImportTransactions(ImportView):
    """`POST admin/transaction/import` (9.3)."""

    def identify(self, row: Row) -> str:
        return text_of(row, "documentNumber")

    def take(self, row: Row) -> Transaction:
        tree = _tree(row)
        faults = {path: [NOT_BLANK] for path, at in REQUIRED.items() if not text_of(row, *at)}
        if faults:
            raise InvalidFields(faults)
        tree["pos"] = text_of(row, "posId") or _pos_by_identifier(
            self.store, text_of(row, "posIdentifier")
        )
        document = reading.read_document(tree, self.zone)
        return purchases.register(store=self.store, document=document, actor=self.actor)


class ImportMatches(ImportView):
    """`POST admin/transaction/customer/assign/import` (9.5)."""

    def identify(self, row: Row) -> str:
        return text_of(row, "transactionDocumentNumber") or text_of(row, "documentNumber")

    def take(self, row: Row) -> Transaction:
        if not (number := self.identify(row)):
            raise InvalidFields({"transactionDocumentNumber": [NOT_BLANK]})
        customer = _find_customer(self.store, row)
        return matching.claim(
            store=self.store, document_number=number, customer=customer, actor=self.actor
        )


def _failed(identifier: str, message: str) -> dict[str, Any]:
    return {"status": "error", "message": message, "identifier": identifier}


def _told(errors: Mapping[str, list[str]]) -> str:
    faults = ((words.wire(path), text) for path, texts in errors.items() for text in texts)
    return "; ".join(
        f"{path.removeprefix('transactionData.')} {SHAPES.get(text, f'is refused: {text}')}"
        for path, text in faults
    )


def _tree(row: Row) -> dict[str, Any]:
    """Turn a row into the tree that `POST transaction` takes."""
    return {
        "transactionData": {
            key: text_of(row, key)
            for key in ("documentNumber", "purchaseDate", "documentType", "purchasePlace")
        },
        "revisedDocument": text_of(row, "revisedDocument"),
        "customerData": {key: text_of(row, "customer", key) for key in BUYER_KEYS}
        | {"address": {key: text_of(row, "customer", "address", key) for key in ADDRESS_KEYS}},
        "items": [
            {key: text_of(item, key) for key in ITEM_KEYS}
            | {"sku": {"code": text_of(item, "sku", "code")}, "labels": _labels(item)}
            for item in rows_of(row, "items", "item")
        ],
        "labels": _labels(row),
    }


def _labels(row: Row) -> list[dict[str, str]]:
    return [
        {key: text_of(label, key) for key in ("key", "value")}
        for label in rows_of(row, "labels", "label")
    ]


def _pos_by_identifier(store: Store, identifier: str) -> str:
    if not identifier:
        return ""
    uuid = (
        Pos.objects.in_store(store)
        .filter(identifier=identifier)
        .values_list("uuid", flat=True)
        .first()
    )
    if uuid is None:
        raise purchases.UnknownPos
    return str(uuid)


def _find_customer(store: Store, row: Row) -> Customer:
    """Return whom the first identifier that is given names: id, e-mail, card, then phone (9.4)."""
    members = (
        Customer.objects.in_store(store)
        .exclude(status=CustomerStatus.DELETED)
        .annotate(lower_email=Lower("email"), lower_card=Lower("loyalty_card_number"))
    )
    email, card, phone, uuid = (
        identifiers.normal_email(text_of(row, "customerEmail")),
        identifiers.normal_card(text_of(row, "customerLoyaltyCardNumber")),
        identifiers.normal_phone(text_of(row, "customerPhoneNumber")),
        text_of(row, "customerId"),
    )
    named: dict[str, Any] = {
        "uuid": _uuid(uuid) if uuid else None,
        "lower_email": email,
        "lower_card": card.lower() if card else None,
        "phone": phone,
    }
    if not any(named.values()):
        raise matching.NoCriterion
    for column, value in named.items():
        if value and (customer := members.filter(**{column: value}).first()):
            return customer
    raise matching.CustomerNotFound


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidFields({"customerId": [NO_UUID]}) from error
