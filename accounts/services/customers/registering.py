"""Register customers: by somebody at work, by themselves, from a file. Source: CUS, ACT rules."""

from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import events
from accounts.ledger import wallets
from accounts.models import Customer, CustomerStatus, Level, Pos, Seller
from accounts.selectors.ladder import Step, get_ladder
from accounts.services import customer_data, introductions, level_moves, passwords
from accounts.services.customer_data import Registration
from accounts.services.customers.activating import activation_token, ask_code, is_sent_code
from accounts.services.customers.records import plain, record
from loyalty.core import clock
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.models import Store
from loyalty.core.store_settings import Channel

ZERO = Decimal(0)


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
        errors["level"].append(customer_data.NO_ENTRY_LEVEL)
    elif not level.is_active:
        errors["level"].append(customer_data.LEVEL_NOT_ACTIVE)
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
        activation_token=activation_token() if has_token and not is_active else "",
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
    elif is_sent_code(customer):
        ask_code(customer, now)
    if customer.newsletter_subscribed_at is not None:
        events.customer_subscribed_to_newsletter(customer, now=now)
    data = {name: plain(value) for name, value in values.items() if name != "password"}
    record(actor, customer, "RegisterCustomer", data, now)
    return customer
