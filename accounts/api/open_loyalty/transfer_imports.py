"""Points out of XML files. Source: PA-25, campaigns-people spec 9.4."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.api.open_loyalty import customer_rows
from accounts.api.open_loyalty.transfers import UnknownParty
from accounts.ledger.models import Issuer
from accounts.models import Customer, Resource, TransferType
from accounts.selectors import customers
from accounts.services import points, points_dates
from loyalty.core.api.open_loyalty.imports import ImportView
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports.kinds import NO_INTEGER, NOT_VALID, REQUIRED, Kind
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
    """Points added and spent by hand, a row each."""

    name = "points"
    title = _("Points")
    about = _("Adds and spends points by hand; each row names a customer in one of four ways.")
    resource = Resource.POINT_TRANSFER
    root = "pointsTransfers"
    element = "pointsTransfer"
    columns = (*customer_rows.NODES, "points", "type", "validityDuration", "comment")
    required = ("points", "type")
    id_key = "pointsTransferId"
    is_undoable = True
    shapes = {NOT_A_TYPE: NOT_A_TYPE}

    def identify(self, row: Row) -> str:
        who = customer_rows.first_identifier(row)
        return f"{who}/({text_of(row, 'type')} {text_of(row, 'points')})"

    def take(self, row: Row) -> UUID:
        self.check(row)
        amount = Decimal(text_of(row, "points"))
        comment, customer = text_of(row, "comment"), self.customer(row)
        now = timezone.now()
        if text_of(row, "type") == TransferType.SPENDING:
            return points.spend(
                customer=customer,
                amount=amount,
                issuer=Issuer.ADMIN,
                comment=comment,
                now=now,
                actor=self.actor,
            ).uuid
        expires_at: datetime | points.BySettings = points.BY_SETTINGS
        if days := int(text_of(row, "validityDuration") or 0):
            expires_at = points_dates.get_end_of_days(self.store.settings, days, granted_at=now)
        return points.add(
            customer=customer,
            amount=amount,
            issuer=Issuer.ADMIN,
            comment=comment,
            now=now,
            expires_at=expires_at,
            actor=self.actor,
        ).uuid

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

    def customer(self, row: Row) -> Customer:
        who = customer_rows.read_named(row)
        if not who.is_given:
            raise NobodyNamed
        customer = customers.find_named(self.store, who)
        if customer is None:
            raise UnknownParty
        return customer


class ImportTransfers(ImportView):
    """`POST points/transfer/import`: adds and spends by hand, a row each."""

    resource = Resource.POINT_TRANSFER
    kind = PointsKind
