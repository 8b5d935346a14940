"""
Sign in to the APIs with a name and a password. Source: PWD-1…3, campaigns-people spec 8.6.

Every refusal takes as long as a success, so that nobody learns from the time which names exist.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypeVar

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import events, identifiers
from accounts.models import Customer, CustomerStatus, Seller, StaffUser
from accounts.services import tokens
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import audit

P = TypeVar("P", StaffUser, Seller, Customer)

PASSWORD_LENGTH_MAX = 4096


class BadCredentials(DomainError):
    """Invalid credentials."""

    code = "bad_credentials"


class Inactive(BadCredentials):
    """The password was right, but this account may not sign in."""

    code = "inactive"


def sign_in_staff(
    *, username: str, password: str, ip_address: str | None = None, now: datetime | None = None
) -> tokens.Pair:
    """
    Start a session of a staff user, by user name or e-mail address.

    :raises BadCredentials: no such name, or another password; external users have none (ADM-4).
    :raises Inactive: shut out (ADM-2).
    """
    staff = _verified(
        list(
            StaffUser.objects.filter(is_external=False).filter(
                Q(username__iexact=username) | Q(email__iexact=username, email__gt="")
            )[:2]
        ),
        password,
        lambda user: user.is_active,
        "Your account is not active.",
        ip_address=ip_address,
        store=None,
    )
    return _signed_in(staff, store=None, ip_address=ip_address, now=now)


def sign_in_seller(
    *,
    store: Store,
    email: str,
    password: str,
    ip_address: str | None = None,
    now: datetime | None = None,
) -> tokens.Pair:
    """
    Start a session of a seller.

    :raises BadCredentials: no such address in this store, or another password.
    :raises Inactive: deactivated.
    """
    sellers = Seller.objects.in_store(store).filter(
        email=identifiers.normal_email(email) or "", is_deleted=False
    )
    seller = _verified(
        list(sellers[:1]),
        password,
        lambda found: found.is_active,
        "Your account is not active.",
        ip_address=ip_address,
        store=store,
    )
    return _signed_in(seller, store=store, ip_address=ip_address, now=now)


def sign_in_customer(
    *,
    store: Store,
    username: str,
    password: str,
    ip_address: str | None = None,
    now: datetime | None = None,
) -> tokens.Pair:
    """
    Start a session of a customer, by e-mail address, loyalty card number or phone number.

    :raises BadCredentials: names nobody in this store, or another password.
    :raises Inactive: not activated yet, or blocked.
    """
    customer = check_customer(store=store, login=username, password=password, ip_address=ip_address)
    return _signed_in(customer, store=store, ip_address=ip_address, now=now)


def admit_customer(
    *,
    store: Store,
    login: str,
    password: str,
    ip_address: str | None = None,
    now: datetime | None = None,
) -> Customer:
    """
    Return a customer who proved who they are, and write it down; for doors with own sessions.

    Refuses as `sign_in_customer` does.
    """
    customer = check_customer(store=store, login=login, password=password, ip_address=ip_address)
    now = now or timezone.now()
    with transaction.atomic():
        # update() leaves `updated_at` alone: signing in changes nothing about the person.
        Customer.objects.filter(pk=customer.pk).update(last_login_at=now)
        events.customer_signed_in(customer, now=now)
        _record("AuthenticationSuccess", customer, store, ip_address, now=now)
    return customer


def check_customer(
    *, store: Store, login: str, password: str, ip_address: str | None = None
) -> Customer:
    """Return the customer whose name and password these are; refuses as `sign_in_customer`."""
    return _verified(
        list(_customers_named(store, login)[:3]),
        password,
        lambda found: found.status == CustomerStatus.ACTIVE,
        "Your account is not active.",
        ip_address=ip_address,
        store=store,
    )


def _customers_named(store: Store, username: str) -> "QuerySet[Customer]":
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


def _verified(
    candidates: list[P],
    password: str,
    is_admitted: Callable[[P], bool],
    refusal: str,
    *,
    ip_address: str | None,
    store: Store | None,
) -> P:
    """Return the candidate whose password this is. One hash is computed at least, always."""
    right: P | None = None
    for candidate in candidates:
        if _is_right(password, candidate.password):
            right = candidate
            break
    if not candidates:
        check_password(password[:PASSWORD_LENGTH_MAX], _nobodys_password())
    if right is None:
        _record("AuthenticationFailure", candidates[0] if candidates else None, store, ip_address)
        raise BadCredentials
    if not is_admitted(right):
        _record("AuthenticationFailure", right, store, ip_address)
        raise Inactive(refusal)
    return right


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
    ip_address: str | None,
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
        pair = tokens.open_session(principal, ip_address=ip_address, now=now)
        _record("AuthenticationSuccess", principal, store, ip_address, now=now)
    return pair


def _record(
    event_type: str,
    principal: StaffUser | Seller | Customer | None,
    store: Store | None,
    ip_address: str | None,
    *,
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
            ip_address=ip_address,
        )
    audit.record(
        actor,
        store=store,
        event_type=event_type,
        entity_type="User",
        entity_id=principal.uuid if principal else "",
        data={} if principal else {"ip": ip_address},
        now=now or timezone.now(),
    )
