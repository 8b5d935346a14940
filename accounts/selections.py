"""What can be done with many customers of a list at once; each is done as with a single one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.db import DataError, IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Issuer
from accounts.models import Customer, CustomerStatus, Level, Pos, Resource, Segment
from accounts.services import customers, levels, points, points_batches, segments
from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.imports.selections import AlreadySo, Gone, Outcome, SelectionKind


class CustomersSelection(SelectionKind):
    """Leaves those alone who are deleted or anonymized."""

    model = Customer
    resource = Resource.CUSTOMER
    modifies: ClassVar[tuple[str, ...]] = (Resource.CUSTOMER,)

    @classmethod
    def named(cls, subject: Customer) -> str:
        return subject.name or subject.email or subject.phone or str(subject.pk)

    def check(self, subject: Customer) -> None:
        if subject.anonymized_at is not None:
            raise customers.CustomerAnonymized
        if subject.status == CustomerStatus.DELETED:
            raise customers.CustomerDeleted


class WithThing(CustomersSelection):
    """Ties customers to one thing of the store: `options` names it under `thing_key` by its id."""

    thing_model: ClassVar[type[Model]]
    thing_key: ClassVar[str]
    thing: Any = None

    def do_many(self, subjects: Sequence[Customer]) -> list[Outcome]:
        # Read with each chunk: it may have been changed or deleted since the last one.
        rows = self.thing_model._default_manager.filter(store=self.store)
        self.thing = rows.filter(uuid=self.options[self.thing_key]).first()
        if self.thing is None:
            return [Gone() for _subject in subjects]
        self.thing.store = self.store
        return self.tie(subjects)

    def tie(self, subjects: Sequence[Customer]) -> list[Outcome]:
        """Tie some customers to what was found."""
        return super().do_many(subjects)


class AddLabel(CustomersSelection):
    """`options`: key, value."""

    name = "customers-label"
    title = _("Add a label")

    def do(self, subject: Customer) -> None:
        key, value = self.options["key"], self.options["value"]
        customers.add_label(customer=subject, key=key, value=value, actor=self.actor)

    def is_duplicate(self, error: DomainError) -> bool:
        return isinstance(error, customers.HasLabel)


class AssignLevel(WithThing):
    name = "customers-level"
    title = _("Assign a level by hand")
    thing_model = Level
    thing_key = "level"

    def do(self, subject: Customer) -> None:
        if subject.manually_assigned_level_id == subject.level_id == self.thing.pk:
            raise AlreadySo
        levels.assign_manually(customer=subject, level=self.thing, actor=self.actor)


class AssignPos(WithThing):
    name = "customers-pos"
    title = _("Assign a point of sale")
    thing_model = Pos
    thing_key = "pos"

    def do(self, subject: Customer) -> None:
        if subject.pos_id == self.thing.pk:
            raise AlreadySo
        customers.assign_pos(customer=subject, pos=self.thing, actor=self.actor)


class Activate(CustomersSelection):
    name = "customers-activate"
    title = _("Activate")

    def do(self, subject: Customer) -> None:
        if subject.status == CustomerStatus.ACTIVE:
            raise AlreadySo
        customers.activate(customer=subject, actor=self.actor)


class Block(CustomersSelection):
    name = "customers-block"
    title = _("Block")

    def do(self, subject: Customer) -> None:
        if subject.status == CustomerStatus.BLOCKED:
            raise AlreadySo
        customers.deactivate(customer=subject, actor=self.actor)


class AddPoints(CustomersSelection):
    """`options`: points, comment. One key for each job and customer: nobody is paid twice."""

    name = "customers-points"
    title = _("Add points")
    modifies = (Resource.CUSTOMER, Resource.POINT_TRANSFER)

    def do_many(self, subjects: Sequence[Customer]) -> list[Outcome]:
        try:
            with transaction.atomic():
                outcomes = points_batches.change_many(
                    store=self.store,
                    orders=[self._order(subject) for subject in subjects],
                    actor=self.actor,
                    now=clock.now(),
                )
        except (DataError, IntegrityError):
            # The way of one finds which of them cannot be stored.
            return super().do_many(subjects)
        return [outcome if isinstance(outcome, DomainError) else None for outcome in outcomes]

    def do(self, subject: Customer) -> None:
        points_batches.change(order=self._order(subject), actor=self.actor, now=clock.now())

    def _order(self, subject: Customer) -> points.Grant:
        return points.Grant(
            customer=subject,
            amount=Decimal(self.options["points"]),
            issuer=Issuer.ADMIN,
            comment=self.options["comment"],
            key=f"many-{self.job.uuid}-{subject.uuid}",
        )


class ListInSegment(WithThing):
    """Adds to the list that is one of a segment's criteria, a whole chunk by one change of it."""

    name = "customers-segment"
    title = _("Add to a segment's list")
    modifies = (Resource.SEGMENT,)
    thing_model = Segment
    thing_key = "segment"
    chunk_rows = 1_000

    def tie(self, subjects: Sequence[Customer]) -> list[Outcome]:
        try:
            added = segments.add_to_list(
                segment=self.thing, customers=[each.uuid for each in subjects], actor=self.actor
            )
        except DomainError as refusal:
            return [refusal for _subject in subjects]
        return [None if each.uuid in added else AlreadySo() for each in subjects]


KINDS = (AddLabel, AssignLevel, AssignPos, Activate, Block, AddPoints, ListInSegment)
