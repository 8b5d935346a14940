"""
What facts about customers and their points tell a receiver of webhooks, in Open Loyalty's words.

Each function takes facts of one store and reads what it needs of all of them at once. Source: NT-1.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from accounts.api.open_loyalty.customer_documents import CustomerWriter
from accounts.models import Customer
from accounts.selectors.ladder import get_ladder
from loyalty.core.api import formats
from loyalty.core.models import Event, Store
from loyalty.core.webhooks.queue import Message

# What a registration brings; the rest of a customer's document only grows later.
REGISTERED = (
    "firstName",
    "lastName",
    "gender",
    "email",
    "phone",
    "birthDate",
    "loyaltyCardNumber",
    "address",
    "company",
    "labels",
    "agreement1",
    "agreement2",
    "agreement3",
    "createdAt",
)
# These are told with a change of 0, whatever they changed (PA-24).
WITHOUT_CHANGE = frozenset({"points.unlocked", "points.expired", "points.canceled"})
# Facts whose value is by how much what can be spent has changed, and the direction.
DIRECTIONS = {
    "points.added": "add",
    "points.spent": "subtract",
    "points.blocked": "subtract",
    "p2p_adding": "p2p_add",
    "p2p_spending": "p2p_subtract",
}


def customer_registered(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    customers = (
        Customer.objects.in_store(store)
        .filter(pk__in=_ids(facts))
        .select_related("pos", "seller")
        .in_bulk()
    )
    writer = CustomerWriter(store, "en")
    for fact in facts:
        # A registration that the database no longer knows cannot be told.
        if (customer := customers.get(fact.customer_id or 0)) is not None:
            row = writer.row(customer)
            data = {key: row[key] for key in REGISTERED}
            yield _message("customer.registered", fact, customer.uuid, {"data": data})


def customer_updated(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    return (_message("customer.updated", fact, fact.subject, {}) for fact in facts)


def customer_deactivated(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    return (_message("customer.deactivated", fact, fact.subject, {}) for fact in facts)


def customer_moved_to_level(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    """
    Tell each move, and once more with its direction where no person made it (LV-13).

    The first level of a customer is no move up or down.
    """
    names = _level_names(store)
    for fact in facts:
        told = fact.payload
        level = {"levelId": told["levelId"], "levelName": names.get(told["levelId"], "")}
        yield _message("customer.level_changed", fact, fact.subject, level)
        is_by_hand = told["manually"] or told["removeLevelManually"]
        if told["direction"] is not None and not is_by_hand:
            data = level | {"levelMove": told["direction"]}
            yield _message("customer.level_changed_automatically", fact, fact.subject, data)


def available_points_changed(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    """Tell what can be spent after each change of it, and by how much it changed (PA-24)."""
    rows = Customer.objects.in_store(store).filter(pk__in=_ids(facts)).values_list("pk", "uuid")
    uuids = dict(rows)
    for fact in facts:
        change = _change(fact)
        if change is None or fact.customer_id not in uuids:
            continue
        amount, direction = change
        data = {
            "amount": formats.number_of_text(fact.payload["active"]),
            "amount_change": formats.number(amount),
            "amount_change_type": direction,
        }
        uuid = uuids[fact.customer_id]
        yield _message("account.available_points_amount_changed", fact, uuid, data)


def _change(fact: Event) -> tuple[Decimal, str] | None:
    """Return by how much, and in which direction, a fact changed what can be spent; None: not."""
    told = fact.payload
    if fact.type in WITHOUT_CHANGE:
        return Decimal(0), "subtract"
    if fact.type == "points.added" and told.get("lockedUntil"):
        return None
    if "change" in told:
        change = Decimal(told["change"])
        if not change:
            return None
        return abs(change), "subtract" if change < 0 else "add"
    key = told["type"] if fact.type == "points.transferred" else fact.type
    return Decimal(told["value"]), DIRECTIONS[key]


def expiring_points(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    """Tell in lists whose points end soon (PE-10, decision C7)."""

    def entry(fact: Event) -> dict[str, Any]:
        return {
            "points": formats.number_of_text(fact.payload["points"]),
            "pointsWillExpire": fact.payload["expiresAt"],
        }

    return _lists("account.expiring_points_notification", store, facts, entry)


def expiring_levels(store: Store, facts: Sequence[Event]) -> Iterator[Message]:
    """Tell in lists who loses their level soon, and for which one (LV-17)."""
    names = _level_names(store)

    def entry(fact: Event) -> dict[str, Any]:
        present, future = fact.payload["levelId"], fact.payload["futureLevelId"]
        return {
            "levelId": present,
            "levelName": names.get(present, ""),
            "futureLevelId": future,
            "futureLevelName": names.get(future, ""),
        }

    return _lists("account.expiring_level_notification", store, facts, entry)


def _lists(
    type: str, store: Store, facts: Sequence[Event], entry: Callable[[Event], dict[str, Any]]
) -> Iterator[Message]:
    """
    Make one list of the facts of each transaction: that is how the jobs write them, by batches.

    The lists of a store come in order, in a lane of their own.
    """
    customers = Customer.objects.in_store(store).in_bulk(_ids(facts))
    for _position, group in groupby(facts, key=lambda fact: fact.position):
        known = [
            (fact, customers[fact.customer_id]) for fact in group if fact.customer_id in customers
        ]
        if known:
            data = [_who(customer) | entry(fact) for fact, customer in known]
            yield Message(type=type, data=data, lane_key=store.uuid, fact=known[0][0])


def _who(customer: Customer) -> dict[str, Any]:
    return {
        "customerId": str(customer.uuid),
        "customerEmail": customer.email,
        "customerPhone": customer.phone,
        "customerLoyaltyCardNumber": customer.loyalty_card_number,
        "customerFirstName": customer.first_name,
        "customerLastName": customer.last_name,
    }


def _level_names(store: Store) -> dict[str, str]:
    return {str(step.uuid): step.name() for step in get_ladder(store).steps}


def _ids(facts: Iterable[Event]) -> set[int]:
    return {fact.customer_id for fact in facts if fact.customer_id is not None}


def _message(type: str, fact: Event, customer_uuid: UUID, data: dict[str, Any]) -> Message:
    return Message(
        type=type,
        data={"customerId": str(customer_uuid), **data},
        lane_key=customer_uuid,
        customer_id=fact.customer_id,
        fact=fact,
    )
