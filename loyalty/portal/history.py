"""The portal's pages about what has been: every movement of points, and every purchase."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Generic, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import parse
from accounts.ledger.models import Posting, PostingKind
from accounts.models import Customer
from accounts.selectors import points_history
from loyalty.core.errors import NotFound
from loyalty.core.models import Store
from loyalty.portal import home, program
from loyalty.portal.home import ZERO, Movement
from loyalty.portal.views import MemberPage
from transactions.models import Transaction

PAGE_SIZE = 30
LINES_SHOWN = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Receipt:
    """The document behind a movement of points."""

    number: str
    url: str


@dataclass(frozen=True)
class Row:
    movement: Movement
    receipt: Receipt | None


@dataclass(frozen=True)
class Month(Generic[T]):
    """`first`: any moment of the month."""

    first: datetime
    rows: Sequence[T]


@dataclass(frozen=True)
class Line:
    name: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Gain:
    """What a document moved. `why`: the rules, by their names, or a comment; may be empty."""

    title: str
    at: datetime
    amount: Decimal
    why: str


class Points(MemberPage):
    """Every movement of a customer's points, with what they had after it."""

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        now, before = timezone.now(), _before(request)
        found = home.movements(customer, now=now, limit=PAGE_SIZE + 1, before=before)
        shown = found[:PAGE_SIZE]
        last = shown[-1].uuid if len(found) > PAGE_SIZE else None
        if before is None:
            shown = [*_run_out(customer, found, now), *shown]
        receipts = _receipts(customer, shown, self.store)
        rows = [Row(movement, receipts.get(movement.transaction_uuid)) for movement in shown]
        values = {
            "months": by_month(rows, lambda row: row.movement.at),
            "older_url": f"{self.address('points')}?before={last}" if last else "",
            "is_first": before is None,
        }
        return self.render(request, "points", values)


class Purchases(MemberPage):
    """Every purchase and return of a customer, with what each brought."""

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        before = _before(request)
        found = home.purchases(customer, limit=PAGE_SIZE + 1, before=before)
        shown = found[:PAGE_SIZE]
        last = shown[-1].uuid if len(found) > PAGE_SIZE else None
        values = {
            "months": by_month(shown, lambda purchase: purchase.purchased_at),
            "older_url": f"{self.address('purchases')}?before={last}" if last else "",
            "is_first": before is None,
            "card_number": customer.loyalty_card_number or "",
        }
        return self.render(request, "purchases", values)


class Purchase(MemberPage):
    """One document: what was bought or brought back, and which points came of it."""

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        document = self.document(customer, kwargs["document"])
        back = document.returns.filter(customer=customer).select_related("pos")
        returns = list(back.order_by("purchased_at", "pk"))
        points = home.points_by_document(customer, [one.uuid for one in (document, *returns)])
        told = {
            one.uuid: home.purchase_of(one, points.get(one.uuid, ZERO), self.store)
            for one in (document, *returns)
        }
        original = document.revised
        moved = home.postings_of(customer, [document.uuid]).filter(amount__gt=0).order_by("pk")
        values = {
            "purchase": told[document.uuid],
            "lines": [
                Line(line.name, line.quantity, line.gross_value)
                for line in document.items.order_by("position")[:LINES_SHOWN]
            ],
            "gains": [_gain(posting) for posting in moved],
            # The sale is shown to its own customer alone.
            "original": _receipt(original, self.store)
            if original is not None and original.customer_id == customer.pk
            else None,
            "was_claimed": request.GET.get("said") == "claimed",
            "returns": [told[one.uuid] for one in returns],
        }
        return self.render(request, "purchase", values)

    def document(self, customer: Customer, uuid_text: str) -> Transaction:
        found = Transaction.objects.filter(customer=customer, uuid=parse(uuid_text))
        document: Transaction | None = found.select_related("pos", "revised").first()
        if document is None:
            raise NotFound
        return document


def by_month(rows: Iterable[T], moment: Callable[[T], datetime]) -> list[Month[T]]:
    """Part rows, newest first, by the months of the store's calendar."""
    months = []
    for _, found in groupby(rows, lambda row: timezone.localtime(moment(row)).strftime("%Y-%m")):
        part = list(found)
        months.append(Month(moment(part[0]), part))
    return months


def _before(request: HttpRequest) -> UUID | None:
    """Return after which row a page begins; None: at the newest, also where it names no row."""
    try:
        return UUID(request.GET.get("before", ""))
    except ValueError:
        return None


def _run_out(customer: Customer, newest: Sequence[Movement], now: datetime) -> list[Movement]:
    """Return as a movement what has run out but is not posted yet, so that the balance is true."""
    due = points_history.find_due(customer.wallet_id, now)
    if due is None:
        return []
    title = home.title_of(PostingKind.EXPIRE, is_gain=False)
    balance = newest[0].balance - due.amount
    return [Movement(title, due.at, -due.amount, comment="", state="", balance=balance)]


def _receipts(
    customer: Customer, movements: Sequence[Movement], store: Store
) -> dict[UUID | None, Receipt]:
    """Return the customer's own documents behind movements, by one query."""
    uuids = [one.transaction_uuid for one in movements if one.transaction_uuid]
    documents = Transaction.objects.filter(customer=customer, uuid__in=uuids)
    return {document.uuid: _receipt(document, store) for document in documents}


def _receipt(document: Transaction, store: Store) -> Receipt:
    url = program.address(store, "purchase", document=str(document.uuid))
    return Receipt(document.document_number, url)


def _gain(posting: Posting) -> Gain:
    is_gain = posting.kind == PostingKind.EARN
    return Gain(
        title=home.title_of(PostingKind(posting.kind), is_gain=is_gain),
        at=posting.effective_at,
        amount=posting.amount if is_gain else -posting.amount,
        why=posting.comment,
    )
