"""Open Loyalty's chapter Reward campaigns: make them, change them, list them."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access as people
from accounts.api.open_loyalty.customer_documents import CustomerWriter
from campaigns import access
from campaigns.api.open_loyalty import campaign_forms
from campaigns.api.open_loyalty.campaign_documents import CampaignWriter, Reader
from campaigns.api.open_loyalty.long_lists import LongListParser
from campaigns.models import CampaignCategory, Coupon, RewardCampaign
from campaigns.models.campaigns import CampaignQuerySet
from campaigns.selectors import audience, reasons
from campaigns.selectors import campaigns as selectors
from campaigns.selectors.bought import list_bought
from campaigns.selectors.campaigns import Filters
from campaigns.services import campaigns, pools
from loyalty.core import clock, coupon_codes
from loyalty.core.actors import ActorKind
from loyalty.core.api import filters
from loyalty.core.api.formats import date_time, number
from loyalty.core.api.forms import FormOf
from loyalty.core.api.parsing import FormParser, MultiPartParser
from loyalty.core.api.views import ADMIN, CUSTOMER, PUBLIC, SELLER, OpenLoyaltyView, Rule
from loyalty.core.errors import NotFound

RIGHT = "REWARD_CAMPAIGN"
BOTH_RIGHTS = (RIGHT, "CUSTOMER")

CUSTOMER_SORTS = {
    "customerId": "uuid",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "gender": "gender",
    "birthDate": "birth_date",
    "createdAt": "created_at",
}
# How many labels and categories one question may name.
LISTED_MAX = 100
LABELS = ("labels[0][key]", "labels[0][value]")


class CampaignView(OpenLoyaltyView):
    """The base of this chapter. `reader`: for whom answers are written."""

    resource = RIGHT
    reader: ClassVar[Reader] = Reader.STAFF

    def campaign(self) -> RewardCampaign:
        return access.get_campaign(self.store, str(self.kwargs["campaign"]))

    def writer(self, *, with_codes: bool = True) -> CampaignWriter:
        return CampaignWriter(
            self.store,
            reader=self.reader,
            locale=self.locale,
            now=clock.now(),
            as_html=self.request.query_params.get("format") == "html",
            with_codes=with_codes,
            sees_codes=self.actor_or_none is not None and coupon_codes.sees(self.actor),
            # The clients of 3.x, which name no store, look for an id inside of it.
            wraps_photo_ids="store_code" not in self.kwargs,
        )

    def filters(self, **fixed: Any) -> Filters:
        """Return what the query asks for, in the words of all lists; `fixed` wins."""
        query = self.request.query_params
        return Filters(
            **{
                "labels": tuple(filters.labels(query)[:LISTED_MAX]),
                "is_public": filters.flag(query, "isPublic"),
                "is_featured": filters.flag(query, "isFeatured"),
                "has_segment": filters.flag(query, "hasSegment"),
                "type": query.get("campaignType") or None,
                "name": query.get("name") or "",
                "categories": self.categories(),
                "locale": self.locale,
            }
            | fixed
        )

    def categories(self) -> tuple[UUID, ...]:
        return tuple(filters.uuids(self.request.query_params, "categoryId")[:LISTED_MAX])

    def active_categories(self) -> tuple[UUID, ...]:
        """Return the categories asked for; what staff switched off finds nothing (CAT-3)."""
        asked = self.categories()
        if not asked:
            return ()
        rows = CampaignCategory.objects.in_store(self.store)
        shown = rows.filter(uuid__in=asked, is_active=True).values_list("uuid", flat=True)
        return tuple(shown) or (filters.NOTHING_HAS,)

    def sorted(self, found: CampaignQuerySet) -> CampaignQuerySet:
        query = self.request.query_params
        return selectors.sorted_by(
            found,
            query.get("sort") or "",
            is_descending=(query.get("direction") or "").upper() == "DESC",
            locale=self.locale,
        )

    def listed_campaigns(self, found: CampaignQuerySet, writer: CampaignWriter) -> Response:
        return self.listed(self.sorted(found), key="campaigns", prepare=writer.read, row=writer.row)

    def answer_id(self, campaign: RewardCampaign) -> Response:
        return Response({"campaignId": str(campaign.uuid)})


class Campaigns(CampaignView):
    """`GET` and `POST campaign`."""

    forms = {"POST": FormOf(campaign_forms.CampaignForm, root="campaign")}
    query = (
        *LABELS,
        "active",
        "isPublic",
        "isFeatured",
        "isFulfillmentTracking",
        "campaignType",
        "name",
        "categoryId[]",
        "withoutCoupons",
        "format",
        "_locale",
    )

    def get(self, request: Request, **ids: Any) -> Response:
        """
        The store's campaigns.

        `couponsCount`, our own, is the size of a campaign's pool. A pool of more than 10,000 codes
        is not printed: `coupons` is empty.
        """
        tracked = filters.flag(request.query_params, "isFulfillmentTracking")
        chosen = self.filters(is_active=self.query_flag("active"), has_fulfillment_tracking=tracked)
        writer = self.writer(with_codes=not self.query_flag("withoutCoupons"))
        return self.listed_campaigns(selectors.list_campaigns(self.store, chosen), writer)

    def post(self, request: Request, **ids: Any) -> Response:
        data = campaign_forms.campaign_data(self.form())
        return self.answer_id(campaigns.create(store=self.store, data=data, actor=self.actor))


class ActiveCampaigns(CampaignView):
    """`GET campaign/active`: ids and names of those whose flag is on, all of them."""

    query = ("format", "_locale")

    def get(self, request: Request, **ids: Any) -> Response:
        found = selectors.list_campaigns(self.store, Filters(is_active=True))
        campaigns = found.order_by("created_at", "pk")
        return Response(
            {
                "campaigns": [
                    {"id": str(each.uuid), "name": each.translated(self.locale).name}
                    for each in campaigns
                ]
            }
        )


class PublicCampaigns(CampaignView):
    """`GET campaign/public/available`: what anybody may see (§2.3)."""

    rules = {"GET": PUBLIC}
    reader = Reader.CUSTOMER
    query = (
        *LABELS,
        "isFeatured",
        "campaignType",
        "name",
        "categoryId[]",
        "hasSegment",
        "format",
        "_locale",
    )

    def get(self, request: Request, **ids: Any) -> Response:
        writer = self.writer()
        chosen = self.filters(is_public=True, categories=self.active_categories())
        found = selectors.list_public(self.store, chosen, now=writer.now)
        return self.listed_campaigns(found, writer)


class SellerCampaigns(CampaignView):
    """`GET seller/campaign`: what sellers can tell customers about; no codes (VIS-16)."""

    rules = {"GET": Rule(ADMIN | SELLER, resources=BOTH_RIGHTS)}
    reader = Reader.SELLER
    query = ("isPublic", "format", "_locale")

    def get(self, request: Request, **ids: Any) -> Response:
        writer = self.writer()
        public = filters.flag(request.query_params, "isPublic")
        chosen = Filters(is_public=public, locale=self.locale)
        found = selectors.list_for_sellers(self.store, chosen, now=writer.now)
        return self.listed_campaigns(found, writer)


class CampaignDetail(CampaignView):
    """
    `GET` and `PUT campaign/<campaign>`.

    Sellers and customers read it too, without codes; customers only one that they can see now.
    """

    rules = {"GET": Rule(ADMIN | SELLER | CUSTOMER)}
    forms = {"PUT": FormOf(campaign_forms.CampaignForm, root="campaign")}
    query = ("format", "_locale")

    def get(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        kind = self.actor.kind
        if kind == ActorKind.CUSTOMER and not self._is_seen_by_customer(campaign):
            raise NotFound
        writer = self.writer()
        if kind in SELLER | CUSTOMER:
            writer.reader = Reader.SELLER if kind in SELLER else Reader.CUSTOMER
            writer.with_codes = False
        return Response(writer.one(campaign))

    def _is_seen_by_customer(self, campaign: RewardCampaign) -> bool:
        customer = people.get_customer(self.actor, self.store, str(self.actor.uuid))
        is_visible = campaign.is_active and campaign.is_visible_at(clock.now())
        return is_visible and reasons.is_targeted(campaign, customer)

    def put(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        data = campaign_forms.campaign_data(self.form(), besides=campaign)
        return self.answer_id(campaigns.update(campaign=campaign, data=data, actor=self.actor))


class SellerCampaignDetail(CampaignView):
    """`GET seller/campaign/<campaign>`."""

    rules = {"GET": Rule(SELLER)}
    reader = Reader.SELLER
    query = ("format", "_locale")

    def get(self, request: Request, **ids: Any) -> Response:
        return Response(self.writer().one(self.campaign()))


class SwitchCampaign(CampaignView):
    """`POST campaign/<campaign>/active` and `…/inactive` (CAM-16)."""

    def post(self, request: Request, **ids: Any) -> Response:
        is_active = self.kwargs["is_active"]
        campaign = campaigns.set_active(
            campaign=self.campaign(), is_active=is_active, actor=self.actor
        )
        return self.answer_id(campaign)


class VisibleCustomers(CampaignView):
    """`GET campaign/<campaign>/customers/visible`: whom it is for, while it is visible."""

    rules = {"GET": Rule(ADMIN, resources=BOTH_RIGHTS)}
    query = ("_locale",)

    def get(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        found = audience.list_targeted(campaign).select_related("pos", "seller")
        if not campaign.is_visible_at(clock.now()):
            found = found.none()
        writer = CustomerWriter(self.store, self.locale)
        bought: dict[int, list[Coupon]] = {}

        def read(page: list[Any]) -> None:
            for coupon in list_bought(self.store).filter(customer__in=page):
                bought.setdefault(coupon.customer_id, []).append(coupon)

        def row(customer: Any) -> dict[str, Any]:
            purchases = [self._purchase(coupon) for coupon in bought.get(customer.pk, [])]
            return writer.row(customer) | {"campaignPurchases": purchases}

        return self.listed(found, key="customers", prepare=read, row=row, sorts=CUSTOMER_SORTS)

    def _purchase(self, coupon: Any) -> dict[str, Any]:
        return {
            "purchaseAt": date_time(coupon.purchased_at, self.zone),
            "costInPoints": number(coupon.cost_in_points),
            "campaignId": {"campaignId": str(coupon.campaign_uuid)},
            "used": coupon.is_used,
            "coupon": {"code": coupon_codes.shown(coupon.code, self.actor)},
        }


class CampaignCodes(CampaignView):
    """
    `POST campaign/<campaign>/coupons`: put codes in the place of a pool, or add them (POOL-3).

    Codes that customers have cannot be left out; the refusal names them. A JSON body may be as long
    as an upload; `…/coupons/file` brings codes in in the background.
    """

    takes_long_bodies = True
    parser_classes = [LongListParser, FormParser, MultiPartParser]
    forms = {"POST": FormOf(campaign_forms.CodesForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        values = self.form()
        codes: Iterable[str] = values["coupons"]
        pools.set_codes(
            campaign=campaign,
            codes=codes,
            is_appended=values.get("is_appended", False),
            actor=self.actor,
        )
        return Response(status=204)
