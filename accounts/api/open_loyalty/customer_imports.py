"""Customers out of files. Source: campaigns-people spec 9.1, 9.2."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import resources
from accounts.models import Level, Pos, Resource, Seller
from accounts.services import customer_batches, customer_data, customers
from accounts.services.customer_data import Registration
from loyalty.core.actors import Actor
from loyalty.core.api.open_loyalty.imports import ImportView
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports.kinds import Kind, Result
from loyalty.core.models import RowOutcome, Store
from loyalty.core.xml_rows import Row, rows_of, text_of

NODES = {
    "first_name": "firstName",
    "last_name": "lastName",
    "loyalty_card_number": "loyaltyCardNumber",
    "birth_date": "birthDate",
    "level": "levelId",
    "pos": "posId",
    "seller": "sellerId",
}
NOBODY = "This value is not valid."
PATHS = {name: tuple(name.split(".")) for name in resources.CUSTOMERS.names}


class CustomerRefused(DomainError):
    """This customer is refused."""

    code = "customer_refused"

    def __init__(self, message: str, *, is_duplicate: bool) -> None:
        super().__init__(message)
        self.is_duplicate = is_duplicate


class CustomersKind(Kind):
    """Customers (9.2): new ones only, nobody is changed (IMP-12)."""

    name = "customers"
    title = _("Customers")
    about = _("Registers new customers. Nobody who is known by now is changed.")
    resource = Resource.CUSTOMER
    root = "customers"
    element = "customer"
    columns = (*resources.CUSTOMERS.names, "labels")
    required = resources.REQUIRED_COLUMNS
    words = resources.WORDS
    # A customer's own, rather than their company's.
    vague = frozenset({"name"})
    days = frozenset({"birthDate"})
    chunk_rows = 2_000

    def __init__(self, store: Store, actor: Actor) -> None:
        super().__init__(store, actor)
        # What rows have named so far, by field and id.
        self.named: dict[tuple[str, UUID], Any] = {}

    def identify(self, row: Row) -> str:
        return text_of(row, "email")

    def take(self, row: Row) -> UUID:
        newcomer = self.read(row)
        try:
            customer = customers.bring_in(
                store=self.store,
                data=newcomer.data,
                is_active=newcomer.is_active,
                is_told=newcomer.is_told,
                actor=self.actor,
            )
        except InvalidFields as error:
            raise self.refusal(error.errors) from error
        return customer.uuid

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        """Register the customers of some rows by the same statements."""
        newcomers: dict[int, customer_batches.Newcomer] = {}
        results: dict[int, Result] = {}
        for place, row in enumerate(rows):
            try:
                newcomers[place] = self.read(row)
            except DomainError as refusal:
                results[place] = self.refused(refusal, self.identify(row))
        try:
            with transaction.atomic():
                outcomes = customer_batches.bring_in_many(
                    store=self.store, newcomers=list(newcomers.values()), actor=self.actor
                )
        except (DataError, IntegrityError):
            # The way of one row finds which of them cannot be stored.
            return super().process_many(rows)
        for place, outcome in zip(newcomers, outcomes, strict=True):
            identifier = self.identify(rows[place])
            if isinstance(outcome, InvalidFields):
                outcome = self.refusal(outcome.errors)
            if isinstance(outcome, DomainError):
                results[place] = self.refused(outcome, identifier)
            else:
                results[place] = Result(RowOutcome.DONE, identifier, uuid=outcome)
        return [results[place] for place in range(len(rows))]

    def read(self, row: Row) -> customer_batches.Newcomer:
        """:raises DomainError: a node is missing or not of its shape, or names nothing."""
        values, faults = resources.CUSTOMERS.clean(texts_of(row))
        if faults:
            raise InvalidFields(faults)
        found, unknown = self.find(values)
        if unknown:
            raise CustomerRefused(self.sentence(unknown), is_duplicate=False)
        return customer_batches.Newcomer(
            data=registration_of(values, labels_of(row), found),
            is_active=values["active"],
            is_told=bool(values["sendActivationMail"]),
        )

    def find(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """Return the level, point of sale and seller that a row names, and those not found."""
        found: dict[str, Any] = {}
        unknown: dict[str, list[str]] = {}
        for field, model in (("level", Level), ("pos", Pos), ("seller", Seller)):
            uuid = values[NODES[field]]
            if uuid is None:
                continue
            if (field, uuid) not in self.named:
                one = model.objects.in_store(self.store).filter(uuid=uuid).first()
                if one is None:
                    unknown[field] = [NOBODY]
                    continue
                self.named[field, uuid] = one
            found[field] = self.named[field, uuid]
        return found, unknown

    def refusal(self, errors: Mapping[str, list[str]]) -> CustomerRefused:
        texts = {text for each in errors.values() for text in each}
        return CustomerRefused(self.sentence(errors), is_duplicate=texts == {customer_data.TAKEN})

    def sentence(self, errors: Mapping[str, list[str]]) -> str:
        return "; ".join(
            f"{self.node(path)}: {text}" for path, texts in errors.items() for text in texts
        )

    def node(self, path: str) -> str:
        return NODES.get(path, path)

    def is_duplicate(self, error: DomainError) -> bool:
        return isinstance(error, CustomerRefused) and error.is_duplicate


def texts_of(row: Row) -> dict[str, str]:
    """Return a row's texts by column. The guide's own sample spells `levelID`."""
    # Most columns of most rows are missing.
    texts = {name: text_of(row, *path) if path[0] in row else "" for name, path in PATHS.items()}
    texts["levelId"] = texts["levelId"] or text_of(row, "levelID")
    return texts


def labels_of(row: Row) -> list[dict[str, str]]:
    return [
        {key: text_of(label, key) for key in ("key", "value")}
        for label in rows_of(row, "labels", "label")
    ]


def registration_of(
    values: Mapping[str, Any], labels: list[dict[str, str]], found: Mapping[str, Any]
) -> Registration:
    return Registration(
        first_name=values["firstName"],
        last_name=values["lastName"],
        email=values["email"],
        phone=values["phone"],
        loyalty_card_number=values["loyaltyCardNumber"],
        gender=values["gender"],
        birth_date=values["birthDate"],
        address=_block(values, "address"),
        company=_block(values, "company"),
        labels=labels,
        agreement1=values["agreement1"],
        agreement2=bool(values["agreement2"]),
        agreement3=bool(values["agreement3"]),
        level=found.get("level"),
        pos=found.get("pos"),
        seller=found.get("seller"),
    )


def _block(values: Mapping[str, Any], name: str) -> dict[str, str]:
    return {
        path[1]: values[column]
        for column, path in PATHS.items()
        if path[0] == name and values[column] is not None
    }


class ImportCustomers(ImportView):
    """`POST admin/customer/import`: new customers, a row each."""

    resource = Resource.CUSTOMER
    kind = CustomersKind
