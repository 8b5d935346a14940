"""Append facts to the event store, and run what must happen at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from loyalty.core.models import Event, Store

Handler = Callable[[Event], None]


@dataclass(frozen=True)
class OnlyIn:
    """
    A *now* handler for the stores that `is_wanted` tells; it does nothing in others.

    Whoever has the store at hand asks `has_now_handlers` with it, and is spared a transaction.
    `many`: the same for many facts of one store at once, as jobs write them.
    """

    is_wanted: Callable[[Store], bool]
    handler: Handler
    many: Callable[[Store, Sequence[Event]], None] | None = None

    def __call__(self, event: Event) -> None:
        self.handler(event)


_now_handlers: dict[str, tuple[Handler, ...]] = {}


def install(handlers: Mapping[str, tuple[Handler, ...]]) -> None:
    """Take the switchboard's *now* column. Called once, when the platform starts."""
    _now_handlers.clear()
    _now_handlers.update(handlers)


def append(
    type: str,
    *,
    store: Store | None,
    subject: UUID,
    payload: dict[str, Any],
    now: datetime,
    customer_id: int | None = None,
) -> Event:
    """
    Write a fact and run its *now* handlers, all inside the caller's transaction.

    `payload`: ids and numbers (Decimals as strings), no personal data.
    """
    assert connection.in_atomic_block, "A fact is written with the change that it tells of."
    event = Event.objects.create(
        store=store,
        type=type,
        subject=subject,
        customer_id=customer_id,
        payload=payload,
        recorded_at=now,
    )
    dispatch(event)
    return event


def append_many(facts: Sequence[Event]) -> None:
    """Write facts in their order, by one statement, and run their *now* handlers."""
    assert connection.in_atomic_block, "A fact is written with the change that it tells of."
    for fact in Event.objects.bulk_create(facts):
        dispatch(fact)


def dispatch(event: Event) -> None:
    """Run the *now* handlers of a fact that is written already; the ledger writes its own."""
    for handler in _now_handlers.get(event.type, ()):
        handler(event)


def dispatch_many(type: str, facts: Sequence[Event]) -> None:
    """Run the *now* handlers of many facts of one type that are written already, in their order."""
    for handler in _now_handlers.get(type, ()):
        if not isinstance(handler, OnlyIn) or handler.many is None:
            for fact in facts:
                handler(fact)
            continue
        of_store: dict[Store, list[Event]] = defaultdict(list)
        for fact in facts:
            if fact.store is not None:
                of_store[fact.store].append(fact)
        for store, those in of_store.items():
            if handler.is_wanted(store):
                handler.many(store, those)


def has_now_handlers(type: str, store: Store | None = None) -> bool:
    """Tell whether a fact has something to run at once; in `store`, if it is given."""
    return any(
        store is None or not isinstance(handler, OnlyIn) or handler.is_wanted(store)
        for handler in _now_handlers.get(type, ())
    )
