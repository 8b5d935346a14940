"""The portal's page where a customer sends points to another member."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import authentication
from accounts.models import Customer
from accounts.selectors import balances, transfers
from accounts.services import points
from loyalty.core import throttle
from loyalty.core.errors import NotFound
from loyalty.core.services import once
from loyalty.core.throttle import Attempt, Place, TooManyAttempts
from loyalty.portal import typed
from loyalty.portal.store_page import CLOSED
from loyalty.portal.views import MISSING, MemberPage

NAME_MAX = 255
POINTS_MAX = 20
SALT = "loyalty.portal.send"
# How long the question whether it is right stands.
ASKED_FOR = 15 * 60
UNKNOWN = gettext_lazy("No member has this e-mail address or phone number.")
ONESELF = gettext_lazy("These are your own points already.")
TOO_MANY = gettext_lazy("You do not have so many points to spend.")
NO_AMOUNT = gettext_lazy("Please type how many points, such as 100.")
ODD_AMOUNT = gettext_lazy("This many cannot be sent. Try a whole number.")
OVER = gettext_lazy("This took too long. Please type it once more.")


@dataclass(frozen=True)
class Order:
    """What the customer is asked to confirm, and nothing else is sent."""

    receiver: Customer
    name: str
    amount: Decimal


class Refused(Exception):
    """`field`: which field of the form it is about; empty: the whole."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field
        self.said = said


class Send(MemberPage):
    """
    Ask to whom and how many, show it, and send it (PA-15…18).

    What was shown comes back signed, so that the receiver is looked up, and counted against
    guessing who is a member, once.
    """

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        return self.form(request, customer)

    def form(
        self,
        request: HttpRequest,
        customer: Customer,
        *,
        refusal: Refused | None = None,
        order: Order | None = None,
        status: int | None = None,
    ) -> HttpResponse:
        """Show the fields, or of an order the question whether it is right."""
        balance = balances.get_active(customer.wallet_id, timezone.now())
        values: dict[str, Any] = {
            "balance": balance,
            "was_sent": "said" in request.GET and refusal is None,
            "receiver": request.POST.get("receiver", "")[:NAME_MAX],
            "points": request.POST.get("points", "")[:POINTS_MAX],
            "errors": {refusal.field or "whole": refusal.said} if refusal else {},
        }
        if order is not None:
            values |= {
                "order": {
                    "name": order.name,
                    "initials": _initials(order.receiver),
                    "amount": order.amount,
                    "after": balance - order.amount,
                },
                "proof": _sign(customer, order),
            }
        status = status or (422 if refusal else 200)
        return self.render(request, "send", values, status=status)

    def do(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        try:
            if "proof" in request.POST:
                return self.send(request, customer)
            return self.form(request, customer, order=self.asked(request, customer))
        except TooManyAttempts:
            return self.form(request, customer, refusal=Refused("", str(CLOSED)), status=429)
        except once.DoneAlready:
            return self.go("send", said="sent")
        except Refused as refusal:
            return self.form(request, customer, refusal=refusal)

    def asked(self, request: HttpRequest, customer: Customer) -> Order:
        """Return what the form asks for. :raises Refused: it cannot be."""
        name = request.POST.get("receiver", "").replace("\x00", "").strip()[:NAME_MAX]
        amount = typed.number(request.POST.get("points", ""))
        if not name:
            raise Refused("receiver", str(MISSING))
        if amount is None:
            raise Refused("points", str(NO_AMOUNT))
        place = Place(authentication.ip_address_of(request), self.device)
        throttle.begin(Attempt("receiver", str(customer.uuid), place))
        receiver = transfers.find_receiver(self.store, name)
        if receiver is None:
            raise Refused("receiver", str(UNKNOWN))
        if receiver.pk == customer.pk:
            raise Refused("receiver", str(ONESELF))
        if amount > balances.get_active(customer.wallet_id, timezone.now()):
            raise Refused("points", str(TOO_MANY))
        return Order(receiver, name, amount)

    def send(self, request: HttpRequest, customer: Customer) -> HttpResponse:
        """Send what was shown, once however often the form is sent."""
        try:
            proof = signing.loads(request.POST["proof"], salt=SALT, max_age=ASKED_FOR)
        except signing.BadSignature as error:
            raise Refused("", str(OVER)) from error
        if proof["sender"] != str(customer.uuid):
            raise NotFound
        receiver = transfers.find_receiver(self.store, proof["receiver"])
        if receiver is None:
            raise Refused("receiver", str(UNKNOWN))
        actor = self.actor(request, customer)
        try:
            with transaction.atomic():
                once.claim(store=self.store, actor=actor, key=proof["key"])
                points.transfer(
                    sender=customer,
                    receiver=receiver,
                    amount=Decimal(proof["amount"]),
                    actor=actor,
                )
        except points.InsufficientPoints as refusal:
            raise Refused("points", str(TOO_MANY)) from refusal
        except points.InvalidAmount as refusal:
            raise Refused("points", str(ODD_AMOUNT)) from refusal
        return self.go("send", said="sent")


def _sign(customer: Customer, order: Order) -> str:
    return signing.dumps(
        {
            "sender": str(customer.uuid),
            "receiver": str(order.receiver.uuid),
            "amount": str(order.amount),
            "key": str(uuid4()),
        },
        salt=SALT,
    )


def _initials(customer: Customer) -> str:
    """Return enough of a name to notice a slip of the finger, and no more."""
    names = (customer.first_name, customer.last_name)
    return " ".join(f"{name[:1]}." for name in names if name)
