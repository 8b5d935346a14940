"""The portal's pages about rewards: what points buy, what a customer has, and money for points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import segno
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_lazy

from accounts.models import Customer
from accounts.selectors import balances
from campaigns import access
from campaigns.models import (
    DEFAULT_LOCALE,
    CampaignTranslation,
    Coupon,
    CouponStatus,
    RewardCampaign,
    RewardType,
)
from campaigns.selectors import availability, bought
from campaigns.selectors.availability import Offer
from campaigns.selectors.reasons import Reason, Why
from campaigns.services import cashback, coupons, rewards
from campaigns.services.cashback import Quote
from campaigns.services.coupons import Mark
from loyalty.core import markdown
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.models import Store
from loyalty.core.services import once
from loyalty.portal import home, program, typed
from loyalty.portal.templatetags.portal_format import with_unit
from loyalty.portal.views import MemberPage

COUPONS_SHOWN = 100
KEY_MAX = 64
POINTS_MAX = 20
# What the commands say, in the customer's words.
REFUSALS = {
    "no_coupons_left": gettext_lazy("All coupons of this reward are taken."),
    "not_enough_points": gettext_lazy("You do not have enough points for it."),
    "limit_exceeded": gettext_lazy("This reward was taken as often as it can be."),
    "limit_per_customer_exceeded": gettext_lazy("You have taken it as often as you can."),
    "not_allowed": gettext_lazy("Your account cannot buy rewards at the moment."),
    "not_found": gettext_lazy("This reward is not offered at the moment."),
    "done_already": gettext_lazy("You have bought it already: here it is."),
    "coupon_cannot_be_used": gettext_lazy("This coupon cannot be used any more."),
    "cashback_not_available": gettext_lazy("Money for points is not offered at the moment."),
    "cashback_not_valid": gettext_lazy("The worth of your points has changed. Please look again."),
    "invalid_points": gettext_lazy("Please type how many points, such as 100."),
}


@dataclass(frozen=True)
class Card:
    """A reward as the list shows it. `reasons`: why it cannot be had; empty: it can."""

    uuid: UUID
    name: str
    brand: str
    text: str
    conditions: str
    cost: Decimal
    photo_url: str
    reasons: Sequence[str]
    url: str


@dataclass(frozen=True)
class Ticket:
    """A coupon as its customer sees it. `picture`: its code to be scanned, as a data address."""

    uuid: UUID
    name: str
    code: str
    picture: str
    instruction: str
    money: Decimal | None
    state: str
    is_ready: bool
    works_from: datetime | None
    valid_until: datetime | None
    bought_at: datetime
    use_url: str


class RewardPage(MemberPage):
    def render(
        self, request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        common = {"cashback_url": self.address("cashback")}
        return super().render(request, template, common | values, status=status)


class Rewards(RewardPage):
    """What a customer can have, first what they can have now."""

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        now = timezone.now()
        customer.store = self.store
        balance = balances.get_active(customer.wallet_id, now)
        offers = availability.list_available(customer, now=now, is_for_sale_only=True)
        cards = [_card(offer, self.store, balance) for offer in offers if not _is_over(offer)]
        values = {
            "balance": balance,
            "within_reach": [card for card in cards if not card.reasons],
            "later": [card for card in cards if card.reasons],
            "quote": _quote(customer, balance) if balance else None,
        }
        return self.render(request, "rewards", values)


class Buy(RewardPage):
    """One reward: what it is, what it costs, and the button that buys it."""

    def show(
        self,
        request: HttpRequest,
        customer: Customer,
        *,
        refusal: str = "",
        **kwargs: str,
    ) -> HttpResponse:
        now = timezone.now()
        offer = self.offer(customer, kwargs["reward"], now)
        balance = balances.get_active(customer.wallet_id, now)
        card = _card(offer, self.store, balance)
        values = {
            "card": card,
            "balance": balance,
            "after": balance - card.cost,
            "refusal": refusal,
            "key": str(uuid4()),
        }
        return self.render(request, "reward", values, status=422 if refusal else 200)

    def do(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        offer = self.offer(customer, kwargs["reward"], timezone.now())
        actor = self.actor(request, customer)
        try:
            with transaction.atomic():
                key = request.POST.get("key", "")[:KEY_MAX]
                once.claim(store=self.store, actor=actor, key=key)
                [coupon] = rewards.buy(campaign=offer.campaign, customer=customer, actor=actor)
        except once.DoneAlready:
            return self.go("coupons")
        except DomainError as refusal:
            return self.show(request, customer, refusal=refusal_of(refusal), **kwargs)
        response = self.go("coupons")
        response["Location"] += f"?new={coupon.uuid}"
        return response

    def offer(self, customer: Customer, uuid_text: str, now: datetime) -> Offer:
        """Return a reward that this customer may look at. :raises NotFound:"""
        campaign = access.get_campaign(self.store, uuid_text)
        customer.store = self.store
        offer = availability.get_offer(campaign, customer, now=now)
        hidden = {Why.SWITCHED_OFF, Why.NOT_VISIBLE, Why.NOT_TARGETED, Why.NOT_FOR_SALE}
        if not campaign.has_pool or hidden & {reason.why for reason in offer.reasons}:
            raise NotFound
        return offer


class Coupons(RewardPage):
    """What a customer has: ready, working later, and over."""

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        now = timezone.now()
        found = list(bought.list_of_customer(customer)[:COUPONS_SHOWN])
        texts = _texts_of(found)
        tickets = [_ticket(coupon, texts, self.store, now) for coupon in found]
        values = {
            "ready": [ticket for ticket in tickets if ticket.is_ready],
            "later": [ticket for ticket in tickets if ticket.works_from],
            "over": [t for t in tickets if not t.is_ready and not t.works_from],
            "new": request.GET.get("new", ""),
            "was_used": "used" in request.GET,
        }
        return self.render(request, "coupons", values)


class Use(RewardPage):
    """Ask, and then mark a coupon as used: a customer cannot take that back (USE-6)."""

    def show(
        self,
        request: HttpRequest,
        customer: Customer,
        *,
        refusal: str = "",
        **kwargs: str,
    ) -> HttpResponse:
        coupon = self.coupon(customer, kwargs["coupon"])
        ticket = _ticket(coupon, _texts_of([coupon]), self.store, timezone.now())
        values = {"ticket": ticket, "refusal": refusal}
        return self.render(request, "use_coupon", values, status=422 if refusal else 200)

    def do(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        coupon = self.coupon(customer, kwargs["coupon"])
        mark = Mark(
            campaign_uuid=coupon.campaign.uuid,
            customer_uuid=customer.uuid,
            coupon_uuid=coupon.uuid,
            code=coupon.code,
            is_used=True,
        )
        try:
            coupons.mark(store=self.store, marks=[mark], actor=self.actor(request, customer))
        except DomainError as refusal:
            return self.show(request, customer, refusal=refusal_of(refusal), **kwargs)
        response = self.go("coupons")
        response["Location"] += "?used"
        return response

    def coupon(self, customer: Customer, uuid_text: str) -> Coupon:
        coupon = access.get_coupon(self.store, uuid_text)
        if coupon.customer_id != customer.pk:
            raise NotFound
        return coupon


class Cashback(RewardPage):
    """Turn points into money: how many, what they are worth, and the button (CSH-4, CSH-5)."""

    # What was asked for, once it has been worked out.
    quote: Quote | None = None

    def show(
        self,
        request: HttpRequest,
        customer: Customer,
        *,
        refusal: str = "",
        **kwargs: str,
    ) -> HttpResponse:
        customer.store = self.store
        balance = balances.get_active(customer.wallet_id, timezone.now())
        whole = _quote(customer, balance)
        if whole is None:
            raise NotFound
        values = {
            "balance": balance,
            "whole": whole,
            "quote": self.quote,
            "refusal": refusal,
            "points": request.POST.get("points", "")[:POINTS_MAX],
            "key": str(uuid4()),
        }
        return self.render(request, "cashback", values, status=422 if refusal else 200)

    def do(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        customer.store = self.store
        try:
            points = _typed(request.POST.get("points", ""))
            quote = cashback.simulate(customer=customer, points=points)
            if "confirmed" not in request.POST:
                if points > balances.get_active(customer.wallet_id, timezone.now()):
                    return self.show(request, customer, refusal=str(REFUSALS["not_enough_points"]))
                self.quote = quote
                return self.show(request, customer)
            self.redeem(request, customer, quote)
        except once.DoneAlready:
            return self.go("coupons")
        except DomainError as refusal:
            return self.show(request, customer, refusal=refusal_of(refusal))
        return self.go("coupons")

    def redeem(self, request: HttpRequest, customer: Customer, quote: Quote) -> None:
        """Redeem what was shown, and nothing else (CSH-6)."""
        actor = self.actor(request, customer)
        with transaction.atomic():
            key = request.POST.get("key", "")[:KEY_MAX]
            once.claim(store=self.store, actor=actor, key=key)
            cashback.redeem(
                customer=customer,
                points=quote.points,
                actor=actor,
                campaign_uuid=quote.campaign.uuid,
                reward_amount=_typed(request.POST.get("amount", "")),
            )


def refusal_of(refusal: DomainError) -> str:
    return str(REFUSALS.get(refusal.code) or gettext(refusal.message))


def _typed(text: str) -> Decimal:
    """Return a number as people type it. :raises cashback.InvalidPoints: it is none."""
    if (number := typed.number(text)) is None:
        raise cashback.InvalidPoints
    return number


def _quote(customer: Customer, points: Decimal) -> Quote | None:
    """Return what all points are worth in money; None: money for points is not offered."""
    try:
        return cashback.simulate(customer=customer, points=max(points, Decimal(0)))
    except cashback.CashbackNotAvailable:
        return None


def _is_over(offer: Offer) -> bool:
    """Is it listed though nobody will have it any more (VIS-11)?"""
    return any(reason.why == Why.OVER for reason in offer.reasons)


def _said(reason: Reason, missing: Decimal, store: Store) -> str:
    """Return a reason, points by the name and in the numbers of this page."""
    if reason.why != Why.POINTS:
        return reason.text
    amount = with_unit(missing, home.words_of(store))
    return gettext("You need %(amount)s more.") % {"amount": amount}


def _card(offer: Offer, store: Store, balance: Decimal) -> Card:
    campaign = offer.campaign
    text = campaign.translated(get_language() or DEFAULT_LOCALE)
    photo = next(iter(campaign.photos.all()), None)
    return Card(
        uuid=campaign.uuid,
        name=text.name,
        brand=text.brand_name,
        text=markdown.html(text.short_description),
        conditions=markdown.html(text.conditions_description),
        cost=campaign.cost_in_points,
        photo_url=f"/api/{store.code}/campaign/{campaign.uuid}/photo/{photo.uuid}" if photo else "",
        reasons=[
            _said(reason, campaign.cost_in_points - balance, store) for reason in offer.reasons
        ],
        url=program.address(store, "reward", reward=str(campaign.uuid)),
    )


def _texts_of(found: Sequence[Coupon]) -> dict[int, CampaignTranslation]:
    """Return the texts of each reward in the customer's language. Two queries."""
    campaigns = RewardCampaign.objects.filter(pk__in={coupon.campaign_id for coupon in found})
    language = get_language() or DEFAULT_LOCALE
    return {
        campaign.pk: campaign.translated(language)
        for campaign in campaigns.prefetch_related("translations")
    }


