"""Chapter Admin users. Source: ADM-1…3."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.open_loyalty.roles import short_role_row
from accounts.models import Resource, StaffUser
from accounts.selectors import staff as selectors
from accounts.services import staff
from loyalty.core.actors import Actor
from loyalty.core.api import formats
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import ADMIN, OpenLoyaltyView, Rule

UTC = ZoneInfo("UTC")
SORTS = {
    "id": "uuid",
    "username": "username",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "isActive": "is_active",
    "external": "is_external",
    "createAt": "created_at",
}


class StaffForm(Form):
    """Staff belong to no store, so their e-mail addresses are unique everywhere."""

    firstName = serializers.CharField(
        source="first_name", required=False, allow_blank=True, default="", max_length=255
    )
    lastName = serializers.CharField(
        source="last_name", required=False, allow_blank=True, default="", max_length=255
    )
    phone = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    email = serializers.CharField(required=False, allow_blank=True, default="", max_length=254)
    plainPassword = serializers.CharField(
        source="password",
        required=False,
        allow_null=True,
        default=None,
        trim_whitespace=False,
        max_length=4096,
    )
    external = serializers.BooleanField(source="is_external", required=False, default=False)
    apiKey = serializers.CharField(
        source="api_key", required=False, allow_null=True, default=None, max_length=512
    )
    # The reference's update leaves it out, and surely does not mean to shut the user out.
    isActive = serializers.BooleanField(
        source="is_active", required=False, allow_null=True, default=None
    )
    roles = serializers.ListField(
        source="role_ids",
        child=serializers.IntegerField(min_value=0, max_value=2**63 - 1),
        required=False,
        default=list,
        max_length=100,
    )


class StaffView(OpenLoyaltyView):
    is_global = True
    resource = Resource.ADMIN

    def data(self) -> staff.StaffData:
        values = self.form()
        return staff.StaffData(**values | {"role_ids": tuple(values["role_ids"])})


class StaffList(StaffView):
    def get(self, request: Request, **ids: str) -> Response:
        people = selectors.list_known_to(self.actor).prefetch_related("roles")
        return self.listed(
            people, key="users", row=staff_row, sorts=SORTS, default_sort="firstName"
        )


class OwnData(StaffView):
    """`GET` shows the caller's own data, `POST` creates somebody, as in the original."""

    rules = {"GET": Rule(ADMIN, resources=())}
    forms = {"POST": FormOf(StaffForm, root="admin")}

    def get(self, request: Request, **ids: str) -> Response:
        return Response(_own_row(self.actor))

    def post(self, request: Request, **ids: str) -> Response:
        created = staff.create(data=self.data(), actor=self.actor)
        return Response({"id": str(created.uuid)})


class StaffDetails(StaffView):
    forms = {"PUT": FormOf(StaffForm, root="admin")}

    def get(self, request: Request, *, admin: UUID, **ids: str) -> Response:
        return Response(staff_row(access.get_staff(self.actor, admin)))

    def put(self, request: Request, *, admin: UUID, **ids: str) -> Response:
        found = access.get_staff(self.actor, admin)
        updated = staff.update(staff=found, data=self.data(), actor=self.actor)
        return Response({"id": str(updated.uuid)})


def staff_row(user: StaffUser) -> dict[str, Any]:
    return {
        "id": str(user.uuid),
        "username": user.username,
        "isActive": user.is_active,
        "createAt": formats.date_time(user.created_at, UTC),
        "email": user.email,
        "firstName": user.first_name or None,
        "lastName": user.last_name or None,
        "phone": user.phone or None,
        "external": user.is_external,
        # Only its hash is kept, so nobody can be shown it.
        "apiKey": None,
        "dtype": "admin",
        "roles": [short_role_row(role) for role in user.roles.all()],
    }


def _own_row(actor: Actor) -> dict[str, Any]:
    if actor.id is not None:
        user = StaffUser.objects.prefetch_related("roles").get(pk=actor.id)
        return staff_row(user) | {
            "firstName": user.first_name,
            "lastName": user.last_name,
            "phone": user.phone,
        }
    # The configured master key is nobody who is stored (ADM-5).
    return {
        "id": None,
        "username": actor.name,
        "firstName": "",
        "lastName": "",
        "phone": "",
        "email": "",
    }
