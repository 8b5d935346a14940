"""Staff users and integrations. Source: ADM-1…7."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import identifiers
from accounts.models import Role, StaffUser
from accounts.selectors import staff as selectors
from accounts.services import reset_wishes, tokens
from loyalty.core import events
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields, NotFound
from loyalty.core.models import Store, uuid7
from loyalty.core.services import audit

NOT_BLANK = "This value should not be blank."
ALREADY_USED = "This value is already used."

TOKEN_LENGTH_MIN = 12


@dataclass(frozen=True, kw_only=True)
class StaffData:
    """
    The whole form of a staff user.

    `password`: None keeps the present one. `api_key`: the permanent token of an external user;
    None keeps the present one. `is_active`: None keeps it. `role_ids`: one at most (ADM-1).
    `store_ids`: where they work, empty: in all stores; None keeps it, and is the actor's own stores
    for somebody new.
    """

    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    password: str | None = None
    is_external: bool = False
    api_key: str | None = None
    is_active: bool | None = None
    role_ids: tuple[int, ...] = ()
    store_ids: tuple[int, ...] | None = None


class LastSuperAdmin(DomainError):
    """Somebody must remain who may do everything."""

    code = "last_super_admin"
    field = "role_ids"


class OwnRights(DomainError):
    """Nobody can change their own role, activity, kind or stores."""

    code = "own_rights"
    field = "role_ids"


class RightsExceeded(DomainError):
    """Only somebody who may do everything can give or take that right."""

    code = "rights_exceeded"
    field = "role_ids"


class StoresExceeded(DomainError):
    """Nobody can let others into a store that is closed to themselves."""

    code = "stores_exceeded"
    field = "store_ids"


class SignInExceeded(DomainError):
    """Nobody can change how somebody signs in who may do more than they."""

    code = "sign_in_exceeded"
    field = "email"


@transaction.atomic
def create(
    *, data: StaffData, actor: Actor, username: str | None = None, now: datetime | None = None
) -> StaffUser:
    """
    Create a staff user, or with `is_external` an integration with a permanent token (ADM-4).

    `username`: else their id; people sign in by e-mail too. Without a role they get the default
    one, where there is one.

    :raises InvalidFields: what is missing, malformed or taken, per argument.
    :raises RightsExceeded: the master role, given by somebody without it.
    :raises StoresExceeded: a store that is closed to the actor, or all where some are open.
    """
    now = now or timezone.now()
    roles = _roles(data) or tuple(Role.objects.filter(is_default=True))
    _refuse(_faults(data, None))
    _check_grant(roles, (), actor)
    store_ids = _store_ids(data, tuple(actor.store_ids or ()), actor)
    uuid = uuid7()
    staff = StaffUser(
        uuid=uuid,
        username=username or str(uuid),
        email=data.email,
        first_name=data.first_name,
        last_name=data.last_name,
        phone=data.phone,
        is_active=bool(data.is_active),
        is_external=data.is_external,
        password=make_password(None if data.is_external else data.password),
    )
    _save(staff)
    staff.roles.set(roles)
    staff.stores.set(store_ids)
    if data.is_external and data.api_key:
        tokens.set_permanent(staff=staff, token=data.api_key, now=now)
    _record("staff.created", "CreateAdmin", staff, {}, actor, now)
    return staff


@transaction.atomic
def update(
    *, staff: StaffUser, data: StaffData, actor: Actor, now: datetime | None = None
) -> StaffUser:
    """
    Replace a staff user's data. Locks them.

    Whoever is shut out, becomes external or gets another password is signed out everywhere. A
    password is one to sign in with here: it ends that they came from the directory.

    :raises NotFound: they are of a store that is closed to the actor.
    :raises InvalidFields, RightsExceeded, StoresExceeded: as `create`.
    :raises SignInExceeded: the address, password or key of somebody who may do more: whoever has
        these is them.
    :raises OwnRights: the actor's own role, activity, kind or stores (ADM-3).
    :raises LastSuperAdmin: nobody would be left who may do everything.
    """
    now = now or timezone.now()
    if not selectors.list_known_to(actor).filter(pk=staff.pk).exists():
        raise NotFound
    staff = StaffUser.objects.select_for_update().get(pk=staff.pk)
    roles = _roles(data)
    _refuse(_faults(data, staff))
    old_roles = tuple(staff.roles.all())
    old_store_ids = tuple(staff.stores.values_list("pk", flat=True))
    store_ids = _store_ids(data, old_store_ids, actor)
    old = _told(staff)
    is_active = staff.is_active if data.is_active is None else data.is_active
    changes_rights = (is_active, data.is_external) != (staff.is_active, staff.is_external) or (
        set(roles) != set(old_roles) or set(store_ids) != set(old_store_ids)
    )
    if changes_rights:
        if actor.uuid == staff.uuid:
            raise OwnRights
        _check_grant(roles, old_roles, actor)
    changes_sign_in = data.email.lower() != staff.email.lower() or data.password or data.api_key
    if changes_sign_in and actor.uuid != staff.uuid and _exceed(old_roles, actor):
        raise SignInExceeded
    was_super = _is_super(staff, old_roles, old_store_ids)
    must_sign_out = (
        not is_active or data.is_external != staff.is_external or data.password is not None
    )
    _replace(staff, data, is_active=is_active)
    staff.roles.set(roles)
    staff.stores.set(store_ids)
    if was_super and not _is_super(staff, roles, store_ids):
        _require_super_admin()
    if data.is_external and data.api_key:
        tokens.set_permanent(staff=staff, token=data.api_key, now=now)
    if not data.is_external:
        staff.permanent_tokens.filter(revoked_at=None).update(revoked_at=now)
    if must_sign_out:
        tokens.sign_out_everywhere(staff, now=now)
    elif staff.email != old["email"]:
        reset_wishes.close(staff, now=now)
    _record("staff.updated", "UpdateAdmin", staff, old, actor, now)
    return staff


def _replace(staff: StaffUser, data: StaffData, *, is_active: bool) -> None:
    """Write down who somebody is and how they sign in; a password of ours ends the directory's."""
    staff.email, staff.phone = data.email, data.phone
    staff.first_name, staff.last_name = data.first_name, data.last_name
    staff.is_active, staff.is_external = is_active, data.is_external
    if data.is_external:
        staff.set_unusable_password()
    elif data.password is not None:
        staff.set_password(data.password)
        staff.is_from_directory = False
    _save(staff)


