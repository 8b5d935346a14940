"""Set the other server's lists down, page by page, each with where to go on in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in.source import NotThere, Source

DONE = 0
Teller = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Resource:
    """
    One list. `key`: under which name it stands in the answer. `id`: the path of a row's id.

    `optional`: servers of older releases do not have it.
    """

    name: str
    path: str
    key: str
    id: tuple[str, ...]
    optional: bool = False


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
    Resource("customers", "customer", "customers", ("customerId",)),
    Resource("transactions", "transaction", "transactions", ("transactionId",)),
    Resource("transfers", "points/transfer", "transfers", ("pointsTransferId",)),
    Resource("coupons", "campaign/bought", "boughtCampaigns", ("coupon", "id"), optional=True),
)


def fetch(move: MoveIn, source: Source, prefix: str, *, size: int, tell: Teller) -> None:
    """
    Read every list that is not whole yet. `prefix`: the store's code in the path, with a slash.

    A page that is read twice changes nothing.
    """
    for resource in RESOURCES:
        first = move.pages.get(resource.name, 1)
        if first == DONE:
            continue
        try:
            for page, rows, total in source.pages(
                f"{prefix}{resource.path}", resource.key, first=first, size=size
            ):
                _set_down(move, resource, rows, page + 1)
                tell(resource.name, min(page * size, total), total)
        except NotThere:
            if not resource.optional:
                raise
        _set_down(move, resource, [], DONE)


@transaction.atomic
def _set_down(move: MoveIn, resource: Resource, rows: list[dict[str, Any]], next_page: int) -> None:
    MoveInRow.objects.bulk_create(
        [
            MoveInRow(
                move=move,
                resource=resource.name,
                uuid=UUID(str(_at(row, resource.id))),
                customer_uuid=row.get("customerId") if resource.name == "transfers" else None,
                content=row,
            )
            for row in rows
            if _at(row, resource.id)
        ],
        ignore_conflicts=True,
    )
    move.pages[resource.name] = next_page
    move.save(update_fields=["pages"])


def _at(row: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        row = row.get(step) if isinstance(row, dict) else None
    return row
