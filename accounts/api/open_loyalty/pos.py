"""Open Loyalty's chapter Point of sale."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.models import Pos
from accounts.selectors.pos import Counters, count_documents
from accounts.services import pos as services
from loyalty.core.api.formats import number
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import ADMIN, SELLER, OpenLoyaltyView, Rule
from loyalty.core.errors import NotFound

SORTS = {
    "posId": "uuid",
    "name": "name",
    "identifier": "identifier",
    "description": "description",
}


class LocationForm(Form):
    street = serializers.CharField()
    address1 = serializers.CharField()
    address2 = serializers.CharField(required=False)
    postal = serializers.CharField()
    city = serializers.CharField()
    province = serializers.CharField()
    country = serializers.CharField()
    lat = serializers.CharField(required=False, allow_null=True)
    long = serializers.CharField(required=False, allow_null=True)


class PosForm(Form):
    name = serializers.CharField()
    identifier = serializers.CharField()
    description = serializers.CharField(required=False, allow_blank=True)
    location = LocationForm()


class PosView(OpenLoyaltyView):
    resource = "POS"
    rules = {"GET": Rule(ADMIN | SELLER)}

    def row(self, pos: Pos, counters: Mapping[int, Counters]) -> dict[str, Any]:
        counted = counters.get(pos.pk)
        location = {key: pos.location.get(key) for key in services.LOCATION_KEYS}
        point = {key: pos.location.get(key) for key in services.COORDINATES}
        return {
            "posId": str(pos.uuid),
            "name": pos.name,
            "identifier": pos.identifier,
            "description": pos.description,
            "location": location | {"geoPoint": point},
            "transactionsAmount": number(counted.amount) if counted else 0,
            "transactionsCount": counted.count if counted else 0,
            "currency": self.store.currency.lower(),
        }

    def one(self, pos: Pos) -> Response:
        return Response(self.row(pos, count_documents([pos.pk])))


class PosList(PosView):
    """`GET pos` and `POST pos`."""

    forms = {"POST": FormOf(PosForm, root="pos")}

    def get(self, request: Request, **ids: Any) -> Response:
        found = Pos.objects.in_store(self.store)
        # Points of sale are shops, not purchases: counting all of a store's is one query.
        counters = count_documents(list(found.order_by().values_list("pk", flat=True)))
        return self.listed(
            found,
            key="pos",
            row=lambda pos: self.row(pos, counters),
            sorts=SORTS,
            default_sort="name",
        )

    def post(self, request: Request, **ids: Any) -> Response:
        data = services.PosData(**self.form())
        pos = services.create(store=self.store, data=data, actor=self.actor)
        return Response({"posId": str(pos.uuid)})


class SellerPosList(PosList):
    """`GET seller/pos`."""

    rules = {"GET": Rule(SELLER)}
    http_method_names = ["get", "head", "options"]


class PosDetail(PosView):
    """`GET` and `PUT pos/<pos>`."""

    forms = {"PUT": FormOf(PosForm, root="pos")}

    def get(self, request: Request, **ids: Any) -> Response:
        return self.one(access.get_pos(self.store, str(self.kwargs["pos"])))

    def put(self, request: Request, **ids: Any) -> Response:
        pos = access.get_pos(self.store, str(self.kwargs["pos"]))
        services.update(pos=pos, data=services.PosData(**self.form()), actor=self.actor)
        return Response({"posId": str(pos.uuid)})


class SellerPosDetail(PosDetail):
    """`GET seller/pos/<pos>`."""

    rules = {"GET": Rule(SELLER)}
    http_method_names = ["get", "head", "options"]


class PosByIdentifier(PosView):
    """`GET pos/identifier/<identifier>`."""

    def get(self, request: Request, **ids: Any) -> Response:
        named = Pos.objects.in_store(self.store).filter(identifier=self.kwargs["identifier"])
        pos = named.first()
        if pos is None:
            raise NotFound
        return self.one(pos)
