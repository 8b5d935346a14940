"""
Purchases, and matches of purchases, out of XML files. Source: campaigns-people spec 9.1, 9.3, 9.5.

Each row is a command of its own: what is wrong with one is told in the answer and stops no other.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.api.open_loyalty import customer_rows
from accounts.models import Pos
from accounts.resources import CARD_WORDS, EMAIL_WORDS, PHONE_WORDS
from accounts.selectors import customers
from accounts.selectors.customers import Named
from loyalty.core.actors import Actor
from loyalty.core.api.open_loyalty.imports import ImportView
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports.kinds import NOT_VALID as INVALID
from loyalty.core.imports.kinds import REQUIRED, Kind, Result
from loyalty.core.models import RowOutcome, Store
from loyalty.core.xml_rows import Row, row_of, rows_of, text_of, texts_of
from transactions.api.open_loyalty import reading, words
from transactions.services import batches, claim_batches, matching, purchases
from transactions.services.documents import ADDRESS_KEYS, NOT_BLANK, NOT_VALID, Document

BUYER_KEYS = ("name", "email", "nip", "phone", "loyaltyCardNumber")
DATA_KEYS = ("documentNumber", "purchaseDate", "documentType", "purchasePlace")
ITEM_KEYS = ("name", "quantity", "grossValue", "category", "maker")
COLUMNS = (
    "documentNumber",
    "purchaseDate",
    "documentType",
    "purchasePlace",
    "revisedDocument",
    "posId",
    "posIdentifier",
    *(f"customer.{key}" for key in BUYER_KEYS),
    *(f"customer.address.{key}" for key in ADDRESS_KEYS),
    "items.item.sku.code",
    *(f"items.item.{key}" for key in ITEM_KEYS),
    "items.item.labels",
    "labels",
)
# What else tables call these columns, in English and in Polish.
NUMBER_WORDS = (
    *("document", "document no", "receipt", "receipt number", "receipt no", "order"),
    *("order number", "order no", "order id", "invoice", "invoice number"),
    *("numer dokumentu", "nr dokumentu", "dokument", "paragon", "numer paragonu", "nr paragonu"),
    *("numer zamówienia", "nr zamówienia", "faktura", "numer faktury"),
)
WORDS = {
    "documentNumber": NUMBER_WORDS,
    "purchaseDate": (
        "date",
        "date of purchase",
        "order date",
        "transaction date",
        "sale date",
        "data",
        "data zakupu",
        "data sprzedaży",
        "data transakcji",
    ),
    "documentType": ("type", "transaction type", "typ", "typ dokumentu", "rodzaj dokumentu"),
    "purchasePlace": ("place", "shop", "miejsce", "miejsce zakupu", "sklep"),
    "revisedDocument": ("returned document", "original document", "dokument korygowany"),
    "posIdentifier": ("pos", "point of sale", "till", "punkt sprzedaży", "kasa"),
    "customer.name": ("customer", "customer name", "buyer", "klient", "imię i nazwisko"),
    "customer.email": ("customer email", *EMAIL_WORDS),
    "customer.nip": ("tax id", "vat id", "numer nip"),
    "customer.phone": ("customer phone", *PHONE_WORDS),
    "customer.loyaltyCardNumber": CARD_WORDS,
    "customer.address.street": ("ulica",),
    "customer.address.postal": ("zip", "zip code", "postcode", "postal code", "kod pocztowy"),
    "customer.address.city": ("town", "miasto", "miejscowość"),
    "customer.address.country": ("kraj",),
    "items.item.sku.code": ("sku", "sku code", "product code", "item code", "kod produktu"),
    "items.item.name": (
        "item",
        "item name",
        "product",
        "product name",
        "produkt",
        "towar",
        "nazwa produktu",
        "nazwa towaru",
    ),
    "items.item.quantity": ("qty", "pieces", "ilość", "sztuk", "liczba sztuk"),
    "items.item.grossValue": (
        "amount",
        "gross",
        "gross amount",
        "value",
        "kwota",
        "wartość",
        "kwota brutto",
        "wartość brutto",
    ),
    "items.item.category": ("product category", "kategoria"),
    "items.item.maker": ("brand", "manufacturer", "producent", "marka"),
}
REQUIRED_NODES = {
    "transactionData.documentNumber": ("documentNumber",),
    "transactionData.purchaseDate": ("purchaseDate",),
    "transactionData.documentType": ("documentType",),
}


class DocumentKind(Kind):
    """What imports of purchases share."""

    resource = "TRANSACTION"
    id_key = "transactionId"
    # How the reference words the faults of a row's shape (IMP-3).
    shapes = {
        NOT_BLANK: REQUIRED,
        reading.NOT_A_DATE: "has invalid date format (ATOM required)",
        NOT_VALID: INVALID,
        reading.NOT_A_CHOICE: "should be one of: sell, return",
    }

    def node(self, path: str) -> str:
        return words.wire(path).removeprefix("transactionData.")


class TransactionsKind(DocumentKind):
    """Sales and returns (9.3). In a table each line is an item of the document that it names."""

    name = "transactions"
    title = _("Transactions")
    about = _("Sales and returns. In a table each line is one item; those of a document follow.")
    root = "transactions"
    element = "transaction"
    columns = COLUMNS
    required = ("documentNumber", "purchaseDate", "documentType")
    words = WORDS
    decimals = frozenset({"items.item.quantity", "items.item.grossValue"})
    many = "items.item"
    group_by = "documentNumber"
    # Each row locks its customer until the last is written, which takes half a second.
    chunk_rows = 1_000

    def __init__(self, store: Store, actor: Actor) -> None:
        super().__init__(store, actor)
        # Of the points of sale that rows have named so far, by identifier.
        self.pos: dict[str, str] = {}

    def identify(self, row: Row) -> str:
        return text_of(row, "documentNumber")

    def take(self, row: Row) -> UUID:
        document = self.read(row)
        return purchases.register(store=self.store, document=document, actor=self.actor).uuid

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        """Register the documents of some rows by the same statements."""
        documents: dict[int, Document] = {}
        results: dict[int, Result] = {}
        for place, row in enumerate(rows):
            try:
                documents[place] = self.read(row)
            except DomainError as refusal:
                results[place] = self.refused(refusal, self.identify(row))
        try:
            with transaction.atomic():
                outcomes = batches.register_many(
                    store=self.store, documents=list(documents.values()), actor=self.actor
                )
        except (DomainError, DataError, IntegrityError):
            # One of them cannot be stored with the others: the way of one row finds which.
            return super().process_many(rows)
        for place, outcome in zip(documents, outcomes, strict=True):
            identifier = self.identify(rows[place])
            if isinstance(outcome, DomainError):
                results[place] = self.refused(outcome, identifier)
            else:
                results[place] = Result(RowOutcome.DONE, identifier, uuid=outcome.uuid)
        return [results[place] for place in range(len(rows))]

    def read(self, row: Row) -> Document:
        """:raises DomainError: a node is missing or not of its shape, or no point of sale is."""
        tree = _tree(row)
        faults = {path: [NOT_BLANK] for path, at in REQUIRED_NODES.items() if not text_of(row, *at)}
        if faults:
            raise InvalidFields(faults)
        tree["pos"] = text_of(row, "posId") or self._pos_by_identifier(
            text_of(row, "posIdentifier")
        )
        return reading.read_document(tree, self.store.zone)

    def _pos_by_identifier(self, identifier: str) -> str:
        if not identifier:
            return ""
        if identifier not in self.pos:
            found = Pos.objects.in_store(self.store).filter(identifier=identifier)
            uuid = found.values_list("uuid", flat=True).first()
            if uuid is None:
                raise purchases.UnknownPos
            self.pos[identifier] = str(uuid)
        return self.pos[identifier]

    def is_duplicate(self, error: DomainError) -> bool:
        return isinstance(error, purchases.DocumentNumberUsed)


class MatchesKind(DocumentKind):
    """Purchases given to customers (9.5)."""

    name = "matches"
    title = _("Matches")
    about = _("Gives purchases to customers; each row names a document and a customer.")
    root = "matchCustomers"
    element = "matchCustomer"
    columns = ("transactionDocumentNumber", *customer_rows.NODES)
    required = ("transactionDocumentNumber",)
    words = customer_rows.WORDS | {
        "transactionDocumentNumber": ("document number", "transaction", *NUMBER_WORDS)
    }
    chunk_rows = 1_000

    def identify(self, row: Row) -> str:
        return text_of(row, "transactionDocumentNumber") or text_of(row, "documentNumber")

    def take(self, row: Row) -> UUID:
        number, who = self.read(row)
        customer = customers.find_named(self.store, who)
        if customer is None:
            raise matching.CustomerNotFound
        return matching.claim(
            store=self.store, document_number=number, customer=customer, actor=self.actor
        ).uuid

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        """Give the documents of some rows to their customers by the same statements."""
        read: dict[int, tuple[str, Named]] = {}
        results: dict[int, Result] = {}
        for place, row in enumerate(rows):
            try:
                read[place] = self.read(row)
            except DomainError as refusal:
                results[place] = self.refused(refusal, self.identify(row))
        found = customers.find_many_named(self.store, [who for _number, who in read.values()])
        claims: dict[int, claim_batches.Claim] = {}
        for (place, (number, _who)), customer in zip(read.items(), found, strict=True):
            if customer is None:
                results[place] = self.refused(matching.CustomerNotFound(), number)
            else:
                claims[place] = claim_batches.Claim(number, customer)
        try:
            with transaction.atomic():
                outcomes = claim_batches.claim_many(
                    store=self.store, claims=list(claims.values()), actor=self.actor
                )
        except (DomainError, DataError, IntegrityError):
            # One of them cannot be stored with the others: the way of one row finds which.
            return super().process_many(rows)
        for place, outcome in zip(claims, outcomes, strict=True):
            number = claims[place].document_number
            if isinstance(outcome, DomainError):
                results[place] = self.refused(outcome, number)
            else:
                results[place] = Result(RowOutcome.DONE, number, uuid=outcome.uuid)
        return [results[place] for place in range(len(rows))]

    def read(self, row: Row) -> tuple[str, Named]:
        """
        Return a document's number and whom the row names.

        :raises DomainError: either is missing, or not of its shape.
        """
        if not (number := self.identify(row)):
            raise InvalidFields({"transactionDocumentNumber": [NOT_BLANK]})
        who = customer_rows.read_named(row)
        if not who.is_given:
            raise matching.NoCriterion
        return number, who

    def is_duplicate(self, error: DomainError) -> bool:
        return isinstance(error, matching.AlreadyAssigned)


class ImportTransactions(ImportView):
    """`POST admin/transaction/import` (9.3)."""

    resource = "TRANSACTION"
    kind = TransactionsKind


class ImportMatches(ImportView):
    """`POST admin/transaction/customer/assign/import` (9.5)."""

    resource = "TRANSACTION"
    kind = MatchesKind


def _tree(row: Row) -> dict[str, Any]:
    """Turn a row into the tree that `POST transaction` takes."""
    buyer = row_of(row, "customer")
    return {
        "transactionData": texts_of(row, DATA_KEYS),
        "revisedDocument": text_of(row, "revisedDocument"),
        "customerData": texts_of(buyer, BUYER_KEYS)
        | {"address": texts_of(row_of(buyer, "address"), ADDRESS_KEYS)},
        "items": [
            texts_of(item, ITEM_KEYS)
            | {"sku": {"code": text_of(item, "sku", "code")}, "labels": _labels(item)}
            for item in rows_of(row, "items", "item")
        ],
        "labels": _labels(row),
    }


def _labels(row: Row) -> list[dict[str, str]]:
    if "labels" not in row:
        return []
    return [texts_of(label, ("key", "value")) for label in rows_of(row, "labels", "label")]