def take_from_directory(
    staff: StaffUser | None,
    *,
    username: str,
    email: str,
    first_name: str,
    last_name: str,
    roles: tuple[Role, ...],
    actor: Actor,
    now: datetime,
) -> StaffUser:
    """
    Write what the directory says of somebody, in the caller's transaction; makes them if new.

    `staff`: their locked row. The directory decides alone: the last super admin can go, too. Where
    nothing is new, nothing is told.
    """
    assert transaction.get_connection().in_atomic_block
    is_new = staff is None
    staff = staff or StaffUser(username=username, password=make_password(None))
    old = {} if is_new else _told(staff)
    staff.email, staff.first_name, staff.last_name = email, first_name, last_name
    staff.is_from_directory = True
    _save(staff)
    staff.roles.set(roles)
    if _told(staff) != old:
        fact, event_type = ("created", "CreateAdmin") if is_new else ("updated", "UpdateAdmin")
        _record(f"staff.{fact}", event_type, staff, old, actor, now)
    return staff


def _roles(data: StaffData) -> tuple[Role, ...]:
    if len(data.role_ids) > 1:
        raise InvalidFields({"role_ids": ["One role at most."]})
    # The lock holds off a deletion of the role until it is assigned.
    roles = tuple(Role.objects.select_for_update().filter(pk__in=data.role_ids))
    if len(roles) != len(data.role_ids):
        raise InvalidFields({"role_ids": ["This value is not valid."]})
    return roles


def _faults(data: StaffData, staff: StaffUser | None) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if fault := _email_fault(data.email, staff):
        faults["email"] = [fault]
    if data.is_external:
        has_token = staff is not None and staff.permanent_tokens.filter(revoked_at=None).exists()
        if not data.api_key and not has_token:
            faults["api_key"] = [NOT_BLANK]
        elif data.api_key and len(data.api_key) < TOKEN_LENGTH_MIN:
            faults["api_key"] = [f"This value is shorter than {TOKEN_LENGTH_MIN} characters."]
        elif data.api_key and tokens.permanent_token_is_used(data.api_key, except_staff=staff):
            faults["api_key"] = [ALREADY_USED]
    elif not data.password and (staff is None or staff.is_external):
        faults["password"] = [NOT_BLANK]
    return faults


