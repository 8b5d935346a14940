"""Points out of XML files. Source: PA-25, campaigns-people spec 9.4."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.api.open_loyalty import customer_rows
from accounts.api.open_loyalty.transfers import UnknownParty
from accounts.ledger.models import Issuer
from accounts.models import Customer, Resource, TransferType
from accounts.selectors import customers
from accounts.selectors.customers import Named
from accounts.services import points, points_batches, points_dates
from loyalty.core.api.open_loyalty.imports import ImportView
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports.kinds import NO_INTEGER, NOT_VALID, REQUIRED, Kind, Result
from loyalty.core.models import RowOutcome
from loyalty.core.xml_rows import Row, text_of

NOT_A_TYPE: Final = "should be one of: adding, spending"
INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
# A hundred years.
VALIDITY_DAYS_MAX = 36_525
COMMENT_LENGTH_MAX = 2000


class NobodyNamed(DomainError):
    """Give a customer id, an e-mail address, a loyalty card number or a phone number."""

    code = "nobody_named"


class PointsKind(Kind):
    """Points added and spent by hand."""

    name = "points"
    title = _("Points")
    about = _("Adds and spends points by hand; each row names a customer in one of four ways.")
    resource = Resource.POINT_TRANSFER
    root = "pointsTransfers"
    element = "pointsTransfer"
    columns = (*customer_rows.NODES, "points", "type", "validityDuration", "comment")
    required = ("points", "type")
    words = customer_rows.WORDS | {
        "points": ("amount", "points amount", "punkty", "liczba punktów", "ilość punktów", "kwota"),
        "type": ("transfer type", "typ", "rodzaj"),
        "validityDuration": ("validity", "valid days", "days valid", "ważność", "dni ważności"),
        "comment": ("note", "remark", "reason", "komentarz", "uwagi", "powód"),
    }
    id_key = "pointsTransferId"
    is_undoable = True
    # Each row locks its customer's wallet until the last is written.
    chunk_rows = 1_000
    shapes = {NOT_A_TYPE: NOT_A_TYPE}

    def identify(self, row: Row) -> str:
        who = customer_rows.first_identifier(row)
        return f"{who}/({text_of(row, 'type')} {text_of(row, 'points')})"

    def take(self, row: Row) -> UUID:
        self.check(row)
        now = timezone.now()
        order = self.order(row, self.customer(row), now)
        return points_batches.change(order=order, actor=self.actor, now=now)

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        """Add and spend the points of some rows by the same statements."""
        now = timezone.now()
        results: dict[int, Result] = {}
        named: dict[int, Named] = {}
        for place, row in enumerate(rows):
            try:
                self.check(row)
                named[place] = self.named(row)
            except DomainError as refusal:
                results[place] = self.refused(refusal, self.identify(row))
        found = customers.find_many_named(self.store, list(named.values()))
        orders: dict[int, points_batches.Order] = {}
        for place, customer in zip(named, found, strict=True):
            if customer is None:
                results[place] = self.refused(UnknownParty(), self.identify(rows[place]))
            else:
                orders[place] = self.order(rows[place], customer, now)
        try:
            with transaction.atomic():
                outcomes = points_batches.change_many(
                    store=self.store, orders=list(orders.values()), actor=self.actor, now=now
                )
        except (DataError, IntegrityError):
            # The way of one row finds which of them cannot be stored.
            return super().process_many(rows)
        for place, outcome in zip(orders, outcomes, strict=True):
            identifier = self.identify(rows[place])
            if isinstance(outcome, DomainError):
                results[place] = self.refused(outcome, identifier)
            else:
                results[place] = Result(RowOutcome.DONE, identifier, uuid=outcome)
        return [results[place] for place in range(len(rows))]

    def order(self, row: Row, customer: Customer, now: datetime) -> points_batches.Order:
        """Return what a row of which nothing is wrong asks for."""
        amount, comment = Decimal(text_of(row, "points")), text_of(row, "comment")
        if text_of(row, "type") == TransferType.SPENDING:
            return points.Spend(
                customer=customer, amount=amount, issuer=Issuer.ADMIN, comment=comment
            )
        expires_at: datetime | points.BySettings = points.BY_SETTINGS
        if days := int(text_of(row, "validityDuration") or 0):
            expires_at = points_dates.get_end_of_days(self.store.settings, days, granted_at=now)
        return points.Grant(
            customer=customer,
            amount=amount,
            issuer=Issuer.ADMIN,
            comment=comment,
            expires_at=expires_at,
        )

    def undo(self, uuid: UUID) -> None:
        """Cancel points that were added. :raises DomainError: they are spent, or were spending."""
        points.cancel(store=self.store, transfer_uuid=uuid, actor=self.actor)

    def check(self, row: Row) -> None:
        """:raises InvalidFields: a node is missing, or is not of its shape (IMP-3)."""
        faults: dict[str, list[str]] = {}
        kind, amount = text_of(row, "type"), text_of(row, "points")
        days = text_of(row, "validityDuration")
        if not amount:
            faults["points"] = [REQUIRED]
        elif not INTEGER.fullmatch(amount):
            faults["points"] = [NO_INTEGER]
        if not kind:
            faults["type"] = [REQUIRED]
        elif kind not in {TransferType.ADDING, TransferType.SPENDING}:
            faults["type"] = [NOT_A_TYPE]
        if "validityDuration" not in row and kind == TransferType.ADDING:
            faults["validityDuration"] = [REQUIRED]
        elif days and not INTEGER.fullmatch(days):
            faults["validityDuration"] = [NO_INTEGER]
        elif days and not 0 <= int(days) <= VALIDITY_DAYS_MAX:
            faults["validityDuration"] = [NOT_VALID]
        if len(text_of(row, "comment")) > COMMENT_LENGTH_MAX:
            faults["comment"] = [NOT_VALID]
        if faults:
            raise InvalidFields(faults)

    def named(self, row: Row) -> Named:
        who = customer_rows.read_named(row)
        if not who.is_given:
            raise NobodyNamed
        return who

    def customer(self, row: Row) -> Customer:
        customer = customers.find_named(self.store, self.named(row))
        if customer is None:
            raise UnknownParty
        return customer


class ImportTransfers(ImportView):
    """`POST points/transfer/import`: adds and spends by hand, a row each."""

    resource = Resource.POINT_TRANSFER
    kind = PointsKind
