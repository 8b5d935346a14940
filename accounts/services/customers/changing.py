"""Change what is known of a customer. Source: CUS, ACT rules."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import events
from accounts.models import CodePurpose, Customer, CustomerStatus, Level, Pos
from accounts.services import codes, customer_data, level_moves, passwords, reset_wishes, tokens
from accounts.services.customer_data import Changes
from accounts.services.customer_locks import lock, lock_known
from accounts.services.customers.records import actor_of, plain, record, save
from loyalty.core import clock
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError, InvalidFields, NotFound
from loyalty.core.messages import catalogue, templates
from loyalty.core.services import audit

NOT_YOURS_TO_CHANGE = "You cannot change this value."
AGREEMENTS = ("agreement1", "agreement2", "agreement3")
# What customers may never set for themselves (8.1).
STAFF_FIELDS = frozenset({"level", "pos", "seller", "created_at", "card_state"})


class HasLabel(DomainError):
    """This customer has the label already."""

    code = "has_label"


@transaction.atomic
def update(
    *, customer: Customer, changes: Changes, actor: Actor, now: datetime | None = None
) -> Customer:
    """
    Change what is given and leave the rest (CUS-20). Locks the customer.

    A level other than the present one is an assignment by hand; None takes such an assignment
    back. Address and company are replaced whole.

    :raises InvalidFields: every fault at once, also the fields that a customer may not change on
        their own record (CUS-22); nothing was written.
    :raises CustomerAnonymized: they were.
    """
    now = now or clock.now()
    locked = lock_known(customer)
    values = customer_data.cleaned(changes)
    errors = customer_data.faults(values, locked.store)
    for name in _forbidden(locked, values, actor):
        errors[name] = [NOT_YOURS_TO_CHANGE]
    level: Level | None = values.get("level")
    is_moving = level is not None and level.pk != locked.level_id
    if level is not None and is_moving and not level.is_active:
        errors["level"].append(customer_data.LEVEL_NOT_ACTIVE)
    for name in customer_data.taken(values, locked.store, besides=locked):
        errors[name] = errors[name] or [customer_data.TAKEN]
    customer_data.refuse(errors)
    _hold_back(locked, values, actor, now)
    if level is not None and is_moving:
        level_moves.place_manually(locked, level, now=now)
    elif "level" in values and level is None and locked.manually_assigned_level_id is not None:
        level_moves.release(locked, now=now)
    _change(locked, values, actor, now)
    return locked


@transaction.atomic
def add_label(
    *, customer: Customer, key: str, value: str, actor: Actor, now: datetime | None = None
) -> Customer:
    """
    Give a customer one more label; those that they have stay. Locks the customer.

    :raises HasLabel: they have this very one. :raises InvalidFields: it is none, or one too many.
    :raises CustomerAnonymized: they were.
    """
    locked = lock_known(customer)
    [label] = customer_data.cleaned({"labels": [{"key": key, "value": value}]})["labels"]
    if label in locked.labels:
        raise HasLabel
    values = {"labels": [*locked.labels, label]}
    customer_data.refuse(customer_data.faults(values, locked.store))
    _change(locked, values, actor, now or clock.now())
    return locked


def confirm_change(*, customer: Customer, secret: str, now: datetime | None = None) -> Customer:
    """
    Let a new e-mail address or phone number count, which the customer has now proven (ACT-6).

    Locks the customer.

    :raises NotFound: no open code of theirs is this one; the fifth wrong one ends it.
    :raises InvalidFields: somebody else has the address by now.
    """
    now = now or clock.now()
    code = codes.find_of(customer, secret, now=now)
    if code is None:
        raise NotFound
    with transaction.atomic():
        locked = lock_known(customer)
        address = code.address
        if not codes.end(code, now=now):
            raise NotFound
        name = "email" if code.purpose == CodePurpose.EMAIL_CHANGE else "phone"
        if customer_data.taken({name: address}, locked.store, besides=locked):
            raise InvalidFields({name: [customer_data.TAKEN]})
        _change(locked, {name: address}, actor_of(locked), now)
    return locked


@transaction.atomic
def assign_pos(
    *, customer: Customer, pos: Pos, actor: Actor, now: datetime | None = None
) -> Customer:
    """Tie a customer to a point of sale (CUS-27). Locks the customer."""
    now = now or clock.now()
    [locked] = lock([customer.pk], store=customer.store)
    told = audit.changes({"posId": locked.pos}, {"posId": pos})
    locked.pos = pos
    save(locked, ["pos"], now)
    record(actor, locked, "AssignPosToCustomer", told, now)
    return locked


@transaction.atomic
def issue_temporary_password(
    *, customer: Customer, actor: Actor, now: datetime | None = None
) -> str:
    """
    Give a customer a new password that they must change after signing in, and return it (CUS-7).

    It is made only when somebody stands ready to hand it over: nothing keeps it in clear.
    """
    now = now or clock.now()
    raw = passwords.generate()
    locked = lock_known(customer)
    locked.set_password(raw)
    locked.must_change_password = True
    save(locked, ["password", "must_change_password"], now)
    tokens.sign_out_everywhere(locked, now=now)
    record(actor, locked, "IssueTemporaryPassword", {}, now)
    return raw


def _hold_back(customer: Customer, values: dict[str, Any], actor: Actor, now: datetime) -> None:
    """
    Take a new address out of what an active customer changes about themself, and send it a code.

    The old one counts until they confirm the new one (ACT-6). What the store cannot send a code to
    counts at once, and so does what staff and sellers write.
    """
    if actor.kind != ActorKind.CUSTOMER or customer.status != CustomerStatus.ACTIVE:
        return
    for name, (purpose, occasion) in _PROVEN.items():
        address = values.get(name)
        if not address or address == getattr(customer, name):
            continue
        if not any(message.is_enabled for message in templates.list_for(customer.store, occasion)):
            continue
        del values[name]
        if codes.is_on_its_way(customer, purpose, address, now=now):
            continue
        try:
            codes.ask(
                store=customer.store,
                customer=customer,
                purpose=purpose,
                address=address,
                now=now,
                is_pending=True,
            )
        except codes.TooSoon as error:
            raise InvalidFields({name: [error.message]}) from error


_PROVEN = {
    "email": (CodePurpose.EMAIL_CHANGE, catalogue.EMAIL_CHANGED),
    "phone": (CodePurpose.PHONE_CHANGE, catalogue.PHONE_CHANGED),
}


def _forbidden(customer: Customer, values: dict[str, Any], actor: Actor) -> list[str]:
    """Return which of the given fields this actor may not change so (8.1, CUS-22)."""
    if actor.kind not in {ActorKind.CUSTOMER, ActorKind.SELLER}:
        return []
    is_self = actor.kind == ActorKind.CUSTOMER
    if is_self and not customer.store.settings.allow_customers_profile_edits:
        return [name for name in values if name not in AGREEMENTS]
    withheld = STAFF_FIELDS if is_self else {"seller"}
    # Clients send back the whole record that they read; only a difference is an attempt.
    return [n for n in sorted(withheld & set(values)) if getattr(customer, n) != values[n]]


def _change(customer: Customer, given: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Write what differs in a locked customer's record, with its facts and audit entries."""
    new = {
        name: value
        for name, value in given.items()
        if name != "level" and getattr(customer, name) != value
    }
    if not new:
        return
    old = {name: getattr(customer, name) for name in new}
    for name, value in new.items():
        setattr(customer, name, value)
    is_subscribing = customer.agreement2 and customer.newsletter_subscribed_at is None
    if is_subscribing:
        customer.newsletter_subscribed_at = now
    with customer_data.clashes_refused():
        save(customer, [*new, "newsletter_subscribed_at"], now)
    if not new.keys().isdisjoint({"email", "phone"}):
        reset_wishes.close(customer, now=now)
    events.customer_updated(customer, fields=sorted(new), now=now)
    if is_subscribing:
        events.customer_subscribed_to_newsletter(customer, now=now)
    agreed = [name for name in new if name in AGREEMENTS]
    details = [name for name in new if name not in AGREEMENTS]
    for event_type, names in (("UpdateCustomerDetails", details), ("AgreementsUpdated", agreed)):
        if names:
            values = {name: {"old": plain(old[name]), "new": plain(new[name])} for name in names}
            record(actor, customer, event_type, values, now)
