"""Open Loyalty's chapter Points transfers."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.open_loyalty import transfer_rows
from accounts.api.open_loyalty.fields import NO_CHOICE
from accounts.models import Customer, Resource, TransferState, TransferType
from accounts.selectors import points_histogram, transfers
from accounts.selectors.points_histogram import Interval, PointsKind
from accounts.services import points
from loyalty.core import coupon_codes, throttle
from loyalty.core.actors import ActorKind
from loyalty.core.api import formats
from loyalty.core.api.forms import Amount, Form, FormOf
from loyalty.core.api.views import ADMIN, CUSTOMER, SELLER, OpenLoyaltyView, Rule
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.throttle import Attempt, Place

SORTS = {
    "pointsTransferId": "uuid",
    "customerFirstName": "customer__first_name",
    "customerLastName": "customer__last_name",
    "customerEmail": "customer__email",
    "customerPhone": "customer__phone",
    "customerLoyaltyCardNumber": "customer__loyalty_card_number",
    "createdAt": "created_at",
    "expiresAt": "expires_at",
    "value": "value",
    "type": "type",
    "issuer": "posting__issuer",
    "comment": "posting__comment",
}

OF_TRANSFERS = ("state", "state[]", "type", "willExpireTill")
OF_CUSTOMERS = (
    "customerId",
    "customerFirstName",
    "customerLastName",
    "customerEmail",
    "customerPhone",
    "customerLoyaltyCardNumber",
)

LEAST = Decimal(1)


class UnknownParty(DomainError):
    """This customer does not exist."""

    code = "unknown_party"


class CustomerId(serializers.Field[Any, Any, Any, Any]):
    """The id of a customer of the store."""

    default_error_messages = {"unknown": NO_CHOICE}

    def to_internal_value(self, data: Any) -> Customer:
        try:
            return access.get_customer(self.context["view"].actor, self.context["store"], str(data))
        except NotFound:
            self.fail("unknown")

    def to_representation(self, value: Customer) -> str:
        return str(value.uuid)


class TransferForm(Form):
    """`transfer`: what staff and sellers add, spend and block (PA-19)."""

    customer = CustomerId()
    # How many decimals it may have is the point type's to say.
    points = Amount(decimal_places=4, min_value=LEAST, source="amount")
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class SendForm(Form):
    """`transfer`: what a customer sends to another (PA-15)."""

    receiver = serializers.CharField(max_length=255)
    points = Amount(decimal_places=4, source="amount")


class SendBetweenForm(SendForm):
    """`transfer`: what staff send from one customer to another."""

    sender = serializers.CharField(max_length=255)


class TransferView(OpenLoyaltyView):
    resource = Resource.POINT_TRANSFER

    def made(self, uuid: object) -> Response:
        return Response({"pointsTransferId": str(uuid)})

    def refuse_restricted_seller(self) -> None:
        """Sellers move points only where their account says so (PA-20)."""
        if self.actor.kind == ActorKind.SELLER and not self.actor.may_transfer_points:
            raise PermissionDenied


class Transfers(TransferView):
    """`GET points/transfer`: of all customers, or of one."""

    rules = {"GET": Rule(ADMIN | SELLER)}
    http_method_names = ["get", "head", "options"]
    query: ClassVar[tuple[str, ...]] = (*OF_CUSTOMERS, *OF_TRANSFERS)

    def get(self, request: Request, **ids: Any) -> Response:
        query = request.query_params
        customer = None
        if wanted := query.get("customerId"):
            try:
                customer = access.get_customer(self.actor, self.store, wanted)
            except NotFound:
                return Response({"transfers": [], "total": 0})
        return self.list_of(self.filter(query, customer))

    def filter(self, query: Mapping[str, str], customer: Customer | None) -> transfers.Filter:
        return transfers.Filter(
            customer=customer,
            first_name=query.get("customerFirstName"),
            last_name=query.get("customerLastName"),
            email=query.get("customerEmail"),
            phone=query.get("customerPhone"),
            loyalty_card_number=query.get("customerLoyaltyCardNumber"),
            states=self.chosen("state", set(TransferState)),
            types=self.chosen("type", set(TransferType)),
            expiring_till=self.moment("willExpireTill"),
        )

    def chosen(self, name: str, known: set[Any]) -> list[str]:
        """Return the known words of a filter, written `name`, `name[]` or `name[0]`."""
        query = self.request.query_params
        words = [
            word
            for key in query
            if key == name or key.startswith(f"{name}[")
            for word in query.getlist(key)
        ]
        return [word for word in words if word in known]

    def moment(self, name: str) -> datetime | None:
        """Return a date of the query; what is no date counts as not asked."""
        text = self.request.query_params.get(name)
        if not text:
            return None
        try:
            return formats.parse_date_time(text, self.zone)
        except (ValueError, OverflowError):
            return None

    def list_of(self, chosen: transfers.Filter) -> Response:
        now = timezone.now()
        response = self.listed(
            transfers.list_transfers(self.store, chosen, now=now),
            key="transfers",
            row=lambda transfer: transfer,
            sorts=SORTS,
            default_sort="-createdAt",
        )
        page = response.data["transfers"]
        around = transfers.get_surroundings(page)
        response.data["transfers"] = [
            transfer_rows.row(transfer, around, self.store, now)
            | {"comment": coupon_codes.comment_for(self.actor, transfer.posting.comment) or None}
            for transfer in page
        ]
        return response


class SellerTransfers(Transfers):
    """`GET seller/points/transfer`."""

    rules = {"GET": Rule(SELLER)}


class OwnTransfers(Transfers):
    """`GET customer/points/transfer`: the caller's own."""

    rules = {"GET": Rule(CUSTOMER)}
    query = OF_TRANSFERS

    def get(self, request: Request, **ids: Any) -> Response:
        customer = access.get_customer(self.actor, self.store, str(self.actor.uuid))
        return self.list_of(self.filter(request.query_params, customer))


class AddPoints(TransferView):
    """`POST points/transfer/add`."""

    rules = {"POST": Rule(ADMIN | SELLER)}
    forms = {"POST": FormOf(TransferForm, root="transfer")}

    def post(self, request: Request, **ids: Any) -> Response:
        self.refuse_restricted_seller()
        lot = points.add(**self.form(), issuer=self.actor.issuer, actor=self.actor)
        return self.made(lot.uuid)


class SpendPoints(TransferView):
    """`POST points/transfer/spend`."""

    rules = {"POST": Rule(ADMIN | SELLER)}
    forms = {"POST": FormOf(TransferForm, root="transfer")}

    def post(self, request: Request, **ids: Any) -> Response:
        self.refuse_restricted_seller()
        posting = points.spend(**self.form(), issuer=self.actor.issuer, actor=self.actor)
        return self.made(posting.uuid)


class SellerAddPoints(AddPoints):
    """`POST pos/points/transfer/add`."""

    rules = {"POST": Rule(SELLER)}


class SellerSpendPoints(SpendPoints):
    """`POST pos/points/transfer/spend`."""

    rules = {"POST": Rule(SELLER)}


class BlockPoints(TransferView):
    """`POST points/transfer/block`."""

    forms = {"POST": FormOf(TransferForm, root="transfer")}

    def post(self, request: Request, **ids: Any) -> Response:
        posting = points.block(**self.form(), issuer=self.actor.issuer, actor=self.actor)
        return self.made(posting.uuid)


class CancelTransfer(TransferView):
    """`POST points/transfer/<transfer>/cancel`: an adding transfer, or a block."""

    def post(self, request: Request, **ids: Any) -> Response:
        points.cancel(store=self.store, transfer_uuid=ids["transfer"], actor=self.actor)
        return Response(status=status.HTTP_200_OK)


class ActivateTransfer(TransferView):
    """`POST points/transfer/<transfer>/activate`."""

    def post(self, request: Request, **ids: Any) -> Response:
        points.activate(store=self.store, transfer_uuid=ids["transfer"], actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExpireTransfer(TransferView):
    """`POST points/transfer/<transfer>/expire`."""

    def post(self, request: Request, **ids: Any) -> Response:
        points.expire(store=self.store, transfer_uuid=ids["transfer"], actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SendBetween(TransferView):
    """`POST admin/p2p-points-transfer`: staff send a customer's points to another (PA-15)."""

    forms = {"POST": FormOf(SendBetweenForm, root="transfer")}

    def post(self, request: Request, **ids: Any) -> Response:
        form = self.form()
        posting = points.transfer(
            sender=self.sender(form["sender"]),
            receiver=self.receiver(form["receiver"]),
            amount=form["amount"],
            actor=self.actor,
        )
        return self.made(posting.uuid)

    def sender(self, identifier: str) -> Customer:
        customer = transfers.find_party(self.store, identifier)
        if customer is None:
            raise UnknownParty(field="sender")
        return customer

    def receiver(self, identifier: str) -> Customer:
        customer = transfers.find_receiver(self.store, identifier)
        if customer is None:
            raise UnknownParty(field="receiver")
        return customer


class SendOwn(SendBetween):
    """
    `POST customer/points/p2p-transfer`: a customer sends points to another.

    Each refusal tells who is a member, so every attempt counts, with those made in the portal.
    """

    rules = {"POST": Rule(CUSTOMER)}
    counts_attempts = True
    forms = {"POST": FormOf(SendForm, root="transfer")}

    def post(self, request: Request, **ids: Any) -> Response:
        form = self.form()
        place = Place(self.actor.ip_address)
        throttle.begin(Attempt("receiver", str(self.actor.uuid), place))
        posting = points.transfer(
            sender=access.get_customer(self.actor, self.store, str(self.actor.uuid)),
            receiver=self.receiver(form["receiver"]),
            amount=form["amount"],
            actor=self.actor,
        )
        return self.made(posting.uuid)


class Histogram(TransferView):
    """`GET points/transfers`: how many points per day, month or year (PA-27)."""

    query = ("pointType", "interval", "lastDays", "futureDays")

    def get(self, request: Request, **ids: Any) -> Response:
        sums = points_histogram.get_histogram(
            self.store,
            kind=PointsKind(self.word("pointType", PointsKind.EARNED)),
            interval=Interval(self.word("interval", Interval.DAY)),
            last_days=self.days("lastDays", 30),
            future_days=self.days("futureDays", 0),
            now=timezone.now(),
        )
        return Response({day.isoformat(): formats.number(total) for day, total in sums.items()})

    def word(self, name: str, default: PointsKind | Interval) -> str:
        """Return a word of the query; one that is not known counts as not asked."""
        word = self.request.query_params.get(name, "")
        return word if word in set(type(default)) else default.value

    def days(self, name: str, default: int) -> int:
        text = self.request.query_params.get(name, "")
        return int(text[:9]) if text.isascii() and text.isdigit() else default
