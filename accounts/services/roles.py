"""Roles: named sets of permissions for staff. Source: ACL-1…6."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Access, Resource, Role, RolePermission
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.services import audit

NOT_BLANK = "This value should not be blank."
ALREADY_USED = "This value is already used."


class Permission(NamedTuple):
    resource: str
    access: str


class MasterRole(DomainError):
    """The master role cannot be deleted."""

    code = "master_role"


class RoleInUse(DomainError):
    """This role is assigned to somebody."""

    code = "role_in_use"


class RightsExceeded(DomainError):
    """Nobody can give rights that they do not have."""

    code = "rights_exceeded"
    field = "permissions"


@transaction.atomic
def create(
    *,
    name: str,
    permissions: Iterable[Permission],
    is_default: bool = False,
    actor: Actor,
    now: datetime | None = None,
) -> Role:
    """
    Create a role. A default role takes the place of the former default.

    :raises InvalidFields: no name, a used one, or an unknown resource or access.
    :raises RightsExceeded: the actor lacks one of the permissions.
    :raises OfAllStores: the actor works in some stores only; roles are everybody's.
    """
    actor.require_all_stores()
    granted = _checked(name, permissions, actor, except_role=None)
    role = Role(name=name.strip(), is_default=is_default)
    _save(role)
    _replace_permissions(role, granted)
    _record(actor, "CreateRole", role, {}, _told(role), now)
    return role


@transaction.atomic
def update(
    *,
    role: Role,
    name: str,
    permissions: Iterable[Permission],
    is_default: bool = False,
    actor: Actor,
    now: datetime | None = None,
) -> Role:
    """
    Replace a role's name and permissions. The master role has them all and keeps them (ACL-3).

    :raises InvalidFields, RightsExceeded, OfAllStores: as `create`.
    """
    actor.require_all_stores()
    if role.is_master and not actor.is_super:
        raise RightsExceeded
    granted = _checked(name, permissions, actor, except_role=role)
    old = _told(Role.objects.select_for_update().get(pk=role.pk))
    role.name, role.is_default = name.strip(), is_default
    _save(role)
    if not role.is_master:
        _replace_permissions(role, granted)
    _record(actor, "UpdateRole", role, old, _told(role), now)
    return role


@transaction.atomic
def delete(*, role: Role, actor: Actor, now: datetime | None = None) -> None:
    """
    Delete a role that nobody has.

    :raises MasterRole: it is the one that may do everything (ACL-3).
    :raises RoleInUse: somebody has it (ACL-5).
    :raises OfAllStores: as `create`.
    """
    actor.require_all_stores()
    if role.is_master:
        raise MasterRole
    # The lock holds off an assignment that would come between the check and the deletion.
    Role.objects.select_for_update().get(pk=role.pk)
    if role.staff.exists():
        raise RoleInUse
    _record(actor, "DeleteRole", role, _told(role), {}, now)
    role.delete()


def ensure_master() -> Role:
    """Return the role that may do everything, made on first use."""
    role, _ = Role.objects.get_or_create(is_master=True, defaults={"name": "Super admin"})
    return role


def _checked(
    name: str, permissions: Iterable[Permission], actor: Actor, *, except_role: Role | None
) -> list[Permission]:
    faults: dict[str, list[str]] = {}
    if not name.strip():
        faults["name"] = [NOT_BLANK]
    else:
        others = Role.objects.filter(name=name.strip())
        if except_role is not None:
            others = others.exclude(pk=except_role.pk)
        if others.exists():
            faults["name"] = [ALREADY_USED]
    granted = list(dict.fromkeys(permissions))
    for number, permission in enumerate(granted):
        if permission.resource not in Resource.values:
            faults[f"permissions.{number}.resource"] = [f"No resource: {permission.resource}."]
        if permission.access not in Access.values:
            faults[f"permissions.{number}.access"] = [f"No access: {permission.access}."]
    if faults:
        raise InvalidFields(faults)
    if not actor.is_super:
        for permission in granted:
            if permission.access not in actor.permissions.get(permission.resource, frozenset()):
                raise RightsExceeded
    return granted


def _save(role: Role) -> None:
    if role.is_default:
        Role.objects.filter(is_default=True).exclude(pk=role.pk).update(is_default=False)
    try:
        with transaction.atomic():
            role.save()
    except IntegrityError as error:  # another process took the name
        raise InvalidFields({"name": [ALREADY_USED]}) from error


def _replace_permissions(role: Role, granted: list[Permission]) -> None:
    """Write the permissions anew; those that stay keep their ids."""
    kept = set()
    for old in role.permissions.all():
        if Permission(old.resource, old.access) in granted:
            kept.add(Permission(old.resource, old.access))
        else:
            old.delete()
    RolePermission.objects.bulk_create(
        RolePermission(role=role, resource=new.resource, access=new.access)
        for new in granted
        if new not in kept
    )


def _told(role: Role) -> dict[str, object]:
    """Return what the audit trail tells of a role."""
    granted = RolePermission.objects.filter(role=role).order_by("resource", "access")
    pairs = granted.values_list("resource", "access")
    return {
        "name": role.name,
        "default": role.is_default,
        "permissions": [":".join(pair) for pair in pairs],
    }


def _record(
    actor: Actor,
    event_type: str,
    role: Role,
    old: Mapping[str, object],
    new: Mapping[str, object],
    now: datetime | None,
) -> None:
    audit.record(
        actor,
        store=None,
        event_type=event_type,
        entity_type="Role",
        entity_id=role.pk,
        data=audit.changes(old, new),
        now=now or timezone.now(),
    )
