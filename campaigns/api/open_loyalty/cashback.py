"""Points turned into money: what they are worth, redeeming, and the provider's word. CSH-1…8."""

from decimal import Decimal
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access as people
from accounts.access import parse
from accounts.models import Customer
from campaigns.api.open_loyalty import buying_forms
from campaigns.api.open_loyalty.campaigns import RIGHT, CampaignView
from campaigns.providers import PROVIDERS
from campaigns.services import cashback
from campaigns.services.cashback import Quote
from loyalty.core.actors import ActorKind
from loyalty.core.api.formats import number
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import CUSTOMER, PUBLIC, Rule
from loyalty.core.errors import NotFound


class CashbackView(CampaignView):
    forms = {"POST": FormOf(buying_forms.CashbackOfCustomerForm)}

    def asked(self) -> tuple[Customer, Decimal, dict[str, Any]]:
        """Return whose points, how many, and what else was said."""
        values = self.form()
        is_customer = self.actor.kind == ActorKind.CUSTOMER
        uuid = str(self.actor.uuid) if is_customer else values.pop("customer")
        customer = people.get_customer(self.actor, self.store, uuid)
        if "campaign" in values:
            values["campaign_uuid"] = parse(values.pop("campaign"))
        return customer, values.pop("points"), values

    def row(self, customer: Customer, quote: Quote) -> dict[str, Any]:
        return {
            "customerId": str(customer.uuid),
            "pointsAmount": number(quote.points),
            "pointValue": number(quote.point_value),
            "rewardAmount": number(quote.reward_amount),
            "cashbackId": str(quote.campaign.uuid),
        }


class Simulate(CashbackView):
    """`POST admin/campaign/cashback/simulate`: by the best campaign; stores nothing (CSH-4)."""

    rules = {"POST": Rule(writes=False)}

    def post(self, request: Request, **ids: Any) -> Response:
        customer, points, values = self.asked()
        quote = cashback.simulate(
            customer=customer, points=points, campaign_uuid=values.get("campaign_uuid")
        )
        # A text here, and a number when it is redeemed: so it is printed.
        worth = f"{quote.point_value:.2f}"
        return Response(self.row(customer, quote) | {"pointValue": worth})


class Redeem(CashbackView):
    """`POST admin/campaign/cashback/redeem` (CSH-5, CSH-6)."""

    def post(self, request: Request, **ids: Any) -> Response:
        customer, points, values = self.asked()
        quote, _ = cashback.redeem(customer=customer, points=points, actor=self.actor, **values)
        return Response(self.row(customer, quote))


class CustomerRedeem(Redeem):
    """`POST customer/campaign/cashback/redeem`: one's own points."""

    rules = {"POST": Rule(CUSTOMER)}
    forms = {"POST": FormOf(buying_forms.CashbackForm)}


class Callback(CampaignView):
    """
    `POST campaign/cashback/callback/<provider>`: what became of a payout (CSH-7).

    The provider signs the body: HMAC-SHA256 in hexadecimal digits, in the header `X-Signature`.
    Staff who may change campaigns can say it in the provider's place, without a signature.
    """

    rules = {"POST": PUBLIC}

    def post(self, request: Request, **ids: Any) -> Response:
        provider = PROVIDERS.get(str(self.kwargs["provider"]))
        if provider is None:
            raise NotFound
        body = request._request.body
        # The reference prints it in a header of this name.
        if not body.strip() and "Content" in request.headers:
            body = request.headers["Content"].encode()
        if b"\0" in body or b"\\u0000" in body:
            raise ParseError("The body contains a NUL character.")
        actor = self.actor_or_none
        if actor is not None and actor.is_staff and actor.can_modify(RIGHT):
            answer = provider.parse(body)
        else:
            answer = provider.read(body, request.headers.get("X-Signature", ""))
        name = str(self.kwargs["provider"])
        coupon = cashback.settle_payout(store=self.store, provider=name, answer=answer)
        return Response(
            {
                "couponId": str(coupon.uuid),
                "id": f"{answer.customer_uuid}_{answer.coupon_uuid}",
                "customerId": str(answer.customer_uuid),
                "code": answer.code,
                "message": answer.message,
                "provider": name,
                "failed": answer.is_paid is False,
            }
        )
