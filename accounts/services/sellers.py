"""Register, change, activate, deactivate and delete sellers. Source: SEL-1…6."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts import identifiers
from accounts.models import Pos, Seller
from accounts.services import passwords, reset_wishes, tokens
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from loyalty.core.services import audit

BLANK = "This value should not be blank."
TAKEN = "This value is already used."
TOO_LONG = "This value is longer than 255 characters."
NO_EMAIL = "This value is not a valid email address."
NO_PHONE = "This value is not a valid phone number."
FILLED = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "password",
    "pos",
    "is_active",
    "may_transfer_points",
]


@dataclass(frozen=True, kw_only=True)
class SellerData:
    """A whole seller. `password`: None keeps the present one; a new seller needs one."""

    first_name: str
    last_name: str
    email: str
    pos: Pos
    phone: str = ""
    password: str | None = None
    is_active: bool = True
    may_transfer_points: bool = False


@transaction.atomic
def register(
    *, store: Store, data: SellerData, actor: Actor, now: datetime | None = None
) -> Seller:
    """
    Add a seller to a store (SEL-1).

    :raises InvalidFields: with every fault; nothing was written.
    """
    seller = Seller(store=store)
    _fill(seller, data)
    with _clash_refused():
        seller.save(force_insert=True)
    _record(actor, seller, "RegisterSeller", {}, now)
    return seller


@transaction.atomic
def update(
    *, seller: Seller, data: SellerData, actor: Actor, now: datetime | None = None
) -> Seller:
    """
    Replace a seller's data (SEL-3). Locks the seller.

    :raises InvalidFields: with every fault; nothing was written.
    """
    locked = _lock(seller)
    old = _told(locked)
    _fill(locked, data)
    with _clash_refused():
        locked.save(update_fields=FILLED)
    if data.password is not None or not locked.is_active:
        tokens.sign_out_everywhere(locked, now=now)
    elif locked.email != old["email"]:
        reset_wishes.close(locked, now=now)
    _record(actor, locked, "UpdateSeller", old, now)
    return locked


@transaction.atomic
def set_active(
    *, seller: Seller, is_active: bool, actor: Actor, now: datetime | None = None
) -> Seller:
    """Let a seller in, or lock them out. Locks the seller."""
    locked = _lock(seller)
    old = _told(locked)
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    if not is_active:
        tokens.sign_out_everywhere(locked, now=now)
    _record(actor, locked, "ActivateSeller" if is_active else "DeactivateSeller", old, now)
    return locked


@transaction.atomic
def delete(*, seller: Seller, actor: Actor, now: datetime | None = None) -> Seller:
    """Mark a seller deleted: no sign-in, in no list; their acts keep the name (SEL-4). Locks."""
    locked = _lock(seller)
    old = _told(locked)
    locked.is_deleted, locked.is_active = True, False
    locked.save(update_fields=["is_deleted", "is_active"])
    tokens.sign_out_everywhere(locked, now=now)
    _record(actor, locked, "DeleteSeller", old, now)
    return locked


def _lock(seller: Seller) -> Seller:
    sellers = Seller.objects.select_for_update(of=("self",), no_key=True).select_related("store")
    return sellers.get(pk=seller.pk)


def _fill(seller: Seller, data: SellerData) -> None:
    seller.first_name, seller.last_name = data.first_name.strip(), data.last_name.strip()
    seller.email = identifiers.normal_email(data.email) or ""
    seller.phone = identifiers.normal_phone(data.phone) or ""
    seller.pos = data.pos
    seller.is_active, seller.may_transfer_points = data.is_active, data.may_transfer_points
    _check(seller, data)
    if data.password is not None:
        seller.password = make_password(data.password)


def _check(seller: Seller, data: SellerData) -> None:
    errors: dict[str, list[str]] = defaultdict(list)
    for name in ("first_name", "last_name", "email"):
        if not getattr(seller, name):
            errors[name].append(BLANK)
        elif len(getattr(seller, name)) > (254 if name == "email" else 255):
            errors[name].append(TOO_LONG)
    if seller.email and not identifiers.is_email(seller.email):
        errors["email"].append(NO_EMAIL)
    if seller.phone and not identifiers.is_phone(seller.phone):
        errors["phone"].append(NO_PHONE)
    if data.password is not None:
        errors["password"] += passwords.weaknesses(data.password)
    elif not seller.password:
        errors["password"].append(BLANK)
    others = Seller.objects.in_store(seller.store).filter(email=seller.email, is_deleted=False)
    if seller.email and others.exclude(pk=seller.pk).exists():
        errors["email"].append(TAKEN)
    found = {name: sentences for name, sentences in errors.items() if sentences}
    if found:
        raise InvalidFields(found)


@contextmanager
def _clash_refused() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:  # another process took the address meanwhile
        raise InvalidFields({"email": [TAKEN]}) from error


def _told(seller: Seller) -> dict[str, object]:
    """Return what the audit trail tells of a seller."""
    return {
        "firstName": seller.first_name,
        "lastName": seller.last_name,
        "email": seller.email,
        "phone": seller.phone,
        "posId": str(seller.pos.uuid),
        "active": seller.is_active,
        "deleted": seller.is_deleted,
        "allowPointTransfer": seller.may_transfer_points,
        "password": audit.Secret(seller.password),
    }


def _record(
    actor: Actor, seller: Seller, event_type: str, old: Mapping[str, object], now: datetime | None
) -> None:
    audit.record(
        actor,
        store=seller.store,
        event_type=event_type,
        entity_type="Seller",
        entity_id=seller.uuid,
        data=audit.changes(old, _told(seller)),
        now=now or clock.now(),
    )
