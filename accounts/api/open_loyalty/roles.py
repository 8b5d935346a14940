"""Chapter ACL: roles, and what permissions speak about. Source: ACL-1…6."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Access, Resource, Role
from accounts.services import roles
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import OpenLoyaltyView
from loyalty.core.errors import NotFound


class PermissionForm(Form):
    resource = serializers.CharField()
    access = serializers.CharField()


class RoleForm(Form):
    name = serializers.CharField(max_length=255)
    default = serializers.BooleanField(source="is_default", required=False, default=False)
    permissions = PermissionForm(many=True, required=False)


class RoleView(OpenLoyaltyView):
    is_global = True
    resource = Resource.ACL

    def values(self) -> dict[str, Any]:
        values = self.form()
        granted = [roles.Permission(**each) for each in values.get("permissions", [])]
        return values | {"permissions": granted}


class Roles(RoleView):
    forms = {"POST": FormOf(RoleForm, root="role")}

    def get(self, request: Request, **ids: str) -> Response:
        listed = [role_row(role) for role in Role.objects.prefetch_related("permissions")]
        return Response({"roles": listed, "total": len(listed)})

    def post(self, request: Request, **ids: str) -> Response:
        roles.create(actor=self.actor, **self.values())
        return Response(status=204)


class RoleDetails(RoleView):
    forms = {"PUT": FormOf(RoleForm, root="role")}

    def get(self, request: Request, *, role: int, **ids: str) -> Response:
        return Response(role_row(_get_role(role)))

    def put(self, request: Request, *, role: int, **ids: str) -> Response:
        roles.update(role=_get_role(role), actor=self.actor, **self.values())
        return Response(status=204)

    def delete(self, request: Request, *, role: int, **ids: str) -> Response:
        roles.delete(role=_get_role(role), actor=self.actor)
        return Response(status=204)


class Resources(OpenLoyaltyView):
    is_global = True
    resource = Resource.ACL

    def get(self, request: Request, **ids: str) -> Response:
        return _choices("resources", Resource.choices)


class Accesses(OpenLoyaltyView):
    is_global = True
    resource = Resource.ACL

    def get(self, request: Request, **ids: str) -> Response:
        return _choices("accesses", Access.choices)


def role_row(role: Role) -> dict[str, Any]:
    return short_role_row(role) | {
        "default": role.is_default,
        "permissions": [
            {"id": each.pk, "resource": each.resource, "access": each.access}
            for each in role.permissions.all()
        ],
    }


def short_role_row(role: Role) -> dict[str, Any]:
    return {"id": role.pk, "name": role.name, "role": "ROLE_ADMIN", "master": role.is_master}


def _get_role(number: int) -> Role:
    role = Role.objects.prefetch_related("permissions").filter(pk=number).first()
    if role is None:
        raise NotFound
    return role


def _choices(key: str, choices: list[tuple[str, Any]]) -> Response:
    listed = [{"code": code, "name": str(label)} for code, label in choices]
    return Response({key: listed, "total": len(listed)})
