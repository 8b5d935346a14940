"""Open points of sale and change them; none is ever deleted. Source: POS-1…3."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Pos
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from loyalty.core.services import audit

BLANK = "This value should not be blank."
TAKEN = "This value is already used."
TOO_LONG = "This value is longer than 255 characters."
NO_COORDINATE = "This value is not valid."

LOCATION_REQUIRED = ("street", "address1", "postal", "city", "province", "country")
LOCATION_KEYS = ("street", "address1", "address2", "province", "city", "postal", "country")
# Degrees: the largest latitude and longitude.
COORDINATES = {"lat": 90.0, "long": 180.0}


@dataclass(frozen=True, kw_only=True)
class PosData:
    """A whole point of sale. `location`: by the keys of POS-1; `lat`, `long`: degrees as text."""

    name: str
    identifier: str
    description: str = ""
    location: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def create(*, store: Store, data: PosData, actor: Actor, now: datetime | None = None) -> Pos:
    """
    Open a point of sale.

    :raises InvalidFields: with every fault; nothing was written.
    """
    pos = Pos(store=store)
    _fill(pos, data)
    with _clash_refused():
        pos.save(force_insert=True)
    _record(actor, pos, "CreatePos", {}, now)
    return pos


@transaction.atomic
def update(*, pos: Pos, data: PosData, actor: Actor, now: datetime | None = None) -> Pos:
    """
    Replace a point of sale's data. Locks it.

    :raises InvalidFields: with every fault; nothing was written.
    """
    locked = (
        Pos.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=pos.pk)
    )
    old = _told(locked)
    _fill(locked, data)
    with _clash_refused():
        locked.save(update_fields=["name", "identifier", "description", "location"])
    _record(actor, locked, "UpdatePos", old, now)
    return locked


def _fill(pos: Pos, data: PosData) -> None:
    location = {
        key: text
        for key in (*LOCATION_KEYS, *COORDINATES)
        if (text := (data.location.get(key) or "").strip())
    }
    pos.name, pos.identifier = data.name.strip(), data.identifier.strip()
    pos.description, pos.location = data.description.strip(), location
    _check(pos)


def _check(pos: Pos) -> None:
    errors: dict[str, list[str]] = defaultdict(list)
    texts = {"name": pos.name, "identifier": pos.identifier}
    texts |= {f"location.{key}": pos.location.get(key, "") for key in LOCATION_REQUIRED}
    for name, text in texts.items():
        if not text:
            errors[name].append(BLANK)
    texts["location.address2"] = pos.location.get("address2", "")
    for name, text in texts.items():
        if len(text) > 255:
            errors[name].append(TOO_LONG)
    for key, limit in COORDINATES.items():
        if key in pos.location and not _is_coordinate(pos.location[key], limit):
            errors[f"location.{key}"].append(NO_COORDINATE)
    same = Pos.objects.in_store(pos.store).filter(identifier=pos.identifier)
    if not errors["identifier"] and same.exclude(pk=pos.pk).exists():
        errors["identifier"].append(TAKEN)
    found = {name: sentences for name, sentences in errors.items() if sentences}
    if found:
        raise InvalidFields(found)


def _is_coordinate(text: str, limit: float) -> bool:
    try:
        return abs(float(text)) <= limit
    except ValueError:
        return False


@contextmanager
def _clash_refused() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:  # another process took the identifier meanwhile
        raise InvalidFields({"identifier": [TAKEN]}) from error


def _told(pos: Pos) -> dict[str, object]:
    """Return what the audit trail tells of a point of sale."""
    own = {"name": pos.name, "identifier": pos.identifier, "description": pos.description}
    return own | {f"location.{key}": text for key, text in pos.location.items()}


def _record(
    actor: Actor, pos: Pos, event_type: str, old: Mapping[str, object], now: datetime | None
) -> None:
    audit.record(
        actor,
        store=pos.store,
        event_type=event_type,
        entity_type="Pos",
        entity_id=pos.uuid,
        data=audit.changes(old, _told(pos)),
        now=now or clock.now(),
    )
