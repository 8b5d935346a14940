"""Chapter Store. Source: STO-1…4."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core.actors import Actor
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import OpenLoyaltyView
from loyalty.core.errors import NotFound
from loyalty.core.models import Store
from loyalty.core.services import stores

SORTS = {
    "storeId": "uuid",
    "id": "uuid",
    "code": "code",
    "name": "name",
    "currency": "currency",
    "active": "is_active",
    "createdAt": "created_at",
}


class Activity(serializers.BooleanField):
    """A flag; the table of the reference writes it as a word, its example as a number."""

    def to_internal_value(self, data: Any) -> bool:
        word = data.strip().lower() if isinstance(data, str) else data
        if word in ("active", "inactive"):
            return word == "active"
        flag: bool = super().to_internal_value(word)
        return flag


class UpdateForm(Form):
    name = serializers.CharField(max_length=255)
    active = Activity(source="is_active", required=False, default=False)


class CreateForm(UpdateForm):
    code = serializers.CharField(max_length=64)
    currency = serializers.CharField(max_length=3)


class StoreView(OpenLoyaltyView):
    is_global = True
    # No resource of its own is known; opening stores is the platform's settings.
    resource = "SETTINGS"


class Stores(StoreView):
    forms = {"POST": FormOf(CreateForm, root="store")}
    query = ("active", "name")

    def get(self, request: Request, **ids: str) -> Response:
        found = _visible(self.actor)
        if (active := self.query_flag("active")) is not None:
            found = found.filter(is_active=active)
        if name := request.query_params.get("name"):
            found = found.filter(name__folded_contains=name)
        return self.listed(found, key="stores", row=store_row, sorts=SORTS, default_sort="code")

    def post(self, request: Request, **ids: str) -> Response:
        store = stores.create(actor=self.actor, **self.form())
        return Response({"storeId": str(store.uuid)})


class StoreDetails(StoreView):
    forms = {"PUT": FormOf(UpdateForm, root="store")}

    def get(self, request: Request, *, store: UUID, **ids: str) -> Response:
        return Response(store_row(_get_store(self.actor, store)))

    def put(self, request: Request, *, store: UUID, **ids: str) -> Response:
        stores.update(store=_get_store(self.actor, store), actor=self.actor, **self.form())
        return Response(status=204)


def store_row(store: Store) -> dict[str, Any]:
    return {
        "storeId": str(store.uuid),
        "code": store.code,
        "name": store.name,
        "currency": store.currency,
        "active": store.is_active,
    }


def _visible(actor: Actor) -> Any:
    found = Store.objects.all()
    return found if actor.store_ids is None else found.filter(pk__in=actor.store_ids)


def _get_store(actor: Actor, uuid: UUID) -> Store:
    store: Store | None = _visible(actor).filter(uuid=uuid).first()
    if store is None:
        raise NotFound
    return store