def _email_fault(email: str, staff: StaffUser | None) -> str | None:
    if not email:
        return NOT_BLANK
    if not identifiers.is_email(email):
        return "This value is not a valid email address."
    others = StaffUser.objects.filter(email__iexact=email)
    if staff is not None:
        others = others.exclude(pk=staff.pk)
    return ALREADY_USED if others.exists() else None


def _refuse(faults: dict[str, list[str]]) -> None:
    if faults:
        raise InvalidFields(faults)


def _check_grant(new: tuple[Role, ...], old: tuple[Role, ...], actor: Actor) -> None:
    """Only who has all rights may give a role that has them all, or take it from somebody."""
    if not actor.is_super and any(role.is_master for role in (*new, *old)):
        raise RightsExceeded
    if _exceed(new, actor):
        raise RightsExceeded


def _exceed(roles: tuple[Role, ...], actor: Actor) -> bool:
    """Return whether roles give a right that the actor does not have."""
    if actor.is_super:
        return False
    return any(role.is_master for role in roles) or any(
        permission.access not in actor.permissions.get(permission.resource, frozenset())
        for role in roles
        for permission in role.permissions.all()
    )


def _store_ids(data: StaffData, present: tuple[int, ...], actor: Actor) -> tuple[int, ...]:
    """Return where somebody is to work; `present`: where nothing is said of it."""
    asked = present if data.store_ids is None else data.store_ids
    if Store.objects.filter(pk__in=asked).count() != len(set(asked)):
        raise InvalidFields({"store_ids": ["This value is not valid."]})
    if not actor.reaches_all_stores and not (asked and set(asked) <= (actor.store_ids or set())):
        raise StoresExceeded
    return asked


def _is_super(staff: StaffUser, roles: tuple[Role, ...], store_ids: tuple[int, ...]) -> bool:
    is_person = staff.is_active and not staff.is_external
    return is_person and not store_ids and any(role.is_master for role in roles)


def _require_super_admin() -> None:
    # The master role's row is the lock: of two who shut out each other at once, one waits.
    Role.objects.select_for_update().filter(is_master=True).first()
    people = StaffUser.objects.filter(
        is_active=True, is_external=False, roles__is_master=True, stores=None
    )
    if not people.exists():
        raise LastSuperAdmin


def _save(staff: StaffUser) -> None:
    try:
        with transaction.atomic():
            staff.save()
    except IntegrityError as error:  # another process took the address
        raise InvalidFields({"email": [ALREADY_USED]}) from error


def _told(staff: StaffUser) -> dict[str, object]:
    """Return what the audit trail tells of a staff user."""
    tokens_held = staff.permanent_tokens.filter(revoked_at=None).order_by("pk")
    return {
        "email": staff.email,
        "firstName": staff.first_name,
        "lastName": staff.last_name,
        "phone": staff.phone,
        "active": staff.is_active,
        "external": staff.is_external,
        "fromDirectory": staff.is_from_directory,
        "roles": [role.name for role in staff.roles.order_by("name")],
        "stores": list(staff.stores.order_by("code").values_list("code", flat=True)),
        "password": audit.Secret(staff.password),
        "apiKey": audit.Secret(",".join(str(token.pk) for token in tokens_held)),
    }


def _record(
    fact: str,
    event_type: str,
    staff: StaffUser,
    old: Mapping[str, object],
    actor: Actor,
    now: datetime,
) -> None:
    events.append(
        fact,
        store=None,
        subject=staff.uuid,
        payload={"staffId": str(staff.uuid), "active": staff.is_active},
        now=now,
    )
    audit.record(
        actor,
        store=None,
        event_type=event_type,
        entity_type="Admin",
        entity_id=staff.uuid,
        data=audit.changes(old, _told(staff)),
        now=now,
    )
