"""Open Loyalty's chapter Seller."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.open_loyalty.fields import PosId
from accounts.models import Seller
from accounts.services import sellers
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import ADMIN, SELLER, OpenLoyaltyView, Rule

SORTS = {
    "sellerId": "uuid",
    "name": "last_name",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "posName": "pos__name",
    "active": "is_active",
}
FILTERS = {
    "firstName": "first_name__folded_contains",
    "lastName": "last_name__folded_contains",
    "email": "email__icontains",
    "phone": "phone__icontains",
}


class SellerForm(Form):
    """A whole seller; an empty password keeps the one before (SEL-3)."""

    firstName = serializers.CharField(source="first_name")
    lastName = serializers.CharField(source="last_name")
    active = serializers.BooleanField(source="is_active", required=False)
    email = serializers.CharField()
    phone = serializers.CharField(required=False)
    plainPassword = serializers.CharField(source="password", required=False, trim_whitespace=False)
    posId = PosId(source="pos")
    allowPointTransfer = serializers.BooleanField(source="may_transfer_points", required=False)


class SellerView(OpenLoyaltyView):
    resource = "SELLER"

    def seller(self) -> Seller:
        return access.get_seller(self.actor, self.store, str(self.kwargs["seller"]))

    def data(self) -> sellers.SellerData:
        """Return the whole of a seller: a box that was not ticked is off."""
        values = {"is_active": False, "may_transfer_points": False} | self.form()
        return sellers.SellerData(**values)

    def row(self, seller: Seller) -> dict[str, Any]:
        return {
            "name": seller.name,
            "sellerId": str(seller.uuid),
            "firstName": seller.first_name,
            "lastName": seller.last_name,
            "email": seller.email,
            "phone": seller.phone,
            "posId": str(seller.pos.uuid),
            "posName": seller.pos.name,
            "posCity": seller.pos.location.get("city", ""),
            "active": seller.is_active,
            "deleted": seller.is_deleted,
            "allowPointTransfer": seller.may_transfer_points,
        }

    def check_pos_may_be_seen(self) -> None:
        """:raises PermissionDenied: SEL-2 asks for POS VIEW besides."""
        self._check_resources(self.actor, Rule(ADMIN, resources=("POS",)), writes=False)


class Sellers(SellerView):
    """`GET seller`: the deleted ones are left out (SEL-4)."""

    query = tuple(FILTERS)

    def get(self, request: Request, **ids: Any) -> Response:
        found = Seller.objects.in_store(self.store).filter(is_deleted=False).select_related("pos")
        for name, lookup in FILTERS.items():
            if text := request.query_params.get(name):
                found = found.filter(**{lookup: text})
        return self.listed(found, key="sellers", row=self.row, sorts=SORTS)


class RegisterSeller(SellerView):
    """`POST seller/register`: the answer repeats the password to whoever chose it (SEL-1)."""

    forms = {"POST": FormOf(SellerForm, root="seller")}
    # The answer must not be kept: it holds a password.
    takes_idempotency_key = False

    def post(self, request: Request, **ids: Any) -> Response:
        self.check_pos_may_be_seen()
        data = self.data()
        seller = sellers.register(store=self.store, data=data, actor=self.actor)
        answer = {"sellerId": str(seller.uuid), "password": data.password, "email": seller.email}
        return Response(answer)


class SellerDetail(SellerView):
    """`GET` and `PUT seller/<seller>`; sellers see their own record."""

    rules = {"GET": Rule(ADMIN | SELLER)}
    forms = {"PUT": FormOf(SellerForm, root="seller")}

    def get(self, request: Request, **ids: Any) -> Response:
        return Response(self.row(self.seller()))

    def put(self, request: Request, **ids: Any) -> Response:
        self.check_pos_may_be_seen()
        seller = self.seller()
        sellers.update(seller=seller, data=self.data(), actor=self.actor)
        return Response({"sellerId": str(seller.uuid)})


class ActivateSeller(SellerView):
    def post(self, request: Request, **ids: Any) -> Response:
        sellers.set_active(seller=self.seller(), is_active=True, actor=self.actor)
        return Response()


class DeactivateSeller(SellerView):
    def post(self, request: Request, **ids: Any) -> Response:
        sellers.set_active(seller=self.seller(), is_active=False, actor=self.actor)
        return Response()


class DeleteSeller(SellerView):
    """`POST seller/<seller>/delete`."""

    def post(self, request: Request, **ids: Any) -> Response:
        sellers.delete(seller=self.seller(), actor=self.actor)
        return Response()
