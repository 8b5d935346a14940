"""The facts of people: one function each, in the past tense. Ids and numbers, no personal data."""

from datetime import datetime
from uuid import UUID

from accounts.models import Customer, CustomerCode, Level
from accounts.selectors.ladder import Step, is_worse
from loyalty.core import events
from loyalty.core.models import Event

# Recalculations write these facts by the thousand, in a statement of their own.
ADDED_TO_SEGMENT = "customer.added_to_segment"
REMOVED_FROM_SEGMENT = "customer.removed_from_segment"
# One for a customer and day, by the job of the notices (PE-10, C7). Its payload:
#   customerId   uuid
#   points       what expires then, a Decimal as text
#   expiresAt    the last instant of the day at which any of it expires, ISO with the store's offset
#   expiryDate   that day in the store's zone, YYYY-MM-DD
POINTS_EXPIRING_SOON = "points.expiring_soon"
# One for a customer and period of a level (LV-17). Its payload:
#   customerId      uuid
#   levelId         uuid of the level that they have
#   futureLevelId   uuid of the level that they would get today
#   endsAt          when the period ends, ISO with the store's offset
LEVEL_EXPIRING_SOON = "level.expiring_soon"


def account_created(customer: Customer, *, now: datetime) -> None:
    _append("account.created", customer, {"accountId": str(customer.wallet.uuid)}, now)


def customer_registered(customer: Customer, *, now: datetime) -> None:
    _append("customer.registered", customer, {"status": customer.status}, now)


def customer_activated(customer: Customer, *, was_new: bool = False, now: datetime) -> None:
    """`was_new`: they had waited since they registered; False: active at once, or let back in."""
    _append("customer.activated", customer, {"wasNew": was_new}, now)


def customer_signed_in(customer: Customer, *, now: datetime) -> None:
    _append("customer.signed_in", customer, {}, now)


def customer_deactivated(customer: Customer, *, now: datetime) -> None:
    _append("customer.deactivated", customer, {}, now)


def customer_code_requested(customer: Customer, code: CustomerCode, *, now: datetime) -> None:
    """The message with the code is written from this; the code is in no fact."""
    payload: dict[str, object] = {
        "codeId": str(code.uuid),
        "purpose": code.purpose,
        "number": code.number,
    }
    _append("customer.code_requested", customer, payload, now)


def customer_activation_requested(customer: Customer, *, now: datetime) -> None:
    """Somebody wants the mail with the link once more."""
    _append("customer.activation_requested", customer, {}, now)


def customer_deleted(customer: Customer, *, now: datetime) -> None:
    _append("customer.deleted", customer, {}, now)


def customer_anonymized(customer: Customer, *, now: datetime) -> None:
    """Written before the record changes: whoever hears of it now may still read who they were."""
    _append("customer.anonymized", customer, {}, now)


def customer_updated(customer: Customer, *, fields: list[str], now: datetime) -> None:
    _append("customer.updated", customer, {"fields": fields}, now)


def customer_subscribed_to_newsletter(customer: Customer, *, now: datetime) -> None:
    payload: dict[str, object] = {"status": customer.status}
    _append("customer.subscribed_to_newsletter", customer, payload, now)


def customer_moved_to_level(
    customer: Customer,
    *,
    old_level: Level | Step | None,
    new_level: Level | Step,
    is_manual: bool,
    is_manual_removed: bool,
    now: datetime,
) -> None:
    """`direction` compares the levels as LV-2 says; None for the first level."""
    payload = _move(old_level, new_level, is_manual, is_manual_removed)
    _append("customer.moved_to_level", customer, payload, now)


def level_earned(
    customer: Customer, *, old_level: Level | Step | None, new_level: Level | Step, now: datetime
) -> Event:
    """Return the fact of a move by a rule unwritten: batches write many at once."""
    payload = _move(old_level, new_level, is_manual=False, is_manual_removed=False)
    return Event(
        store=customer.store,
        type="customer.moved_to_level",
        subject=customer.uuid,
        customer_id=customer.pk,
        payload={"customerId": str(customer.uuid), **payload},
        recorded_at=now,
    )


def _move(
    old_level: Level | Step | None,
    new_level: Level | Step,
    is_manual: bool,
    is_manual_removed: bool,
) -> dict[str, object]:
    return {
        "levelId": str(new_level.uuid),
        "oldLevelId": str(old_level.uuid) if old_level else None,
        "manually": is_manual,
        "removeLevelManually": is_manual_removed,
        "direction": _direction(old_level, new_level),
    }


def _direction(old_level: Level | Step | None, new_level: Level | Step) -> str | None:
    if old_level is None:
        return None
    return "down" if is_worse(new_level, old_level) else "up"


def customer_added_to_segment(customer: Customer, *, segment_uuid: UUID, now: datetime) -> None:
    _append(ADDED_TO_SEGMENT, customer, {"segmentId": str(segment_uuid)}, now)


def customer_removed_from_segment(customer: Customer, *, segment_uuid: UUID, now: datetime) -> None:
    _append(REMOVED_FROM_SEGMENT, customer, {"segmentId": str(segment_uuid)}, now)


def _append(type: str, customer: Customer, payload: dict[str, object], now: datetime) -> None:
    events.append(
        type,
        store=customer.store,
        subject=customer.uuid,
        customer_id=customer.pk,
        payload={"customerId": str(customer.uuid), **payload},
        now=now,
    )
