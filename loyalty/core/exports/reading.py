"""
Read the rows of a list in pages, in the list's own order: constant memory, and each page costs the
same. Which rows there are, and in which order, is read first, in one statement, as their keys.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from loyalty.core.actors import Actor
from loyalty.core.exports.columns import Plain, plain_row
from loyalty.core.exports.kinds import Kind
from loyalty.core.models import Store

PAGE_ROWS = 1_000
KEYS_AT_ONCE = 10_000


def keys(kind: Kind, store: Store, actor: Actor, query: QueryDict) -> Iterator[str]:
    """Yield the keys of the rows, in the list's order."""
    found = kind.find(store, actor, query).prefetch_related(None)
    found = found if found.ordered else found.order_by("pk")
    yield from map(str, found.values_list("pk", flat=True).iterator(chunk_size=KEYS_AT_ONCE))


def pages(
    kind: Kind,
    store: Store,
    actor: Actor,
    query: QueryDict,
    *,
    now: datetime,
    keys: Iterable[str],
) -> Iterator[list[list[Plain]]]:
    """Yield pages of rows in the order of their keys, without those that are gone meanwhile."""
    found = kind.find(store, actor, query).order_by()
    rest = iter(keys)
    while wanted := list(islice(rest, PAGE_ROWS)):
        by_key = {str(row.pk): row for row in found.filter(pk__in=wanted)}
        page = [by_key[key] for key in wanted if key in by_key]
        kind.prepare(page, store, now)
        yield [plain_row(kind.columns, row, store.zone) for row in page]


def count(found: "QuerySet[Any]", limit: int) -> int:
    """Return how many rows there are, at most `limit`."""
    return int(found.order_by()[:limit].count())
