"""Register, change, activate and deactivate customers. Source: CUS, ACT, STA rules."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.utils.crypto import get_random_string

from accounts import events, identifiers
from accounts.ledger import wallets
from accounts.models import CodePurpose, Customer, CustomerStatus, Level, Pos, Seller
from accounts.selectors.ladder import Step, get_ladder
from accounts.services import codes, customer_data, introductions, level_moves, passwords, tokens
from accounts.services.customer_data import Changes, Registration
from accounts.services.customer_locks import CustomerAnonymized, lock, lock_known
from loyalty.core import clock
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError, InvalidFields, NotFound
from loyalty.core.messages import catalogue, templates
from loyalty.core.models import Store
from loyalty.core.services import audit
from loyalty.core.store_settings import Channel

__all__ = [
    "Changes",
    "CustomerAnonymized",
    "CustomerDeleted",
    "NotWaiting",
    "Registration",
    "activate",
    "activate_by_code",
    "activate_by_token",
    "actor_of",
    "assign_pos",
    "bring_in",
    "confirm_change",
    "deactivate",
    "delete",
    "issue_temporary_password",
    "lock",
    "register",
    "resend_activation",
    "resend_activation_to",
    "self_register",
    "update",
]

ZERO = Decimal(0)
ACTIVATION_TOKEN_LENGTH = 20
NO_ENTRY_LEVEL = "There is no active level that begins at 0; choose a level."
LEVEL_NOT_ACTIVE = "This level is not active."
NOT_YOURS_TO_CHANGE = "You cannot change this value."
AGREEMENTS = ("agreement1", "agreement2", "agreement3")
# What customers may never set for themselves (8.1).
STAFF_FIELDS = frozenset({"level", "pos", "seller", "created_at", "card_state"})


class CustomerDeleted(DomainError):
    """This customer was deleted."""

    code = "customer_deleted"


class NotWaiting(DomainError):
    """This customer does not wait for activation."""

    code = "not_waiting"


def register(
    *, store: Store, data: Registration, actor: Actor, now: datetime | None = None
) -> Customer:
    """
    Register a customer for somebody at work: staff, an integration, a seller.

    Opens the wallet, gives the first level (LV-3) and, but for a seller in a store that writes
    text messages, activates at once (CUS-6). A seller becomes the customer's seller, and their
    point of sale the customer's unless another is given (CUS-3). Without a password the customer
    cannot sign in before `issue_temporary_password`.

    :raises InvalidFields: every fault of the data at once; nothing was written.
    """
    status = CustomerStatus.ACTIVE
    settings = store.settings
    seller, pos = data.seller, data.pos
    if actor.kind == ActorKind.SELLER:
        assert actor.id is not None
        seller = Seller.objects.in_store(store).select_related("pos").get(pk=actor.id)
        pos = pos or seller.pos
        is_by_text = settings.preferred_communication_method == Channel.SMS
        if is_by_text and settings.account_activation_required:
            status = CustomerStatus.NEW
    return _register(store, data, actor, status=status, seller=seller, pos=pos, now=now)


def self_register(
    *, store: Store, data: Registration, actor: Actor | None = None, now: datetime | None = None
) -> Customer:
    """
    Register the person who asks: new until activated by the token, unless the store needs none.

    Takes neither level, point of sale nor seller (CUS-2). The password is required (8.1).

    :raises InvalidFields: every fault of the data at once; nothing was written.
    """
    is_waiting = store.settings.account_activation_required
    status = CustomerStatus.NEW if is_waiting else CustomerStatus.ACTIVE
    if data.password is None:
        data = replace(data, password="")
    return _register(store, data, actor, status=status, seller=None, pos=None, now=now)


def bring_in(
    *,
    store: Store,
    data: Registration,
    is_active: bool,
    is_told: bool,
    actor: Actor,
    now: datetime | None = None,
) -> Customer:
    """
    Register a customer whom a file tells of (IMP-10); a customer who is known is never changed.

    Who is not active waits: with the message to confirm if `is_told`, else in silence, and has to
    be activated by staff.

    :raises InvalidFields: every fault of the data at once; nothing was written.
    """
    status = CustomerStatus.ACTIVE if is_active else CustomerStatus.NEW
    return _register(
        store,
        data,
        actor,
        status=status,
        seller=data.seller,
        pos=data.pos,
        now=now,
        # Without a token there is no link to send.
        has_token=is_told,
    )


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
        errors["level"].append(LEVEL_NOT_ACTIVE)
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
def activate(*, customer: Customer, actor: Actor, now: datetime | None = None) -> Customer:
    """Let a new or blocked customer in; an active one stays as they are. Locks the customer."""
    return _set_status(customer, CustomerStatus.ACTIVE, actor, now or clock.now())


@transaction.atomic
def deactivate(*, customer: Customer, actor: Actor, now: datetime | None = None) -> Customer:
    """Block a customer: no sign-in any more (STA, 8.3). Locks the customer."""
    return _set_status(customer, CustomerStatus.BLOCKED, actor, now or clock.now())


@transaction.atomic
def delete(*, customer: Customer, actor: Actor, now: datetime | None = None) -> Customer:
    """
    Shut a customer out for good and leave them out of lists (8.3); what they did is kept.

    Who they were is kept, too, until somebody anonymizes them. Once is enough. Locks the customer.
    """
    now = now or clock.now()
    [locked] = lock([customer.pk], store=customer.store)
    if locked.status == CustomerStatus.DELETED:
        return locked
    locked.status = CustomerStatus.DELETED
    locked.activation_token = ""
    _save(locked, ["status", "activation_token"], now)
    tokens.sign_out_everywhere(locked, now=now)
    events.customer_deleted(locked, now=now)
    _record(actor, locked, "DeleteCustomer", {}, now)
    return locked


@transaction.atomic
def activate_by_token(*, store: Store, token: str, now: datetime | None = None) -> Customer:
    """
    Activate whoever was sent this token; it works once (ACT-1). Locks the customer.

    :raises NotFound: nobody waits with this token.
    """
    waiting = Customer.objects.in_store(store).exclude(activation_token="")
    found = waiting.filter(activation_token=token, status=CustomerStatus.NEW).first()
    if found is None:
        raise NotFound
    found.store = store
    return _set_status(found, CustomerStatus.ACTIVE, None, now or clock.now())


def activate_by_code(*, store: Store, secret: str, now: datetime | None = None) -> Customer:
    """
    Activate whoever was sent this code in a text message; it works once, for half an hour (ACT-2).

    Locks the customer.

    :raises NotFound: no open code is this one.
    """
    now = now or clock.now()
    with transaction.atomic():
        code = codes.find(store, secret, CodePurpose.ACTIVATION, now=now)
        if code is None or code.customer is None:
            raise NotFound
        [locked] = lock([code.customer.pk], store=store)
        if locked.status != CustomerStatus.NEW or not codes.end(code, now=now):
            raise NotFound
        return _set_status(locked, CustomerStatus.ACTIVE, None, now)


@transaction.atomic
def resend_activation(*, customer: Customer, actor: Actor, now: datetime | None = None) -> None:
    """
    Send the way in to somebody new once more, by the store's way to write (ACT-4).

    In a text message another code, in a mail the same link. Locks the customer.

    :raises NotWaiting: they are not new.
    :raises TooSoon: the last one left less than two minutes ago.
    """
    now = now or clock.now()
    [locked] = lock([customer.pk], store=customer.store)
    if locked.status != CustomerStatus.NEW:
        raise NotWaiting
    _send_way_in(locked, now)
    audit.record(
        actor,
        store=customer.store,
        event_type="ResendActivation",
        entity_type="Customer",
        entity_id=customer.uuid,
        now=now,
    )


@transaction.atomic
def resend_activation_to(*, store: Store, phone: str, now: datetime | None = None) -> None:
    """
    Send the way in to whoever is new and has this number (ACT-4). Locks them.

    Whether somebody has it is not to be learnt here: numbers of nobody have to wait, too.

    :raises InvalidFields: this is no phone number.
    :raises TooSoon: the last wish for this number is less than two minutes old.
    """
    now = now or clock.now()
    number = identifiers.normal_phone(phone)
    if number is None or not identifiers.is_phone(number):
        raise InvalidFields({"phone": [customer_data.NO_PHONE]})
    waiting = Customer.objects.in_store(store).filter(status=CustomerStatus.NEW, phone=number)
    found = waiting.values_list("pk", flat=True).first()
    if found is None:
        codes.ask(
            store=store, customer=None, purpose=CodePurpose.ACTIVATION, address=number, now=now
        )
        return
    [locked] = lock([found], store=store)
    if locked.status == CustomerStatus.NEW:
        _send_way_in(locked, now)


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
    _save(locked, ["pos"], now)
    _record(actor, locked, "AssignPosToCustomer", told, now)
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
    _save(locked, ["password", "must_change_password"], now)
    tokens.sign_out_everywhere(locked, now=now)
    _record(actor, locked, "IssueTemporaryPassword", {}, now)
    return raw


def _send_way_in(customer: Customer, now: datetime) -> None:
    """:raises TooSoon: the last one left less than two minutes ago."""
    if _writes_texts(customer.store) and customer.phone:
        codes.ask(
            store=customer.store,
            customer=customer,
            purpose=CodePurpose.ACTIVATION,
            address=customer.phone,
            now=now,
        )
        return
    codes.pause(store=customer.store, address=customer.email or customer.phone or "", now=now)
    events.customer_activation_requested(customer, now=now)


def _writes_texts(store: Store) -> bool:
    return bool(store.settings.preferred_communication_method == Channel.SMS)


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


def actor_of(customer: Customer, *, ip_address: str | None = None) -> Actor:
    """Return a customer as the one who acts."""
    return Actor(
        kind=ActorKind.CUSTOMER,
        id=customer.pk,
        uuid=customer.uuid,
        name=tokens.username_of(customer),
        store_id=customer.store_id,
        ip_address=ip_address,
    )


def _register(
    store: Store,
    data: Registration,
    actor: Actor | None,
    *,
    status: CustomerStatus,
    seller: Seller | None,
    pos: Pos | None,
    now: datetime | None,
    has_token: bool = True,
) -> Customer:
    now = now or clock.now()
    values = customer_data.cleaned(
        {field.name: getattr(data, field.name) for field in fields(data)}
    )
    password = values.pop("password")
    introduction = introductions.Introduction(
        token=values.pop("invitation_token").strip(),
        referrer_email=values.pop("referral_customer_email").strip(),
    )
    errors = customer_data.faults(values, store)
    if password is not None:
        errors["password"] += passwords.weaknesses(password) if password else [customer_data.BLANK]
    level = data.level or get_ladder(store).target(ZERO)
    if level is None:
        errors["level"].append(NO_ENTRY_LEVEL)
    elif not level.is_active:
        errors["level"].append(LEVEL_NOT_ACTIVE)
    for name in customer_data.taken(values, store):
        errors[name] = errors[name] or [customer_data.TAKEN]
    customer_data.refuse(errors)
    assert level is not None
    values |= {"seller": seller, "pos": pos, "level_id": level.id}
    # Hashing takes as long as all of the rest; it is done before anything is written.
    values["password"] = make_password(password) if password else ""
    with transaction.atomic():
        customer = _create(store, values, level, actor, status=status, has_token=has_token, now=now)
        introductions.attach(customer, introduction, now=now)
    return customer


def _create(
    store: Store,
    values: dict[str, Any],
    level: Level | Step,
    actor: Actor | None,
    *,
    status: CustomerStatus,
    has_token: bool,
    now: datetime,
) -> Customer:
    """Write a checked customer, with wallet, first level, facts and audit entry."""
    is_manual = values.pop("level") is not None
    is_active = status == CustomerStatus.ACTIVE
    values["created_at"] = values["created_at"] or now
    customer = Customer(
        store=store,
        wallet=wallets.open_wallet(store),
        status=status,
        manually_assigned_level_id=level.id if is_manual else None,
        must_change_password=not values["password"],
        activation_token=get_random_string(ACTIVATION_TOKEN_LENGTH)
        if has_token and not is_active
        else "",
        newsletter_subscribed_at=now if values["agreement2"] else None,
        updated_at=now,
        **values,
    )
    with customer_data.clashes_refused():
        customer.save(force_insert=True)
    events.customer_registered(customer, now=now)
    level_moves.enter_first(customer, level, is_manual=is_manual, now=now)
    # After the level: the points for a new account are the level's (domain spec 10).
    events.account_created(customer, now=now)
    if is_active:
        events.customer_activated(customer, now=now)
    elif _writes_texts(store) and customer.phone:
        codes.ask(
            store=store,
            customer=customer,
            purpose=CodePurpose.ACTIVATION,
            address=customer.phone,
            now=now,
        )
    if customer.newsletter_subscribed_at is not None:
        events.customer_subscribed_to_newsletter(customer, now=now)
    data = {name: _plain(value) for name, value in values.items() if name != "password"}
    _record(actor, customer, "RegisterCustomer", data, now)
    return customer


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
        _save(customer, [*new, "newsletter_subscribed_at"], now)
    events.customer_updated(customer, fields=sorted(new), now=now)
    if is_subscribing:
        events.customer_subscribed_to_newsletter(customer, now=now)
    agreed = [name for name in new if name in AGREEMENTS]
    details = [name for name in new if name not in AGREEMENTS]
    for event_type, names in (("UpdateCustomerDetails", details), ("AgreementsUpdated", agreed)):
        if names:
            values = {name: {"old": _plain(old[name]), "new": _plain(new[name])} for name in names}
            _record(actor, customer, event_type, values, now)


def _set_status(
    customer: Customer, status: CustomerStatus, actor: Actor | None, now: datetime
) -> Customer:
    [locked] = lock([customer.pk], store=customer.store)
    if locked.status == CustomerStatus.DELETED:
        raise CustomerDeleted
    if locked.status == status:
        return locked
    was_new = locked.status == CustomerStatus.NEW
    told = audit.changes({"status": str(locked.status)}, {"status": str(status)})
    locked.status = status
    locked.activation_token = ""
    _save(locked, ["status", "activation_token"], now)
    if status == CustomerStatus.ACTIVE:
        events.customer_activated(locked, was_new=was_new, now=now)
        _record(actor, locked, "ActivateCustomer", told, now)
    else:
        events.customer_deactivated(locked, now=now)
        _record(actor, locked, "DeactivateCustomer", told, now)
    return locked


def _save(customer: Customer, changed: list[str], now: datetime) -> None:
    customer.version += 1
    customer.updated_at = now
    customer.save(update_fields=[*changed, "version", "updated_at"])


def _plain(value: object) -> object:
    """Return a value as the audit trail's JSON can carry it."""
    if isinstance(value, models.Model):
        return str(getattr(value, "uuid", value.pk))
    if isinstance(value, Decimal | date):
        return str(value)
    return value


def _record(
    actor: Actor | None,
    customer: Customer,
    event_type: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    audit.record(
        actor,
        store=customer.store,
        event_type=event_type,
        entity_type="Customer",
        entity_id=customer.uuid,
        data=data,
        now=now,
    )
