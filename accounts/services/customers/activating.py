"""Let customers in, block them and shut them out. Source: ACT, STA rules, 8.3."""

from datetime import datetime

from django.db import transaction
from django.utils.crypto import get_random_string

from accounts import events, identifiers
from accounts.models import CodePurpose, Customer, CustomerStatus
from accounts.services import codes, customer_data, tokens
from accounts.services.customer_locks import lock
from accounts.services.customers.records import record, save
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields, NotFound
from loyalty.core.models import Store
from loyalty.core.services import audit
from loyalty.core.store_settings import Channel

ACTIVATION_TOKEN_LENGTH = 20


class CustomerDeleted(DomainError):
    """This customer was deleted."""

    code = "customer_deleted"


class NotWaiting(DomainError):
    """This customer does not wait for activation."""

    code = "not_waiting"


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
    save(locked, ["status", "activation_token"], now)
    tokens.sign_out_everywhere(locked, now=now)
    events.customer_deleted(locked, now=now)
    record(actor, locked, "DeleteCustomer", {}, now)
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
    record(actor, locked, "ResendActivation", {}, now)


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


def _send_way_in(customer: Customer, now: datetime) -> None:
    """:raises TooSoon: the last one left less than two minutes ago."""
    if is_sent_code(customer):
        ask_code(customer, now)
        return
    codes.pause(store=customer.store, address=customer.email or customer.phone or "", now=now)
    events.customer_activation_requested(customer, now=now)


def activation_token() -> str:
    """Return a new token for a link that activates; only its holder can know it."""
    return get_random_string(ACTIVATION_TOKEN_LENGTH)


def is_sent_code(customer: Customer) -> bool:
    """Say whether the way in is a code in a text message; else it is a link in a mail (ACT-4)."""
    is_by_text = customer.store.settings.preferred_communication_method == Channel.SMS
    return bool(is_by_text and customer.phone)


def ask_code(customer: Customer, now: datetime) -> None:
    """
    Send the code that activates a customer in a text message.

    :raises TooSoon: the last one left less than two minutes ago.
    """
    assert customer.phone is not None
    codes.ask(
        store=customer.store,
        customer=customer,
        purpose=CodePurpose.ACTIVATION,
        address=customer.phone,
        now=now,
    )


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
    save(locked, ["status", "activation_token"], now)
    if status == CustomerStatus.ACTIVE:
        events.customer_activated(locked, was_new=was_new, now=now)
        record(actor, locked, "ActivateCustomer", told, now)
    else:
        events.customer_deactivated(locked, now=now)
        record(actor, locked, "DeactivateCustomer", told, now)
    return locked
