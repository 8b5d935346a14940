"""Make rows of ours of what was set down, in an order in which each finds what it refers to."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Customer, Segment, TransferType
from accounts.services import segment_members
from loyalty.core.services import stores
from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in import builders, counting, progress
from loyalty.moving_in.books import Books
from loyalty.moving_in.builders.known import Known, Unfit
from transactions.models import DocumentType

CHUNK = 200
Teller = Callable[[str, int, int], object]
FiguresOf = Callable[[UUID], Mapping[str, Decimal]]


def build(move: MoveIn, *, figures_of: FiguresOf, now: datetime, tell: Teller) -> None:
    """
    Build everything that is not built yet. May be stopped at any point and begun again.

    `figures_of`: what the other server says of a customer's balance.
    """
    known = Known(move.store, account_of=_accounts(move))
    for resource in builders.BUILDERS:
        if resource != "transactions":
            _build(move, known, resource, tell)
            continue
        # A return names its sale.
        _build(move, known, resource, tell, content__documentType=DocumentType.SELL)
        _build(move, known, resource, tell)
    _write_books(move, figures_of, now, tell)
    counting.count(move.store)
    stores.touch_rules(move.store_id)
    for segment in Segment.objects.in_store(move.store).filter(is_active=True):
        segment_members.recalculate(segment.pk, now=now)


def _build(move: MoveIn, known: Known, resource: str, tell: Teller, **narrowed: object) -> None:
    rows = MoveInRow.objects.filter(move=move, resource=resource, **narrowed)
    total = rows.count()
    done = total - rows.filter(is_built=False).count()
    for chunk in _chunks(rows.filter(is_built=False)):
        with transaction.atomic():
            _mark([row for row in chunk if _is_built(move, known, row)])
        done += len(chunk)
        tell(resource, done, total)


def _is_built(move: MoveIn, known: Known, row: MoveInRow) -> bool:
    try:
        builders.build(known, row.resource, row.content)
    except Unfit as refusal:
        progress.refuse(move, row.resource, row.uuid, refusal.message)
        return False
    return True


def _write_books(move: MoveIn, figures_of: FiguresOf, now: datetime, tell: Teller) -> None:
    """Write each customer's points; of customers who are not here, such as deleted ones, none."""
    transfers = MoveInRow.objects.filter(move=move, resource="transfers")
    sent = transfers.filter(content__type=TransferType.P2P_SPENDING)
    books = Books(move.store, now, sent)
    total = transfers.count()
    done = total - transfers.filter(is_built=False).count()
    waiting = transfers.filter(is_built=False).order_by().values("customer_uuid")
    customers = Customer.objects.in_store(move.store).filter(uuid__in=waiting)
    for customer in customers.order_by("pk").iterator(chunk_size=CHUNK):
        rows = list(transfers.filter(customer_uuid=customer.uuid, is_built=False).order_by("pk"))
        figures = figures_of(customer.uuid)
        with transaction.atomic():
            books.write(customer, [row.content for row in rows], figures)
            _mark(rows)
        done += len(rows)
        tell("points", done, total)


def _accounts(move: MoveIn) -> Callable[[UUID], str | None]:
    """Return what finds the id of a customer's account, which only their transfers tell."""
    transfers = MoveInRow.objects.filter(move=move, resource="transfers").order_by("pk")

    def find(customer: UUID) -> str | None:
        accounts = transfers.filter(customer_uuid=customer).values_list("content__accountId")
        return next((account for (account,) in accounts[:1]), None)

    return find


def _mark(rows: list[MoveInRow]) -> None:
    MoveInRow.objects.filter(pk__in=[row.pk for row in rows]).update(is_built=True)


def _chunks(rows: "QuerySet[MoveInRow]") -> Iterator[list[MoveInRow]]:
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk
