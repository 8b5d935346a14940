"""Coupons in customers' hands: listed, reported, used, delivered. Source: §5."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import parse
from campaigns.api.open_loyalty import buying_forms
from campaigns.api.open_loyalty.buying import CustomerRewardsView, coupon_row
from campaigns.api.open_loyalty.campaign_documents import CampaignWriter, Reader
from campaigns.api.open_loyalty.campaigns import RIGHT, CampaignView
from campaigns.models import Coupon, DeliveryStatus, RewardCampaign
from campaigns.selectors import bought
from campaigns.selectors.bought import Filters, Range
from campaigns.services import coupons
from campaigns.services.coupons import Mark
from loyalty.core import clock, csv_rows
from loyalty.core.actors import ActorKind
from loyalty.core.api import errors, filters
from loyalty.core.api.formats import date_time, number
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import ADMIN, CUSTOMER, SELLER, Rule
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.models.base import StoreQuerySet

ADDRESS_KEYS = ("street", "address1", "address2", "postal", "city", "province", "country")
# Wire name of a range → which part of the filters it is.
RANGES = {
    "purchasedAt": "purchased_at",
    "usageDate": "used_at",
    "activeSince": "active_since",
    "activeTo": "active_to",
}
PURCHASED = ("purchasedAtFrom", "purchasedAtTo")


class BoughtView(CampaignView):
    """What lists of coupons share."""

    def time(self, moment: datetime | None) -> str | None:
        return date_time(moment, self.zone)

    def range(self, name: str) -> Range:
        query = self.request.query_params
        return (
            filters.moment(query, f"{name}From", self.zone),
            filters.moment(query, f"{name}To", self.zone, is_end=True),
        )

    def sorted(self, found: StoreQuerySet[Coupon]) -> StoreQuerySet[Coupon]:  # type: ignore[override]
        query = self.request.query_params
        is_descending = (query.get("direction") or "").upper() == "DESC"
        return bought.sorted_by(found, query.get("sort") or "", is_descending=is_descending)

    def life(self, coupon: Coupon, now: datetime) -> dict[str, Any]:
        """Return where a coupon stands now, whatever the jobs have done so far (CPN-5)."""
        return {
            "canBeUsed": coupon.can_be_used_at(now),
            "coupon": coupon_row(coupon, self.actor),
            "used": coupon.is_used,
            "status": coupon.status_at(now).value,
            "activeSince": self.time(coupon.active_since),
            "activeTo": self.time(coupon.active_to),
            "usageDate": self.time(coupon.used_at),
            "deliveryStatus": {"status": coupon.delivery_status},
        }


class Bought(BoughtView):
    """`GET campaign/bought`: all purchases (§5.5)."""

    query = (
        "used",
        "deliveryStatus",
        *(f"{name}{end}" for name in RANGES for end in ("From", "To")),
    )

    def get(self, request: Request, **ids: Any) -> Response:
        query = request.query_params
        status = query.get("deliveryStatus") or None
        chosen = Filters(
            is_used=self.query_flag("used"),
            # One that there is not was not asked for.
            delivery_status=status if status in DeliveryStatus.values else None,
            **{column: self.range(name) for name, column in RANGES.items()},
        )
        now = clock.now()
        return self.listed(
            self.sorted(bought.list_bought(self.store, chosen)),
            key="boughtCampaigns",
            row=lambda coupon: self._row(coupon, now),
        )

    def _row(self, coupon: Any, now: datetime) -> dict[str, Any]:
        campaign_id = str(coupon.campaign_uuid)
        sale = coupon.transaction_uuid
        used_for = coupon.used_for_transaction_uuid
        return self.life(coupon, now) | {
            "rewardCampaignId": campaign_id,
            "campaignId": campaign_id,
            "customerId": str(coupon.customer_uuid),
            "purchasedAt": self.time(coupon.purchased_at),
            "campaignType": coupon.campaign_type,
            "campaignName": coupon.campaign_name,
            "customerEmail": coupon.customer_email,
            "customerPhone": coupon.customer_phone,
            "customerName": coupon.customer_first_name,
            "customerLastname": coupon.customer_last_name,
            "campaignShippingAddress": _address(coupon.shipping_address),
            "costInPoints": number(coupon.cost_in_points),
            "currentPointsAmount": number(coupon.points_after),
            "taxPriceValue": number(coupon.tax_price_value),
            "transactionId": {"transactionId": str(sale)} if sale else None,
            "usedForTransactionId": str(used_for) if used_for else None,
            "returnedAmount": number(coupon.returned_amount),
        }


class BoughtReport(BoughtView):
    """`GET campaign/bought/export/csv`: the same as a file, whatever its length (RPT-1)."""

    query = PURCHASED

    def get(self, request: Request, **ids: Any) -> StreamingHttpResponse:
        chosen = Filters(purchased_at=self.range("purchasedAt"))
        moment = clock.now().astimezone(self.zone)
        rows = bought.iterate_report(self.store, chosen)
        response = csv_rows.answer("", moment, bought.REPORT_HEADER, rows)
        name = f"{bought.REPORT_PREFIX}_{moment:%Y-%m-%d_%H-%M-%S}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class BoughtOfCustomer(CustomerRewardsView, BoughtView):
    """What one customer has bought (RPT-3)."""

    query = ("includeDetails", "format", "_locale")

    def get(self, request: Request, **ids: Any) -> Response:
        now = clock.now()
        customer = self.customer()
        with_details = self.query_flag("includeDetails")
        found: Any = self.sorted(bought.list_of_customer(customer))
        writer = self.writer()
        if with_details:
            found = found.prefetch_related("campaign__translations", "campaign__photos")

        def row(coupon: Any) -> dict[str, Any]:
            document = {
                "purchaseAt": self.time(coupon.purchased_at),
                "costInPoints": number(coupon.cost_in_points),
                "campaignId": {"campaignId": str(coupon.campaign_uuid)},
                **self.life(coupon, now),
            }
            if with_details:
                document["campaign"] = writer.row(coupon.campaign)
            return document

        return self.listed(
            found,
            key="campaigns",
            row=row,
            prepare=(lambda page: _read(writer, page)) if with_details else None,
        )


class StaffBought(BoughtOfCustomer):
    """`GET admin/customer/<customer>/campaign/bought`."""

    rules = {"GET": Rule(ADMIN, resources=(RIGHT, "CUSTOMER"))}


class SellerBought(BoughtOfCustomer):
    """`GET seller/customer/<customer>/campaign/bought`."""

    rules = {"GET": Rule(SELLER)}
    reader = Reader.SELLER


class CustomerBought(BoughtOfCustomer):
    """`GET customer/campaign/bought`."""

    rules = {"GET": Rule(CUSTOMER)}
    reader = Reader.CUSTOMER


class MarkView(CampaignView):
    """Mark coupons as used; all rows are checked before the first is applied (USE-3)."""

    forms: ClassVar[Mapping[str, FormOf]] = {"POST": FormOf(buying_forms.UsesOfCustomersForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        rows = self.form()["coupons"]
        try:
            marked = coupons.mark(
                store=self.store, marks=[self._mark(row) for row in rows], actor=self.actor
            )
        except NotFound:
            return errors.answer(400, "There is no such coupon.")
        except DomainError as refusal:
            # Printed so for this call alone.
            return errors.answer(400, refusal.message)
        return Response(
            {
                "coupons": [
                    {
                        "name": coupon.code,
                        "used": row["is_used"],
                        "campaignId": str(coupon.campaign.uuid),
                        "customerId": str(coupon.customer.uuid),
                    }
                    for coupon, row in zip(marked, rows, strict=True)
                ]
            }
        )

    def _mark(self, row: dict[str, Any]) -> Mark:
        is_customer = self.actor.kind == ActorKind.CUSTOMER
        customer = str(self.actor.uuid) if is_customer else row["customer_uuid"]
        return Mark(
            campaign_uuid=parse(row["campaign_uuid"]),
            customer_uuid=parse(customer),
            coupon_uuid=parse(row["coupon_uuid"]),
            code=row["code"],
            is_used=row["is_used"],
            transaction_uuid=row.get("transaction_uuid"),
        )


class StaffMark(MarkView):
    """`POST admin/campaign/coupons/mark_as_used`: used, or unused again (USE-1, USE-5)."""


class CustomerMark(MarkView):
    """`POST customer/campaign/coupons/mark_as_used`: used, and never back (USE-6)."""

    rules = {"POST": Rule(CUSTOMER)}
    forms = {"POST": FormOf(buying_forms.UsesForm)}


class SellerMark(MarkView):
    """
    `POST seller/campaign/coupons/mark_as_used`: our own, for the till (USE-7).

    A seller may take back what they marked themself, with `used=0`, for ten minutes.
    """

    rules = {"POST": Rule(SELLER)}


class MarkByCode(CustomerRewardsView):
    """
    `POST admin/customer/<customer>/campaign/<campaign>/coupon/<code>`: as release 2.x did (USE-10).

    Where a customer has a code several times: the latest that can be used, or that was used.
    """

    forms = {"POST": FormOf(buying_forms.UsedForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        campaign, customer = self.campaign(), self.customer()
        is_used = self.form()["is_used"]
        found = bought.find_by_code(campaign, customer, self.kwargs["code"])
        if not found:
            raise NotFound
        now = clock.now()
        fitting = (each for each in found if is_used is each.can_be_used_at(now))
        coupon = next(fitting, found[0])
        try:
            mark = Mark(
                campaign_uuid=campaign.uuid,
                customer_uuid=customer.uuid,
                coupon_uuid=coupon.uuid,
                code=coupon.code,
                is_used=is_used,
            )
            coupons.mark(store=self.store, marks=[mark], actor=self.actor)
        except coupons.CannotBeUsed as refusal:
            return errors.answer(400, refusal.message)
        return Response({"used": is_used})


class Delivery(CustomerRewardsView):
    """`PUT admin/customer/<customer>/bought/coupon/<coupon>/changeDeliveryStatus` (DEL-2)."""

    forms = {"PUT": FormOf(buying_forms.DeliveryForm, root="deliveryStatus")}

    def put(self, request: Request, **ids: Any) -> Response:
        customer = self.customer()
        coupons.change_delivery(
            store=self.store,
            customer=customer,
            coupon_uuid=self.kwargs["coupon"],
            actor=self.actor,
            **self.form(),
        )
        return Response({"success": "Delivery status changed!"})


def _read(writer: CampaignWriter, page: list[Any]) -> None:
    campaigns: dict[int, RewardCampaign] = {}
    for coupon in page:
        coupon.campaign = campaigns.setdefault(coupon.campaign_id, coupon.campaign)
    writer.read(list(campaigns.values()))


def _address(address: Mapping[str, str]) -> dict[str, str | None]:
    """Return an address with all its keys; {} where there is none."""
    if not any(address.get(key) for key in ADDRESS_KEYS):
        return {}
    return {key: address.get(key) or None for key in ADDRESS_KEYS}
