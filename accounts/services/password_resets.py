"""
A new password for somebody who forgot theirs. Source: PWD-5…7.

Nobody learns whether a name is known. A wish is written down for every name in the same way, a
second one within a day is refused for every name in the same way, and all that is done for known
names alone is done later: the message's writer asks for the secret (`issue`), of which only a
digest is kept, and sends it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import salted_hmac

from accounts.models import (
    Customer,
    CustomerStatus,
    PasswordReset,
    PrincipalKind,
    Seller,
    StaffUser,
)
from accounts.services import own_password, passwords, signin, tokens
from loyalty.core import clock, events, locks, sql, throttle
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.jobs import Run
from loyalty.core.models import Store
from loyalty.core.services import audit
from loyalty.core.throttle import Attempt, Place

Person = StaffUser | Seller | Customer

FACT = "password_reset.requested"
# How long a secret is good, and nobody can ask again (PWD-5).
VALID_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
NAME_MAX = 255
# Without letters and digits that look alike.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
CHUNK = 5_000


class AskedAlready(DomainError):
    """A new password was asked for within the last 24 hours. Use the message sent then."""

    code = "password_reset_asked_already"


class BadToken(DomainError):
    """This link or code is not valid, was used, or is over."""

    code = "bad_reset_token"
    field = "token"


@dataclass(frozen=True)
class Secret:
    """What is sent. `number`: which of the customer's codes it is."""

    text: str
    number: int


def request_for_customer(
    *, store: Store, name: str, place: Place, now: datetime | None = None
) -> None:
    """
    Write to a customer named by e-mail address, phone or card number; tells nobody whether to one.

    :raises AskedAlready: under this name within a day, known or not.
    :raises TooManyAttempts: from this address.
    """

    def find() -> list[tuple[PrincipalKind, Person]]:
        people = signin.customers_named(store, name).filter(status=CustomerStatus.ACTIVE)
        return [(PrincipalKind.CUSTOMER, person) for person in people.order_by("pk")[:1]]

    _request(PrincipalKind.CUSTOMER, store, name, find, place, now)


def request_for_personnel(
    *, store: Store, name: str, place: Place, now: datetime | None = None
) -> None:
    """
    Write to a staff user, named by user name or address, or else to the seller of that address.

    `store`: whose words are used, and whose sellers are meant first. Refuses as above.
    """

    def find() -> list[tuple[PrincipalKind, Person]]:
        staff = signin.staff_with_password(name).filter(is_active=True)
        sellers = Seller.objects.filter(
            email=name.strip().lower().replace("\0", ""), is_deleted=False, is_active=True
        )
        # Both are asked, always: the time must not tell which found somebody.
        found: list[tuple[PrincipalKind, Person]] = [
            (PrincipalKind.STAFF, person) for person in staff.order_by("pk")[:1]
        ]
        ours = sorted(
            sellers.select_related("store")[:20], key=lambda seller: seller.store_id != store.pk
        )
        return found or [(PrincipalKind.SELLER, person) for person in ours[:1]]

    _request(PrincipalKind.STAFF, store, name, find, place, now)


def _request(
    kind: PrincipalKind,
    store: Store,
    name: str,
    find: Callable[[], list[tuple[PrincipalKind, Person]]],
    place: Place,
    now: datetime | None,
) -> None:
    now = now or clock.now()
    throttle.begin(Attempt("password-reset", "", place), now=now)
    name = name[:NAME_MAX]
    digest = _digest(signin.attempt(kind, store, name, place).account)
    with transaction.atomic():
        # Of two wishes under one name at once, the second waits here and is refused.
        sql.write("select pg_advisory_xact_lock(%s::bigint)", (locks.number(digest),))
        named = PasswordReset.objects.filter(name_digest=digest, used_at=None, expires_at__gt=now)
        if named.exists():
            raise AskedAlready
        found = find()
        kind, person = found[0] if found else (kind, None)
        _write_down(kind, person, store, digest, place, now)


def _write_down(
    kind: PrincipalKind,
    person: Person | None,
    store: Store,
    digest: str,
    place: Place,
    now: datetime,
) -> None:
    """Write down somebody's wish, under the lock of its name."""
    written = _of(person).filter(is_silent=False)
    earlier = written.order_by("-pk").first()
    reset = PasswordReset.objects.create(
        kind=kind,
        store=person.store if isinstance(person, Seller) else store,
        name_digest=digest,
        number=earlier.number + 1 if earlier else 1,
        # One message for each person and day, whatever names they have.
        is_silent=person is None
        or (earlier is not None and earlier.used_at is None and earlier.expires_at > now),
        created_at=now,
        expires_at=now + VALID_FOR,
        **({} if person is None else {tokens.owner_field(kind): person}),
    )
    events.append(
        FACT,
        store=reset.store,
        subject=reset.uuid,
        customer_id=person.pk if isinstance(person, Customer) else None,
        payload={"resetId": str(reset.uuid)},
        now=now,
    )
    audit.record(
        own_password.actor_of(person, place.address) if person else None,
        store=reset.store,
        event_type="RequestPasswordReset",
        entity_type="PasswordReset",
        entity_id=reset.uuid,
        data={} if person else {"ip": place.address},
        now=now,
    )


def list_without_password(store: Store) -> "QuerySet[Customer]":
    """Return the active customers with an address who have no password and were not written to."""
    active = Customer.objects.in_store(store).filter(status=CustomerStatus.ACTIVE, password="")
    asked = PasswordReset.objects.filter(customer=OuterRef("pk"))
    return active.filter(email__isnull=False).exclude(Exists(asked)).order_by("pk")


