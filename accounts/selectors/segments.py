"""Segments as lists show them, who is in them, who would be, and what they are used for."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from accounts.models import Customer, Segment, SegmentMembership
from accounts.segments import criteria, queries
from accounts.segments.criteria import PartData
from loyalty.core import sql
from loyalty.core.models import Store

SAMPLE_SIZE = 10


def list_segments(store: Store, *, is_active: bool | None = None) -> QuerySet[Segment]:
    """Return the store's segments, or only those that are active, or only the others."""
    found: QuerySet[Segment] = Segment.objects.in_store(store)
    return found if is_active is None else found.filter(is_active=is_active)


def count_members(segment_ids: Collection[int] | QuerySet[Any, Any]) -> dict[int, int]:
    """Return how many members each segment has (SG-6); those without any are missing. One query."""
    rows = SegmentMembership.objects.filter(segment__in=segment_ids)
    return dict(rows.order_by().values_list("segment").annotate(Count("pk")))


@dataclass(frozen=True)
class Preview:
    """Who would be in a segment now: how many, and a few of them, newest first."""

    count: int
    sample: Sequence[Customer]


def preview(*, store: Store, parts: Sequence[PartData], now: datetime) -> Preview:
    """
    Return who fits parts that may not be saved yet. Three queries, besides those of the check.

    :raises InvalidFields: as saving them would.
    """
    kept = criteria.clean(parts, store)
    query = queries.Query(store, now)
    fitting = queries.members(kept, query, criteria.compilers())
    statement = (
        f"with fitting as materialized ({fitting})"  # noqa: S608  # what is put in is ours
        " select (select count(*) from fitting),"
        " array(select id from fitting order by id desc limit %(sample)s::int)"
    )
    [(count, ids)] = sql.read(statement, query.arguments | {"sample": SAMPLE_SIZE})
    sample = Customer.objects.in_store(store).filter(pk__in=ids).order_by("-pk")
    return Preview(count, list(sample))


# What segments are used for


@dataclass(frozen=True)
class Use:
    """Something that a segment is meant for. `kind`: what it is, such as `earning rule`."""

    kind: str
    id: int
    name: str


ListUses = Callable[[Segment], Sequence[Use]]

_lists_of_uses: list[ListUses] = []


def register_uses(list_uses: ListUses) -> None:
    """Take a function that lists what a room above uses a segment for; at its `ready()`."""
    if list_uses not in _lists_of_uses:
        _lists_of_uses.append(list_uses)


def list_uses(segment: Segment) -> list[Use]:
    """Return everything that is meant for a segment's members."""
    return [use for uses in _lists_of_uses for use in uses(segment)]
