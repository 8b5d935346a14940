"""
A store's active segments: read once per process, and again when one has changed.

`Store.rules_version` tells, as it does for earning rules, so that a purchase in a warm process asks
the database for no definition.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Segment
from accounts.segments import criteria
from accounts.segments.queries import Parts
from loyalty.core.models import Store

# Stores whose segments one process keeps; the one that was asked for longest ago goes first.
STORES_MAX = 1024


@dataclass(frozen=True, slots=True)
class Definition:
    """`follows_purchases`: a purchase can change who is in it."""

    id: int
    uuid: UUID
    parts: Parts
    follows_purchases: bool


def get_active(store: Store) -> tuple[Definition, ...]:
    """Return the store's active segments as of its `rules_version`: one query after a change."""
    with _lock:
        cached = _cache.get(store.pk)
        if cached is not None and cached[0] == store.rules_version:
            _cache.move_to_end(store.pk)
            return cached[1]
    found = _read(store)
    with _lock:
        _cache[store.pk] = (store.rules_version, found)
        _cache.move_to_end(store.pk)
        while len(_cache) > STORES_MAX:
            _cache.popitem(last=False)
    return found


_lock = threading.Lock()
_cache: OrderedDict[int, tuple[int, tuple[Definition, ...]]] = OrderedDict()


def _read(store: Store) -> tuple[Definition, ...]:
    rows = Segment.objects.in_store(store).filter(is_active=True).order_by("pk")
    return tuple(
        Definition(pk, uuid, parts, criteria.follows_purchases(parts))
        for pk, uuid, parts in rows.values_list("pk", "uuid", "parts")
    )
