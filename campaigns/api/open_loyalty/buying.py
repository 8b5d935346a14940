"""Open Loyalty's chapters on what customers can have, buy and validate. Source: §2.2, §4."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.utils import translation
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access as people
from accounts.models import Customer
from campaigns import access
from campaigns.api.open_loyalty import buying_forms
from campaigns.api.open_loyalty.campaign_documents import Reader
from campaigns.api.open_loyalty.campaigns import BOTH_RIGHTS, CampaignView
from campaigns.models import Coupon
from campaigns.selectors import availability, reasons
from campaigns.selectors.availability import Offer
from campaigns.selectors.reasons import Reason
from campaigns.services import rewards
from campaigns.services.refusals import InvalidQuantity, Refused
from loyalty.core import clock, coupon_codes
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.api import filters
from loyalty.core.api.formats import number
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import ADMIN, CUSTOMER, SELLER, Rule

ZERO = Decimal(0)
# More than anybody has.
POINTS_BELOW = Decimal(10) ** 12


class CustomerRewardsView(CampaignView):
    """The base of calls about one customer: of the path, or who calls."""

    def customer(self) -> Customer:
        if "customer" in self.kwargs:
            uuid = self.kwargs["customer"]
        else:
            assert self.actor.kind == ActorKind.CUSTOMER, "Others name the customer in the path."
            uuid = self.actor.uuid
        return people.get_customer(self.actor, self.store, str(uuid))

    def said(self, found: Sequence[Reason]) -> list[dict[str, str]]:
        return [{"reason": reason.why.value, "text": reason.text} for reason in found]

    def language(self) -> Any:
        """Speak the caller's language in sentences."""
        known = {code for code, _name in settings.LANGUAGES}
        return translation.override(self.locale if self.locale in known else "en")


class AvailableView(CustomerRewardsView):
    query = (
        "isFeatured",
        "isPublic",
        "hasSegment",
        "categoryId[]",
        "additionalPoints",
        "page",
        "perPage",
        "sort",
        "direction",
        "format",
        "_locale",
    )

    def get(self, request: Request, **ids: Any) -> Response:
        """
        The rewards that a customer sees: on, visible, meant for them, and left.

        Custom campaigns are among them, with the earning rule that leads to them; nobody buys them.
        With `additionalPoints` as if they had so many more, whomever rewards are meant for.
        `whyNot`, our own, says why one cannot be bought now: a list of `reason`, a word for
        programs, and `text`, a sentence for the customer in the language of `_locale`. The reasons
        are: not_for_sale, switched_off, not_yet, over, not_visible, not_targeted, status, no_codes,
        limit, limit_per_customer, points. Empty: it can be bought.
        """
        customer = self.customer()
        writer = self.writer(with_codes=True)
        query = request.query_params
        is_customer = self.reader is Reader.CUSTOMER
        fixed = {"categories": self.active_categories()} if is_customer else {}
        with self.language():
            offers = availability.list_available(
                customer,
                self.filters(**fixed),
                now=writer.now,
                additional_points=filters.amount(query, "additionalPoints", below=POINTS_BELOW),
                sort=query.get("sort") or "",
                is_descending=(query.get("direction") or "").upper() == "DESC",
            )
        page, size = self.page()
        first = (page - 1) * size
        shown = offers[first : first + size]
        writer.read(
            [offer.campaign for offer in shown],
            tallies={offer.campaign.pk: offer.tally for offer in shown},
        )
        rows = [self._row(writer.row(offer.campaign), offer) for offer in shown]
        return Response({"campaigns": rows, "total": len(offers)})

    def _row(self, document: dict[str, Any], offer: Offer) -> dict[str, Any]:
        return document | {
            "usageLeft": offer.usage_left,
            "usageLeftForCustomer": offer.usage_left_for_customer,
            "canBeBoughtByCustomer": offer.can_be_bought,
            "whyNot": self.said(offer.reasons),
        }


class StaffAvailable(AvailableView):
    """`GET admin/customer/<customer>/campaign/available`."""

    rules = {"GET": Rule(ADMIN, resources=BOTH_RIGHTS)}


