"""What a seller sees of one customer at the till, and does for them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_lazy

from accounts.models import Customer, CustomerStatus
from accounts.selectors import balances, points_statistics, qualifying, standing
from accounts.services import customers, points
from campaigns import access as campaign_access
from campaigns.models import DEFAULT_LOCALE, Coupon
from campaigns.selectors import availability, bought
from campaigns.services import coupons, rewards
from campaigns.services.coupons import UNDO_TIME, Mark
from loyalty.core.errors import DomainError, InvalidFields, NotFound
from loyalty.core.services import once
from loyalty.portal import typed
from loyalty.pos import till
from loyalty.pos.views import SellerPage
from transactions.models import Transaction
from transactions.services import matching

EXPIRING_WITHIN = timedelta(days=30)
COUPONS_SHOWN = 20
REWARDS_SHOWN = 12
PURCHASES_SHOWN = 5
NUMBER_MAX = 20
TEXT_MAX = 255
KEY_MAX = 64
NO_POINTS = gettext_lazy("Please type how many points, such as 100.")
NO_REASON = gettext_lazy("Please say why, for those who read it later.")
NO_DOCUMENT = gettext_lazy("Please type or scan the number on the receipt.")
NO_CODE = gettext_lazy("This code is not right, or no longer good.")
SAID = {
    "registered": gettext_lazy("Registered. The rest the customer adds in their portal."),
    "matched": gettext_lazy("The purchase is the customer's now."),
    "used": gettext_lazy("The coupon is used. For ten minutes you can undo it."),
    "undone": gettext_lazy("Undone: the coupon can be used again."),
    "sold": gettext_lazy("Sold. The coupon is among those ready to use."),
    "added": gettext_lazy("The points are added."),
    "activated": gettext_lazy("The account is active."),
    "sent": gettext_lazy("The message is on its way once more."),
    "twice": gettext_lazy("This was done already: the form was sent twice."),
}
# What the commands say, in words for whoever stands at the till.
REFUSALS = {
    "transaction_not_found": gettext_lazy("There is no purchase with this number."),
    "already_assigned": gettext_lazy("This purchase is a customer's already."),
    "incorrect_owner": gettext_lazy("This is a return of another customer's purchase."),
    "no_coupons_left": gettext_lazy("All coupons of this reward are taken."),
    "not_enough_points": gettext_lazy("The customer does not have enough points for it."),
    "limit_exceeded": gettext_lazy("This reward was taken as often as it can be."),
    "limit_per_customer_exceeded": gettext_lazy("The customer has taken it as often as they can."),
    "not_allowed": gettext_lazy("This account cannot buy rewards at the moment."),
    "coupon_cannot_be_used": gettext_lazy("This coupon cannot be used any more."),
    "coupon_given_back": gettext_lazy("The purchase was returned: a new coupon replaces this one."),
    "undo_too_late": gettext_lazy("It is too late to undo this: ask somebody at the cockpit."),
    "code_too_soon": gettext_lazy("A message left a moment ago. Wait two minutes."),
    "not_waiting": gettext_lazy("This account is active already."),
}


class CustomerPage(SellerPage):
    """
    A customer at the till; each form of the page names its `deed`.

    Who may do what is decided by the commands; points are added only where the seller's account
    says so (PA-20), and adding points and selling are done once however often a form is sent.
    """

    customer: Customer

    def get(self, request: HttpRequest, *, customer: str) -> HttpResponse:
        self.customer = self.get_customer(customer)
        return self.show(request)

    def post(self, request: HttpRequest, *, customer: str) -> HttpResponse:
        self.customer = self.get_customer(customer)
        deeds: dict[str, Callable[[HttpRequest], str]] = {
            "match": self.match,
            "use": self.use,
            "undo": self.undo,
            "sell": self.sell,
            "activate": self.activate,
            "resend": self.resend,
        }
        if self.actor.may_transfer_points:
            deeds["add"] = self.add_points
        deed = request.POST.get("deed", "")
        if deed not in deeds:
            raise NotFound
        try:
            said = deeds[deed](request)
        except once.DoneAlready:
            said = "twice"
        except InvalidFields as refusal:
            texts = [text for found in refusal.errors.values() for text in found]
            return self.show(request, refused=deed, refusal=" ".join(map(str, texts)))
        except DomainError as refusal:
            said = str(REFUSALS.get(refusal.code) or gettext(refusal.message))
            return self.show(request, refused=deed, refusal=said)
        return self.go("customer", said=said, customer=customer)

    def match(self, request: HttpRequest) -> str:
        number = request.POST.get("number", "").replace("\x00", "").strip()[:TEXT_MAX]
        if not number:
            raise InvalidFields({"number": [str(NO_DOCUMENT)]})
        matching.claim(
            store=self.store, document_number=number, customer=self.customer, actor=self.actor
        )
        return "matched"

    def use(self, request: HttpRequest) -> str:
        self.mark(request, is_used=True)
        return "used"

    def undo(self, request: HttpRequest) -> str:
        self.mark(request, is_used=False)
        return "undone"

    def mark(self, request: HttpRequest, *, is_used: bool) -> None:
        coupon = campaign_access.get_coupon(self.store, request.POST.get("coupon", ""))
        mark = Mark(
            campaign_uuid=coupon.campaign.uuid,
            customer_uuid=self.customer.uuid,
            coupon_uuid=coupon.uuid,
            code=coupon.code,
            is_used=is_used,
        )
        coupons.mark(store=self.store, marks=[mark], actor=self.actor)

    def sell(self, request: HttpRequest) -> str:
        campaign = campaign_access.get_campaign(self.store, request.POST.get("reward", ""))
        with transaction.atomic():
            self.claim_form(request)
            rewards.buy(campaign=campaign, customer=self.customer, actor=self.actor)
        return "sold"

    def add_points(self, request: HttpRequest) -> str:
        amount = typed.number(request.POST.get("points", ""))
        reason = request.POST.get("reason", "").replace("\x00", "").strip()[:TEXT_MAX]
        if amount is None:
            raise InvalidFields({"points": [str(NO_POINTS)]})
        if not reason:
            raise InvalidFields({"reason": [str(NO_REASON)]})
        with transaction.atomic():
            self.claim_form(request)
            points.add(
                customer=self.customer,
                amount=amount,
                issuer=self.actor.issuer,
                comment=reason,
                actor=self.actor,
            )
        return "added"

    def activate(self, request: HttpRequest) -> str:
        try:
            customers.activate_by_code(
                store=self.store, secret=request.POST.get("code", "")[:NUMBER_MAX]
            )
        except NotFound as refusal:
            raise InvalidFields({"code": [str(NO_CODE)]}) from refusal
        return "activated"

    def resend(self, request: HttpRequest) -> str:
        customers.resend_activation(customer=self.customer, actor=self.actor)
        return "sent"

    def claim_form(self, request: HttpRequest) -> None:
        once.claim(store=self.store, actor=self.actor, key=request.POST.get("key", "")[:KEY_MAX])

    def show(self, request: HttpRequest, *, refused: str = "", refusal: str = "") -> HttpResponse:
        """Show the customer; of the form that was refused, with what was typed."""
        now = timezone.now()
        customer = self.customer
        found = list(bought.list_of_customer(customer).select_related("campaign")[:COUPONS_SHOWN])
        given = {
            name: request.POST.get(name, "")[:TEXT_MAX] for name in ("number", "points", "reason")
        }
        values = {
            "customer": self.strip(now),
            "ready": [_coupon(coupon) for coupon in found if coupon.can_be_used_at(now)],
            "undoable": [_coupon(coupon) for coupon in found if self.can_undo(coupon, now)],
            "rewards": self.offers(now),
            "purchases": self.purchases(),
            "may_add_points": self.actor.may_transfer_points,
            "key": str(uuid4()),
            "given": given,
            "refused": refused,
            "refusal": refusal,
            "said": "" if refused else str(SAID.get(request.GET.get("said", ""), "")),
            "customer_url": self.address("customer", customer=str(customer.uuid)),
            "basket_url": self.address("basket", customer=str(customer.uuid)),
        }
        return self.render(request, "customer", values, status=422 if refused else 200)

    def strip(self, now: datetime) -> dict[str, Any]:
        """Return who it is and how they stand: enough to be sure, no more than is needed."""
        customer = self.customer
        progress = standing.get_progress(customer, now)
        locale = get_language() or DEFAULT_LOCALE
        today = timezone.localdate()
        born = customer.birth_date
        return {
            "name": customer.name,
            "contact": till.masked(customer.email or "") or (customer.phone or ""),
            "card": customer.loyalty_card_number or "",
            "balance": balances.get_active(customer.wallet_id, now),
            "expiring": points_statistics.sum_expiring_of(
                customer.wallet_id, now, within=EXPIRING_WITHIN
            ),
            "level": progress.current.name(locale) if progress.current else "",
            "next_level": progress.next.name(locale) if progress.next else "",
            "missing": progress.missing,
            "is_in_points": qualifying.follows_points(self.store),
            "is_new": customer.status == CustomerStatus.NEW,
            "is_blocked": customer.status == CustomerStatus.BLOCKED,
            "has_birthday": born is not None and (born.month, born.day) == (today.month, today.day),
        }

    def can_undo(self, coupon: Coupon, now: datetime) -> bool:
        return (
            coupon.is_used
            and coupon.used_by_seller_uuid == self.actor.uuid
            and coupon.used_at is not None
            and now <= coupon.used_at + UNDO_TIME
        )

    def offers(self, now: datetime) -> list[dict[str, Any]]:
        """Return what the customer can have now, the dearest first."""
        found = availability.list_available(self.customer, now=now, is_for_sale_only=True)
        locale = get_language() or DEFAULT_LOCALE
        affordable = [offer.campaign for offer in found if not offer.reasons]
        shown = [campaign for campaign in affordable if campaign.has_pool]
        shown.sort(key=lambda campaign: campaign.cost_in_points, reverse=True)
        return [
            {
                "uuid": campaign.uuid,
                "name": campaign.translated(locale).name,
                "cost": campaign.cost_in_points,
            }
            for campaign in shown[:REWARDS_SHOWN]
        ]

    def purchases(self) -> list[dict[str, Any]]:
        documents = Transaction.objects.filter(customer=self.customer).select_related("pos")
        return [
            {
                "number": document.document_number,
                "place": document.pos.name if document.pos else document.purchase_place,
                "purchased_at": document.purchased_at,
                "amount": document.gross_value,
                "url": self.address("document", document=str(document.uuid)),
            }
            for document in documents.order_by("-purchased_at", "-pk")[:PURCHASES_SHOWN]
        ]


def _coupon(coupon: Coupon) -> dict[str, Any]:
    return {
        "uuid": coupon.uuid,
        "name": coupon.campaign_name,
        "code": coupon.code,
        "until": coupon.active_to,
    }
