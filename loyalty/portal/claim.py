"""The portal's page where a customer claims a purchase that was made without their card."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy

from accounts import authentication
from accounts.models import Customer
from loyalty.core.errors import DomainError
from loyalty.core.throttle import Place, TooManyAttempts
from loyalty.portal.store_page import CLOSED
from loyalty.portal.views import MISSING, MemberPage
from transactions.services import matching

NUMBER_MAX = 255
# What the command says, in the customer's words.
REFUSALS = {
    "transaction_not_found": gettext_lazy(
        "There is no receipt with this number. The shop may need a while to send it to us."
    ),
    "already_assigned": gettext_lazy("This receipt belongs to an account already."),
    "incorrect_owner": gettext_lazy("This is a return of a purchase that is not yours."),
}


class Claim(MemberPage):
    """Give oneself a document that nobody has, by its number (TX-10…12)."""

    def show(
        self, request: HttpRequest, customer: Customer, *, refusal: str = "", **kwargs: str
    ) -> HttpResponse:
        values = {
            "number": request.POST.get("number", "")[:NUMBER_MAX],
            "refusal": refusal,
        }
        return self.render(request, "claim", values, status=422 if refusal else 200)

    def do(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        number = request.POST.get("number", "").replace("\x00", "").strip()[:NUMBER_MAX]
        if not number:
            return self.show(request, customer, refusal=str(MISSING))
        try:
            document = matching.claim_own(
                store=self.store,
                document_number=number,
                customer=customer,
                actor=self.actor(request, customer),
                place=Place(authentication.ip_address_of(request), self.device),
            )
        except TooManyAttempts:
            response = self.show(request, customer, refusal=str(CLOSED))
            response.status_code = 429
            return response
        except DomainError as refusal:
            said = str(REFUSALS.get(refusal.code) or gettext(refusal.message))
            return self.show(request, customer, refusal=said)
        return self.go("purchase", document=str(document.uuid), said="claimed")
