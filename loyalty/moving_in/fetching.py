"""
Set the other server's lists down, page by page, each with where to go on in one transaction.

A list of the other server can be read to its 10,000th entry only. Longer ones are read as each
allows: customers by scrolling, purchases and bought rewards by spans of days, transfers customer by
customer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.core import clock
from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in import progress
from loyalty.moving_in.source import NotThere, Source, SourceRefuses

DONE = 0
WINDOW = 10_000
# How often a list is read that changes while it is read.
READINGS_MAX = 3
FIRST_DAY = date(1970, 1, 1)
Teller = Callable[[str, int, int], object]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Resource:
    """
    One list. `key`: under which name it stands in the answer. `id`: the path of a row's id.

    `sort`: what puts what is added meanwhile at the end. `optional`: servers of older releases do
    not have it. Of a list longer than the window: `scrolls`; `days`: its filter by day, without
    From and To; `by_customer`.
    """

    name: str
    path: str
    key: str
    id: tuple[str, ...]
    sort: str = ""
    optional: bool = False
    scrolls: bool = False
    days: str = ""
    by_customer: bool = False

    @property
    def order(self) -> dict[str, str]:
        return {"sort": self.sort, "direction": "ASC"} if self.sort else {}


# In the order in which they are built.
RESOURCES = (
    Resource("levels", "level", "levels", ("id",)),
    Resource("pos", "pos", "pos", ("posId",)),
    Resource("sellers", "seller", "sellers", ("sellerId",)),
    Resource("segments", "segment", "segments", ("segmentId",)),
    Resource(
        "categories", "campaignCategory", "categories", ("campaignCategoryId",), optional=True
    ),
    Resource("campaigns", "campaign", "campaigns", ("campaignId",)),
    Resource("rules", "earningRule", "earningRules", ("earningRuleId",)),
    Resource("customers", "customer", "customers", ("customerId",), sort="createdAt", scrolls=True),
    Resource("invitations", "invitations", "invitations", ("invitationId",), optional=True),
    Resource(
        "transactions",
        "transaction",
        "transactions",
        ("transactionId",),
        sort="purchaseDate",
        days="purchaseDate",
    ),
    Resource(
        "transfers",
        "points/transfer",
        "transfers",
        ("pointsTransferId",),
        sort="createdAt",
        by_customer=True,
    ),
    Resource(
        "coupons",
        "campaign/bought",
        "boughtCampaigns",
        ("coupon", "id"),
        sort="purchasedAt",
        optional=True,
        days="purchasedAt",
    ),
)


def fetch(move: MoveIn, source: Source, prefix: str, *, size: int, tell: Teller) -> None:
    """
    Read every list that is not whole yet. `prefix`: the store's code in the path, with a slash.

    A page that is read twice changes nothing.
    """
    for resource in RESOURCES:
        if move.pages.get(resource.name, 1) == DONE:
            continue
        try:
            total = _Reading(move, source, prefix, resource, size, tell).read()
            _check_whole(move, resource, total)
        except NotThere:
            if not resource.optional:
                raise
            progress.note(move, f"{resource.path}: the other server has no such list.")
        _set_down(move, resource, [], DONE)


@dataclass(frozen=True)
class _Reading:
    move: MoveIn
    source: Source
    prefix: str
    resource: Resource
    size: int
    tell: Teller

    def read(self) -> int:
        """Read the list; return how many entries the other server says that it has."""
        resource, path = self.resource, self.prefix + self.resource.path
        first = self.move.pages.get(resource.name, 1)
        total = 0
        for _ in range(READINGS_MAX):
            pages = self.source.pages(
                path, resource.key, first=first, size=self.size, query=resource.order
            )
            for page, rows, total in pages:  # the last one counts
                if total > WINDOW and self._read_long(total):
                    return total
                self._take(page, rows, total)
            # What was deleted meanwhile has moved others to pages that were read before.
            if self._count() >= total:
                break
            first = 1
        return total

    def _read_long(self, total: int) -> bool:
        """Read a list that pages do not reach the end of, where there is another way."""
        if self.resource.scrolls:
            path = self.prefix + self.resource.path
            for page, rows, told in self.source.scroll(path, self.resource.key, size=self.size):
                _set_down(self.move, self.resource, rows, None)
                self.tell(self.resource.name, min(page * self.size, told), told)
        elif self.resource.by_customer:
            self._read_by_customer(total)
        elif self.resource.days:
            today = clock.now().date()
            # Nobody's clock is more than a day ahead.
            self._read_days(FIRST_DAY, today + timedelta(days=2), total)
        else:
            return False
        return True

    def _read_by_customer(self, total: int) -> None:
        after = f"{self.resource.name}:after"
        customers = MoveInRow.objects.filter(move=self.move, resource="customers").order_by("pk")
        for row in customers.filter(pk__gt=self.move.pages.get(after, 0)).iterator(chunk_size=500):
            self._read_pages({"customerId": str(row.uuid)})
            progress.go_on(self.move, after, row.pk)
            self.tell(self.resource.name, self._count(), total)

    def _read_days(self, begin: date, end: date, total: int) -> None:
        """Read the entries of the days from `begin` to before `end`, by halves that fit."""
        mark = f"{self.resource.name}:day"
        if end.isoformat() <= str(self.move.pages.get(mark, "")):
            return
        # Some releases mean the last day to its beginning, others to its end: what is read twice
        # changes nothing.
        span = {
            f"{self.resource.days}From": begin.isoformat(),
            f"{self.resource.days}To": end.isoformat(),
        }
        path = self.prefix + self.resource.path
        _rows, found = self.source.page(path, self.resource.key, span | {"page": 1, "perPage": 1})
        if found > WINDOW and (days := (end - begin).days) > 1:
            half = begin + timedelta(days=days // 2)
            self._read_days(begin, half, total)
            self._read_days(half, end, total)
            return
        if found:
            self._read_pages(span)
        progress.go_on(self.move, mark, end.isoformat())
        self.tell(self.resource.name, self._count(), total)

    def _read_pages(self, query: dict[str, str]) -> None:
        path = self.prefix + self.resource.path
        for _page, rows, _total in self.source.pages(
            path, self.resource.key, size=self.size, query=query | self.resource.order
        ):
            _set_down(self.move, self.resource, rows, None)

    def _take(self, page: int, rows: Rows, total: int) -> None:
        _set_down(self.move, self.resource, rows, page + 1)
        self.tell(self.resource.name, min(page * self.size, total), total)

    def _count(self) -> int:
        return MoveInRow.objects.filter(move=self.move, resource=self.resource.name).count()


def _check_whole(move: MoveIn, resource: Resource, total: int) -> None:
    """Note a list that did not come whole."""
    found = MoveInRow.objects.filter(move=move, resource=resource.name).count()
    if found < total:
        progress.note(
            move, f"{resource.path}: the other server counts {total}, and {found} could be read."
        )


@transaction.atomic
def _set_down(move: MoveIn, resource: Resource, rows: Rows, next_page: int | None) -> None:
    MoveInRow.objects.bulk_create(_rows(move, resource, rows), ignore_conflicts=True)
    if next_page is not None:
        progress.go_on(move, resource.name, next_page)


def _rows(move: MoveIn, resource: Resource, rows: Rows) -> Iterable[MoveInRow]:
    for row in rows:
        if not (found := _at(row, resource.id)):
            continue
        try:
            uuid = UUID(str(found))
        except ValueError as error:
            raise SourceRefuses(f"{resource.path}: {found!r} is no id.") from error
        yield MoveInRow(
            move=move,
            resource=resource.name,
            uuid=uuid,
            customer_uuid=row.get("customerId") if resource.name == "transfers" else None,
            content=row,
        )


def _at(row: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at a path; release 3.x wraps ids in objects of one key."""
    for step in path:
        row = row.get(step) if isinstance(row, dict) else None
    if isinstance(row, dict):
        return next(iter(row.values()), None)
    return row