class SellerAvailable(AvailableView):
    """`GET seller/customer/<customer>/campaign/available`."""

    rules = {"GET": Rule(SELLER)}
    reader = Reader.SELLER


class CustomerAvailable(AvailableView):
    """`GET customer/campaign/available`."""

    rules = {"GET": Rule(CUSTOMER)}
    reader = Reader.CUSTOMER


class BuyView(CustomerRewardsView):
    forms = {"POST": FormOf(buying_forms.BuyForm)}
    query: ClassVar[tuple[str, ...]] = ("quantity",)

    def post(self, request: Request, **ids: Any) -> Response:
        """
        Buy a reward: `quantity` coupons, or none.

        `quantity` is documented as a part of the query; the body may have it, too. A refusal has,
        besides `error`, our own `whyNot`: the reasons as in the list of what is available.
        """
        customer, campaign, values = self.customer(), self.campaign(), self.form()
        try:
            bought = rewards.buy(campaign=campaign, customer=customer, actor=self.actor, **values)
        except InvalidQuantity:
            raise
        except Refused as refusal:
            with self.language():
                quantity = values.get("quantity", 1)
                why = reasons.why_not(campaign, customer, now=clock.now(), quantity=quantity)
            return Response({"error": refusal.message, "whyNot": self.said(why)}, status=400)
        rows = [coupon_row(coupon, self.actor) for coupon in bought]
        # Release 3.x's client reads one.
        return Response({"coupons": rows, "coupon": rows[0]})

    def body(self, root: str | None = None) -> dict[str, Any]:
        """The body, over what the query says of the same."""
        declared = self.forms["POST"].form().fields
        asked = self.request.query_params.items()
        return {name: text for name, text in asked if name in declared} | super().body(root)


class StaffBuy(BuyView):
    """`POST admin/customer/<customer>/campaign/<campaign>/buy`, also without points (BUY-5)."""

    forms = {"POST": FormOf(buying_forms.StaffBuyForm)}
    query = ("quantity", "withoutPoints", "transactionId")


class SellerBuy(BuyView):
    """`POST seller/customer/<customer>/campaign/<campaign>/buy`."""

    rules = {"POST": Rule(SELLER)}
    reader = Reader.SELLER


class CustomerBuy(BuyView):
    """`POST customer/campaign/<campaign>/buy`."""

    rules = {"POST": Rule(CUSTOMER)}
    reader = Reader.CUSTOMER


class ValidateView(CustomerRewardsView):
    forms = {"POST": FormOf(buying_forms.BasketForm, root="campaigns")}

    def post(self, request: Request, **ids: Any) -> Response:
        values = self.form()
        customer = self.customer()
        named: dict[str, Any] = {}
        for entry in values["campaigns"]:
            text = entry["campaign"]
            named.setdefault(text, access.get_campaign(self.store, text))
        basket = [named[entry["campaign"]] for entry in values["campaigns"]]
        additional = values.get("additional_points", ZERO)
        checked = availability.check_basket(
            customer, basket, additional_points=additional, now=clock.now()
        )
        return Response(
            {
                "campaigns": [
                    {"rewardCampaignId": str(campaign.uuid), "usageLimitAvailable": is_left}
                    for campaign, is_left in zip(basket, checked.is_left, strict=True)
                ],
                "additionalPoints": number(additional),
                "finalUsageLimitAvailable": checked.is_all_left,
                "balancePointsAvailable": checked.is_balance_enough,
            }
        )


class StaffValidate(ValidateView):
    """`POST admin/customer/<customer>/campaign/validate`: reserves nothing (VAL-1)."""

    rules = {"POST": Rule(ADMIN, resources=BOTH_RIGHTS, writes=False)}


class CustomerValidate(ValidateView):
    """`POST customer/campaign/validate`."""

    rules = {"POST": Rule(CUSTOMER)}


def coupon_row(coupon: Coupon, actor: Actor) -> dict[str, str]:
    """Return a customer's coupon; staff without the right to change rewards see its code's end."""
    return {"code": coupon_codes.shown(coupon.code, actor), "id": str(coupon.uuid)}
