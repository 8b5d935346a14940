"""The audit trail's one writer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import Model

from loyalty.core.actors import Actor
from loyalty.core.models import AuditEntry, Store
from loyalty.core.selectors.audit import NOT_LOGGED

__all__ = ["NOT_LOGGED", "Deed", "Secret", "changes", "plain", "record", "record_many"]


def record(
    actor: Actor | None,
    *,
    store: Store | None,
    event_type: str,
    entity_type: str,
    entity_id: object,
    data: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """
    Append what `actor` did, in the caller's transaction.

    `event_type`: the command's name, such as `RegisterCustomer` (AUD-3). `data`: what JSON can
    carry, such as old and new values; no passwords or tokens.
    """
    entry = _entry(actor, store, event_type, entity_type, entity_id, data, now)
    entry.save(force_insert=True)
    return entry


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of `record_many`; the fields are the arguments of `record`."""

    event_type: str
    entity_type: str
    entity_id: object
    data: Mapping[str, Any]


def record_many(
    actor: Actor | None, *, store: Store | None, deeds: Sequence[Deed], now: datetime
) -> None:
    """Append what `actor` did in one go, in its order; otherwise as `record`."""
    AuditEntry.objects.bulk_create(
        _entry(actor, store, each.event_type, each.entity_type, each.entity_id, each.data, now)
        for each in deeds
    )


def _entry(
    actor: Actor | None,
    store: Store | None,
    event_type: str,
    entity_type: str,
    entity_id: object,
    data: Mapping[str, Any] | None,
    now: datetime,
) -> AuditEntry:
    return AuditEntry(
        store=store,
        created_at=now,
        event_type=event_type,
        entity_type=entity_type,
        entity_id=str(entity_id),
        actor_kind=actor.kind if actor else "",
        actor_id=str(actor.uuid or "") if actor else "",
        username=actor.name if actor else NOT_LOGGED,
        ip_address=actor.ip_address if actor else None,
        data=dict(data or {}),
    )


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """
    Return what differs, as `{"name": {"old": …, "new": …}}`; what one side lacks is None there.

    Of something new `old` is empty, of something deleted `new` is. Values become what JSON can
    carry; a `Secret` only tells that it changed.
    """
    found = {}
    for name in (*old, *(key for key in new if key not in old)):
        before, after = old.get(name), new.get(name)
        if before != after:
            found[name] = {"old": plain(before), "new": plain(after)}
    return found


class Secret(str):
    """A value that the trail must not hold: compared in full, written as a mask."""

    __slots__ = ()


MASK = "***"
# Most values of a record are of these very types, and none of those that are looked for below.
_PLAIN = frozenset({str, bool, int, float})


def plain(value: Any) -> Any:
    """Return a value as the trail's JSON can carry it."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Secret):
        return MASK if value else ""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        # 10.0000 of the database and 10 of a form are one amount.
        return format(value.normalize(), "f")
    if isinstance(value, Model):
        return str(getattr(value, "uuid", value.pk))
    if isinstance(value, date | UUID):
        return value.isoformat() if isinstance(value, date) else str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=str)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
