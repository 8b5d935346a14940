"""
Sign in with a name and a password, at every door. Source: PWD-1…3, campaigns-people spec 8.6.

Every refusal takes as long as a success, so that nobody learns from the time which names exist.
Each attempt is counted before it is looked at: see `loyalty.core.throttle`.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import directory, events, identifiers
from accounts.models import Customer, CustomerStatus, PrincipalKind, Seller, StaffUser
from accounts.services import staff_directory, tokens
from loyalty.core import throttle
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import audit
from loyalty.core.throttle import Attempt, Place

P = TypeVar("P", StaffUser, Seller, Customer)

PASSWORD_LENGTH_MAX = 4096


@dataclass(frozen=True)
class Caller:
    """Where a sign-in comes from. `agent`: what the program calls itself."""

    address: str | None = None
    device: str = ""
    agent: str = ""

    @property
    def place(self) -> Place:
        return Place(self.address, self.device)


UNKNOWN = Caller()


class BadCredentials(DomainError):
    """Invalid credentials."""

    code = "bad_credentials"


class Inactive(BadCredentials):
    """The password was right, but this account may not sign in."""

    code = "inactive"


def sign_in_staff(
    *, username: str, password: str, caller: Caller = UNKNOWN, now: datetime | None = None
) -> tokens.Pair:
    """
    Start a session of a staff user, by user name or e-mail address.

    :raises BadCredentials: no such name, or another password; external users have none (ADM-4).
    :raises Inactive: shut out (ADM-2).
    :raises TooManyAttempts: not even looked at.
    :raises DirectoryUnavailable: the directory cannot be asked (ADM-6).
    """
    staff = _check_staff(username, password, caller, entity="User")
    return _signed_in(staff, store=None, caller=caller, now=now)


def admit_staff(
    *, username: str, password: str, caller: Caller = UNKNOWN, now: datetime | None = None
) -> StaffUser:
    """Return a staff user who proved who they are, for the cockpit; refuses as `sign_in_staff`."""
    staff = _check_staff(username, password, caller, entity="Cockpit")
    _record("AuthenticationSuccess", staff, None, caller, entity="Cockpit", now=now)
    return staff


def sign_in_seller(
    *,
    store: Store,
    email: str,
    password: str,
    caller: Caller = UNKNOWN,
    now: datetime | None = None,
) -> tokens.Pair:
    """
    Start a session of a seller.

    :raises BadCredentials: no such address in this store, or another password.
    :raises Inactive: deactivated.
    :raises TooManyAttempts: not even looked at.
    """
    seller = _check_seller(store, email, password, caller)
    return _signed_in(seller, store=store, caller=caller, now=now)


def admit_seller(
    *,
    store: Store,
    email: str,
    password: str,
    caller: Caller = UNKNOWN,
    now: datetime | None = None,
) -> Seller:
    """
    Return a seller who proved who they are, and write it down; for doors with own sessions.

    Refuses as `sign_in_seller` does.
    """
    seller = _check_seller(store, email, password, caller)
    now = now or timezone.now()
    with transaction.atomic():
        Seller.objects.filter(pk=seller.pk).update(last_login_at=now)
        _record("AuthenticationSuccess", seller, store, caller, now=now)
    return seller


def sign_in_customer(
    *,
    store: Store,
    username: str,
    password: str,
    caller: Caller = UNKNOWN,
    now: datetime | None = None,
) -> tokens.Pair:
    """
    Start a session of a customer, by e-mail address, loyalty card number or phone number.

    :raises BadCredentials: names nobody in this store, or another password.
    :raises Inactive: not activated yet, or blocked.
    :raises TooManyAttempts: not even looked at.
    """
    customer = check_customer(store=store, login=username, password=password, caller=caller)
    return _signed_in(customer, store=store, caller=caller, now=now)


def admit_customer(
    *,
    store: Store,
    login: str,
    password: str,
    caller: Caller = UNKNOWN,
    now: datetime | None = None,
) -> Customer:
    """
    Return a customer who proved who they are, and write it down; for doors with own sessions.

    Refuses as `sign_in_customer` does.
    """
    customer = check_customer(store=store, login=login, password=password, caller=caller)
    now = now or timezone.now()
    with transaction.atomic():
        # update() leaves `updated_at` alone: signing in changes nothing about the person.
        Customer.objects.filter(pk=customer.pk).update(last_login_at=now)
        events.customer_signed_in(customer, now=now)
        _record("AuthenticationSuccess", customer, store, caller, now=now)
    return customer


def check_customer(
    *, store: Store, login: str, password: str, caller: Caller = UNKNOWN
) -> Customer:
    """Return the customer whose name and password these are; refuses as `sign_in_customer`."""
    customer: Customer = _verified(
        lambda: list(customers_named(store, login)[:3]),
        lambda candidates: _proven(candidates, password),
        lambda found: found.status == CustomerStatus.ACTIVE,
        attempt=attempt(PrincipalKind.CUSTOMER, store, login, caller.place),
        caller=caller,
        store=store,
    )
    return customer


def attempt(kind: PrincipalKind, store: Store | None, name: str, place: Place) -> Attempt:
    """Return what the throttle counts: each name once, in whatever spelling the doors take it."""
    account = f"{kind}:{store.pk if store else ''}:{_one_spelling(name)}"
    return Attempt("sign-in", account, place)


def staff_named(username: str) -> "QuerySet[StaffUser]":
    """Return the person of the staff with this user name or address; none of the integrations."""
    if "\x00" in username:
        return StaffUser.objects.none()
    return StaffUser.objects.filter(is_external=False).filter(
        Q(username__iexact=username) | Q(email__iexact=username, email__gt="")
    )


def sellers_named(store: Store, email: str) -> "QuerySet[Seller]":
    if "\x00" in email:
        return Seller.objects.none()
    sellers: QuerySet[Seller] = Seller.objects.in_store(store).filter(
        email=identifiers.normal_email(email) or "", is_deleted=False
    )
    return sellers


def customers_named(store: Store, username: str) -> "QuerySet[Customer]":
    if "\x00" in username:
        # No database text has a zero byte; the form of a web page can.
        return Customer.objects.none()
    # The same expressions as in the unique constraints, so that their indexes serve.
    named = Customer.objects.in_store(store).annotate(
        lower_email=Lower("email"), lower_card=Lower("loyalty_card_number")
    )
    lower = username.strip().lower()
    phone = identifiers.normal_phone(username) or ""
    found: QuerySet[Customer] = named.filter(
        Q(lower_email=lower) | Q(lower_card=lower) | Q(phone=phone)
    )
    return found.exclude(status=CustomerStatus.DELETED)


def staff_with_password(username: str) -> "QuerySet[StaffUser]":
    """Return the person of the staff with this name whose password is one kept here (ADM-6)."""
    if not settings.ADMIN_DATABASE_AUTHORIZATION_ENABLED:
        return StaffUser.objects.none()
    return staff_named(username).filter(is_from_directory=False)


def _check_staff(username: str, password: str, caller: Caller, *, entity: str) -> StaffUser:
    return _verified(
        lambda: list(staff_named(username)[:2]),
        lambda candidates: _proven_staff(candidates, username, password, caller),
        lambda user: user.is_active,
        attempt=attempt(PrincipalKind.STAFF, None, username, caller.place),
        caller=caller,
        store=None,
        entity=entity,
    )


def _check_seller(store: Store, email: str, password: str, caller: Caller) -> Seller:
    seller: Seller = _verified(
        lambda: list(sellers_named(store, email)[:1]),
        lambda candidates: _proven(candidates, password),
        lambda found: found.is_active,
        attempt=attempt(PrincipalKind.SELLER, store, email, caller.place),
        caller=caller,
        store=store,
    )
    return seller


def _verified(
    find: Callable[[], list[P]],
    prove: Callable[[list[P]], P | None],
    is_admitted: Callable[[P], bool],
    *,
    attempt: Attempt,
    caller: Caller,
    store: Store | None,
    entity: str = "User",
) -> P:
    """Return the candidate whom `prove` finds to be the one who asks."""
    throttle.begin(attempt)
    candidates = find()
    right = prove(candidates)
    if right is None:
        named = candidates[0] if candidates else None
        _record("AuthenticationFailure", named, store, caller, entity=entity)
        raise BadCredentials
    if not is_admitted(right):
        _record("AuthenticationFailure", right, store, caller, entity=entity)
        raise Inactive("Your account is not active.")
    throttle.succeed(attempt)
    return right


def _proven_staff(
    candidates: list[StaffUser], username: str, password: str, caller: Caller
) -> StaffUser | None:
    """Return who has this password here, or else in the directory, which may bring somebody new."""
    if settings.ADMIN_DATABASE_AUTHORIZATION_ENABLED:
        here = [each for each in candidates if not each.is_from_directory]
        if (right := _proven(here, password)) is not None:
            return right
    if not directory.is_on():
        return None
    entry = directory.find(username, password)
    return staff_directory.admit(entry, ip_address=caller.address) if entry else None


def _proven(candidates: list[P], password: str) -> P | None:
    """Return the candidate whose password this is. One hash is computed at least, always."""
    if not candidates:
        check_password(password[:PASSWORD_LENGTH_MAX], _nobodys_password())
    return next((each for each in candidates if _is_right(password, each.password)), None)


def _one_spelling(name: str) -> str:
    """
    Return a name as the throttle knows it, so that no other spelling opens another count.

    The database compares in its own upper and lower case, which knows fewer letters than these.
    """
    folded = unicodedata.normalize("NFKC", name).strip().upper().casefold()
    digits = identifiers.normal_phone(folded) or ""
    return digits if digits.lstrip("+").isdigit() else folded


def _is_right(password: str, stored: str) -> bool:
    if not stored:
        # Somebody without a password takes as long as everybody else.
        check_password(password[:PASSWORD_LENGTH_MAX], _nobodys_password())
        return False
    return len(password) <= PASSWORD_LENGTH_MAX and check_password(password, stored)


@cache
def _nobodys_password() -> str:
    return make_password("nobody's")


def _signed_in(
    principal: StaffUser | Seller | Customer,
    *,
    store: Store | None,
    caller: Caller,
    now: datetime | None,
) -> tokens.Pair:
    now = now or timezone.now()
    with transaction.atomic():
        # First: the row's lock, which a session of two sign-ins at once would otherwise share.
        if isinstance(principal, StaffUser):
            StaffUser.objects.filter(pk=principal.pk).update(last_login=now)
        elif isinstance(principal, Seller):
            Seller.objects.filter(pk=principal.pk).update(last_login_at=now)
        else:
            # update() leaves `updated_at` alone: signing in changes nothing about the person.
            Customer.objects.filter(pk=principal.pk).update(last_login_at=now)
            events.customer_signed_in(principal, now=now)
        # The token tells of the sign-in before this one, as `principal` still does.
        pair = tokens.open_session(
            principal, ip_address=caller.address, agent=caller.agent, now=now
        )
        _record("AuthenticationSuccess", principal, store, caller, now=now)
    return pair


def _record(
    event_type: str,
    principal: StaffUser | Seller | Customer | None,
    store: Store | None,
    caller: Caller,
    *,
    entity: str = "User",
    now: datetime | None = None,
) -> None:
    actor = None
    if principal is not None:
        kind = {StaffUser: ActorKind.STAFF, Seller: ActorKind.SELLER}.get(
            type(principal), ActorKind.CUSTOMER
        )
        actor = Actor(
            kind=kind,
            id=principal.pk,
            uuid=principal.uuid,
            name=tokens.username_of(principal),
            ip_address=caller.address,
        )
    audit.record(
        actor,
        store=store,
        event_type=event_type,
        entity_type=entity,
        entity_id=principal.uuid if principal else "",
        data={} if principal else {"ip": caller.address},
        now=now or timezone.now(),
    )
