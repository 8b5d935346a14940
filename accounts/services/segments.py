"""Create, change, switch and delete segments. Source: SG-1…7."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.models import Segment
from accounts.segments import criteria
from accounts.segments.criteria import PartData
from accounts.segments.parameters import CUSTOMERS_MAX
from accounts.selectors import segments as selectors
from accounts.services import segment_members
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import Store
from loyalty.core.services import audit, stores

BLANK = "This value should not be blank."
TOO_LONG = "This value is longer than 255 characters."
NAME_TAKEN = "Segment with this name already exists"
NAME_LENGTH_MAX = 255


class SegmentInUse(DomainError):
    """This segment is in use."""

    code = "segment_in_use"


class NoList(DomainError):
    """None of the segment's criteria is a list of customers."""

    code = "no_customer_list"


class ListFull(DomainError):
    """The segment's list of customers is full."""

    code = "customer_list_full"


@dataclass(frozen=True, kw_only=True)
class SegmentData:
    """A whole segment. `parts`: AND between them, OR between the criteria of one (SG-2)."""

    name: str
    parts: Sequence[PartData]
    description: str = ""
    is_active: bool = False


@transaction.atomic
def create(
    *, store: Store, data: SegmentData, actor: Actor, now: datetime | None = None
) -> Segment:
    """
    Add a segment. An active one gets its members right after commit (SG-5).

    :raises InvalidFields: with every fault; nothing was written.
    """
    segment = Segment(store=store)
    _fill(segment, data)
    with _clash_refused():
        segment.save(force_insert=True)
    if segment.is_active:
        _publish(store)
    _recalculate_later(segment)
    _record(actor, segment, "CreateSegment", {}, _told(segment), now)
    return segment


@transaction.atomic
def update(
    *, segment: Segment, data: SegmentData, actor: Actor, now: datetime | None = None
) -> Segment:
    """
    Replace a segment's data; an active one gets its members right after commit. Locks it.

    :raises InvalidFields: with every fault; nothing was written.
    """
    locked = _lock(segment)
    before, old = (locked.is_active, _meaning(locked)), _told(locked)
    _fill(locked, data)
    with _clash_refused():
        locked.save(update_fields=["name", "description", "is_active", "parts"])
    if before != (locked.is_active, _meaning(locked)) and (before[0] or locked.is_active):
        _publish(locked.store)
    _recalculate_later(locked)
    _record(actor, locked, "UpdateSegment", old, _told(locked), now)
    return locked


@transaction.atomic
def set_active(
    *, segment: Segment, is_active: bool, actor: Actor, now: datetime | None = None
) -> Segment:
    """
    Switch a segment on, which gives it its members at once, or off, which keeps them (SG-7, C8).

    Locks the segment. As it is already: nothing happens.
    """
    locked = _lock(segment)
    if locked.is_active == is_active:
        return locked
    old = _told(locked)
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    _publish(locked.store)
    _recalculate_later(locked)
    name = "ActivateSegment" if is_active else "DeactivateSegment"
    _record(actor, locked, name, old, _told(locked), now)
    return locked


@transaction.atomic
def add_to_list(
    *, segment: Segment, customers: Sequence[UUID], actor: Actor, now: datetime | None = None
) -> set[UUID]:
    """
    Add customers to the list that is one of a segment's criteria; return those not in it before.

    Those of an active segment become members right after commit. Locks the segment.

    :raises NoList: none of its criteria is a list. :raises ListFull: nobody was added.
    """
    locked = _lock(segment)
    old = _told(locked)
    rows = (row for part in locked.parts for row in part["criteria"])
    listed = next((row for row in rows if row["type"] == "customer_list"), None)
    if listed is None:
        raise NoList
    present = set(listed["customers"])
    added = {uuid: str(uuid) for uuid in customers if str(uuid) not in present}
    if not added:
        return set()
    if len(present) + len(added) > CUSTOMERS_MAX:
        raise ListFull(f"A list of customers holds at most {CUSTOMERS_MAX}.")
    listed["customers"] = [*listed["customers"], *added.values()]
    locked.save(update_fields=["parts"])
    if locked.is_active:
        _publish(locked.store)
    _recalculate_later(locked)
    _record(actor, locked, "UpdateSegment", old, _told(locked), now)
    _tell_of_listed(locked, added, actor, now)
    return set(added)