def _ticket(
    coupon: Coupon, texts: dict[int, CampaignTranslation], store: Store, now: datetime
) -> Ticket:
    status = coupon.status_at(now)
    is_money = coupon.campaign_type == RewardType.CASHBACK
    is_ready = coupon.can_be_used_at(now) and not is_money
    text = texts[coupon.campaign_id]
    is_default = text.locale.partition("-")[0] == DEFAULT_LOCALE
    picture = segno.make(coupon.code, micro=False, error="m") if coupon.code and is_ready else None
    return Ticket(
        uuid=coupon.uuid,
        # What it was called when it was bought is known in one language only.
        name=coupon.campaign_name if is_default else text.name,
        # What does not work yet, or any more, is nothing to show at a till.
        code=coupon.code if is_ready else "",
        picture=picture.svg_data_uri(scale=4, border=2, light="white") if picture else "",
        instruction=markdown.html(text.usage_instruction) if is_ready else "",
        money=coupon.reward_amount if is_money else None,
        state=_state(coupon, status),
        is_ready=is_ready,
        works_from=coupon.active_since if status is CouponStatus.INACTIVE else None,
        valid_until=coupon.active_to,
        bought_at=coupon.purchased_at,
        use_url=program.address(store, "coupon", coupon=str(coupon.uuid)),
    )


def _state(coupon: Coupon, status: CouponStatus) -> str:
    if coupon.is_used:
        return gettext("Used")
    if coupon.campaign_type == RewardType.CASHBACK and status is CouponStatus.ACTIVE:
        return {
            "requested": gettext("Being paid out"),
            "paid": gettext("Paid out"),
        }.get(coupon.payout_status, gettext("Redeemed"))
    return {
        CouponStatus.ACTIVE: gettext("Ready"),
        CouponStatus.INACTIVE: gettext("Works later"),
        CouponStatus.EXPIRED: gettext("Run out"),
        CouponStatus.CANCELLED: gettext("Cancelled"),
    }[status]