def request_for_newcomers(*, store: Store, count_max: int, now: datetime | None = None) -> int:
    """
    Write to customers without a password, such as those who moved in; return to how many.

    `count_max`: to so many at most. Each is written to once; may be stopped and begun again.
    """
    now, place, written = now or clock.now(), Place(None), 0
    for customer in list(list_without_password(store)[:count_max]):
        name = customer.email or ""
        digest = _digest(signin.attempt(PrincipalKind.CUSTOMER, store, name, place).account)
        with transaction.atomic():
            sql.write("select pg_advisory_xact_lock(%s::bigint)", (locks.number(digest),))
            if list_without_password(store).filter(pk=customer.pk).exists():
                _write_down(PrincipalKind.CUSTOMER, customer, store, digest, place, now)
                written += 1
    return written


def issue(reset_uuid: UUID, *, as_code: bool, now: datetime | None = None) -> Secret | None:
    """
    Make the secret of a wish, in place of one made before; only the message knows it.

    None: nobody waits for it any more.
    """
    now = now or clock.now()
    text = (
        "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if as_code
        else secrets.token_urlsafe(32)
    )
    waiting = PasswordReset.objects.filter(
        uuid=reset_uuid, used_at=None, expires_at__gt=now, is_silent=False
    )
    if not waiting.update(secret_digest=_digest(_plain(text))):
        return None
    return Secret(text, waiting.values_list("number", flat=True).get())


def find(*, token: str, place: Place, now: datetime | None = None) -> PasswordReset:
    """
    Return the open wish that a link or code belongs to.

    :raises BadToken: there is none, or its owner may not sign in (any more).
    :raises TooManyAttempts: this address has shown too many that are none.
    """
    now = now or clock.now()
    attempt = Attempt("password-reset-code", "", place)
    throttle.begin(attempt, now=now)
    reset = (
        PasswordReset.objects.filter(
            secret_digest=_digest(_plain(token)), used_at=None, expires_at__gt=now
        )
        .exclude(secret_digest="")
        .select_related("staff", "seller__store", "customer__store", "store")
        .first()
    )
    if reset is None or not tokens.is_admitted(owner_of(reset)):
        raise BadToken
    throttle.succeed(attempt, now=now)
    return reset


def reset_password(
    *, token: str, new: str, place: Place, now: datetime | None = None
) -> PasswordReset:
    """
    Set a new password with the secret from a message, and end every session. Works once (PWD-7).

    The place becomes known to the account, so that no stranger's failures keep its owner out.
    Locks the owner.

    :raises BadToken, TooManyAttempts: as `find`.
    :raises InvalidFields: the password is too weak; the secret stays good.
    """
    now = now or clock.now()
    reset = find(token=token, place=place, now=now)
    if weaknesses := passwords.weaknesses(new):
        raise InvalidFields({"new": weaknesses})
    person = owner_of(reset)
    with transaction.atomic():
        locked = own_password.locked_for_password(person)
        if not PasswordReset.objects.filter(pk=reset.pk, used_at=None).update(used_at=now):
            raise BadToken
        actor = own_password.actor_of(locked, place.address)
        own_password.replace(locked, new, actor=actor, event_type="ResetPassword", now=now)
    for attempt in _sign_ins_of(person, place):
        throttle.remember(attempt, now=now)
    return reset


def owner_of(reset: PasswordReset) -> Person:
    owner = reset.staff or reset.seller or reset.customer
    assert owner is not None, "Only a wish with an owner gets a secret."
    return owner


def forget_over(*, run: Run | None = None, now: datetime | None = None) -> int:
    """Delete wishes of long ago, by chunks; return how many."""
    run, limit = run or Run(), (now or clock.now()) - KEPT_FOR
    over = PasswordReset.objects.filter(expires_at__lte=limit).order_by("expires_at")
    while ids := list(over.values_list("pk", flat=True)[:CHUNK]):
        with run.chunk() as done:
            done["resets"] = PasswordReset.objects.filter(pk__in=ids).delete()[0]
    return run.counts["resets"]


def _of(person: Person | None) -> "QuerySet[PasswordReset]":
    """Return somebody's wishes; nobody's are asked for, too, for that takes as long."""
    if isinstance(person, StaffUser):
        return PasswordReset.objects.filter(staff=person)
    if isinstance(person, Seller):
        return PasswordReset.objects.filter(seller=person)
    return PasswordReset.objects.filter(customer_id=person.pk if person else 0)


def _sign_ins_of(person: Person, place: Place) -> list[Attempt]:
    """Return the sign-ins of somebody under each of their names."""
    if isinstance(person, StaffUser):
        names, kind, store = [person.username, person.email], PrincipalKind.STAFF, None
    elif isinstance(person, Seller):
        names, kind, store = [person.email], PrincipalKind.SELLER, person.store
    else:
        kind, store = PrincipalKind.CUSTOMER, person.store
        names = [person.email or "", person.phone or "", person.loyalty_card_number or ""]
    return [signin.attempt(kind, store, name, place) for name in names if name]


def _plain(secret: str) -> str:
    """Return a code as we wrote it, however somebody typed it; a link's token is as it is."""
    typed = "".join(secret.split()).replace("-", "").upper()
    return typed if len(typed) == CODE_LENGTH else secret


def _digest(text: str) -> str:
    """Return what is stored. With our key: codes are few enough to be guessed from a plain hash."""
    return salted_hmac("accounts.password_reset", text, algorithm="sha256").hexdigest()