def _tell_of_listed(
    segment: Segment, customers: Iterable[UUID], actor: Actor, now: datetime | None
) -> None:
    """Write in the history of each customer which list they have come into."""
    told = audit.changes({}, {"segmentId": segment.uuid})
    audit.record_many(
        actor,
        store=segment.store,
        deeds=[audit.Deed("AddCustomerToSegment", "Customer", uuid, told) for uuid in customers],
        now=now or clock.now(),
    )


@transaction.atomic
def delete(*, segment: Segment, actor: Actor, now: datetime | None = None) -> None:
    """
    Delete a segment; its members leave it, each with a fact (SG-7). Locks the segment.

    :raises SegmentInUse: something is meant for its members, and would be for nobody without it.
    """
    now = now or clock.now()
    locked = _lock(segment)
    if uses := selectors.list_uses(locked):
        names = ", ".join(f"{use.kind} {use.name}" for use in uses[:5])
        raise SegmentInUse(f"This segment cannot be deleted: it is used by {names}.")
    segment_members.remove_all(locked, now)
    _record(actor, locked, "DeleteSegment", _told(locked), {}, now)
    if locked.is_active:
        _publish(locked.store)
    locked.delete()


def _lock(segment: Segment) -> Segment:
    rows = Segment.objects.select_for_update(of=("self",)).select_related("store")
    return rows.get(pk=segment.pk)


def _fill(segment: Segment, data: SegmentData) -> None:
    errors: dict[str, list[str]] = defaultdict(list)
    segment.name, segment.description = data.name.strip(), data.description.strip()
    segment.is_active = data.is_active
    if not segment.name:
        errors["name"].append(BLANK)
    elif len(segment.name) > NAME_LENGTH_MAX:
        errors["name"].append(TOO_LONG)
    else:
        same = Segment.objects.in_store(segment.store).filter(name=segment.name)
        if same.exclude(pk=segment.pk).exists():
            errors["name"].append(NAME_TAKEN)
    try:
        segment.parts = criteria.clean(data.parts, segment.store)
    except InvalidFields as refusal:
        errors |= refusal.errors
    if errors:
        raise InvalidFields(errors)


def _meaning(segment: Segment) -> list[list[dict[str, Any]]]:
    """Return a segment's criteria without their ids, which every save makes anew."""
    return [
        [{key: value for key, value in row.items() if key != "id"} for row in part["criteria"]]
        for part in segment.parts
    ]


@contextmanager
def _clash_refused() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:  # another process took the name meanwhile
        raise InvalidFields({"name": [NAME_TAKEN]}) from error


def _publish(store: Store) -> None:
    """Let every process read the segments anew, this one through the store at hand, too."""
    stores.touch_rules(store.pk)
    store.refresh_from_db(fields=["rules_version"])


def _recalculate_later(segment: Segment) -> None:
    """
    Recalculate after commit: by chunks of their own, so that no till waits for all of them.

    Should it fail, the job of the next minute does the same.
    """
    assert connection.in_atomic_block
    if segment.is_active:
        transaction.on_commit(partial(segment_members.recalculate, segment.pk), robust=True)


def _told(segment: Segment) -> dict[str, object]:
    """Return what the audit trail tells of a segment."""
    return {
        "name": segment.name,
        "description": segment.description,
        "active": segment.is_active,
        "parts": _meaning(segment),
    }


def _record(
    actor: Actor,
    segment: Segment,
    event_type: str,
    old: Mapping[str, object],
    new: Mapping[str, object],
    now: datetime | None,
) -> None:
    audit.record(
        actor,
        store=segment.store,
        event_type=event_type,
        entity_type="Segment",
        entity_id=segment.uuid,
        data=audit.changes(old, new),
        now=now or clock.now(),
    )
