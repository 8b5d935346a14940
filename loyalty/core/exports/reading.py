"""Read the rows of a list in pages by their key: constant memory, and a page costs the same."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from loyalty.core.actors import Actor
from loyalty.core.exports.columns import Plain, plain_row
from loyalty.core.exports.kinds import Kind
from loyalty.core.models import Store

PAGE_ROWS = 1_000


def read(
    kind: Kind, store: Store, actor: Actor, query: QueryDict, *, now: datetime, after: str = ""
) -> Iterator[tuple[list[list[Plain]], str]]:
    """
    Yield pages of rows in the order of their keys, each with the key of its last row.

    `after`: the key of the last row that was had already.
    """
    found = kind.find(store, actor, query).order_by("pk")
    while page := list((found.filter(pk__gt=after) if after else found)[:PAGE_ROWS]):
        kind.prepare(page, store, now)
        after = str(page[-1].pk)
        yield [plain_row(kind.columns, row, store.zone) for row in page], after


def count(found: "QuerySet[Any]", limit: int) -> int:
    """Return how many rows there are, at most `limit`."""
    return int(found.order_by()[:limit].count())
