"""Staff users, their roles and integrations."""

import itertools
from typing import Any

from accounts.models import Access, Resource, Role, StaffUser
from accounts.services import roles, staff
from loyalty.core.actors import SYSTEM

_numbers = itertools.count(1)

PASSWORD = "Open-Sesame-1"


def RoleFactory(*permissions: str, **fields: Any) -> Role:
    """Create a role. `permissions`: such as "CUSTOMER:VIEW", or "CUSTOMER" for both accesses."""
    granted = []
    for permission in permissions:
        resource, _, access = permission.partition(":")
        accesses = [access] if access else Access.values
        granted += [roles.Permission(Resource(resource), each) for each in accesses]
    fields = {"name": f"Role {next(_numbers)}"} | fields
    return roles.create(permissions=granted, actor=SYSTEM, **fields)


def StaffFactory(*permissions: str, is_super: bool | None = None, **fields: Any) -> StaffUser:
    """
    Create an active staff user: with a role of these permissions, or else a super admin.

    `is_super=False` without permissions: somebody without any role. `api_key`: an integration.
    """
    if is_super is None:
        is_super = not permissions
    role = roles.ensure_master() if is_super else RoleFactory(*permissions) if permissions else None
    number = next(_numbers)
    stores = fields.pop("stores", ())
    username = fields.pop("username", f"sam-{number}")
    data: dict[str, Any] = {
        "email": f"sam-{number}@example.com",
        "is_active": True,
        "role_ids": (role.pk,) if role else (),
    }
    if "api_key" in fields:
        data["is_external"] = True
    else:
        data["password"] = PASSWORD
    user = staff.create(data=staff.StaffData(**data | fields), username=username, actor=SYSTEM)
    user.stores.set(stores)
    return user
