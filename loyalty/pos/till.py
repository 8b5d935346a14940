"""One field for everything that can be scanned or said, and what it leads to."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts import identifiers
from accounts.access import parse
from accounts.models import Customer, CustomerStatus
from accounts.selectors import balances, customers, known, search
from accounts.selectors.customers import Named
from accounts.services import customers as commands
from accounts.services.customers import Registration
from campaigns.models import Coupon, CouponStatus
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.store_settings import Channel
from loyalty.pos.views import SellerPage
from transactions.models import DocumentType, Transaction
from transactions.selectors import transactions
from transactions.services import matching

TEXT_MAX = 255
SHOWN = 10
# A word of one letter begins half of all names.
WORD_MIN = 2
SHARED = gettext_lazy("Several customers have a coupon with this code. Find the customer first.")
NOBODY = gettext_lazy("Nobody has this card, phone number or e-mail.")


class Till(SellerPage):
    """Where a seller types or scans: card, phone, e-mail, name, coupon code, document number."""

    def get(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "").replace("\x00", "").strip()[:TEXT_MAX]
        if not text:
            return self.render(request, "till", {})
        if (customer := find_customer(self, text)) is not None:
            return self.go("customer", customer=str(customer.uuid))
        coupons = list(
            Coupon.objects.in_store(self.store)
            .filter(code=text, is_used=False, status=CouponStatus.ACTIVE)
            .select_related("customer")[:2]
        )
        if len(coupons) == 1:
            return self.go("customer", customer=str(coupons[0].customer.uuid))
        document = Transaction.objects.in_store(self.store).filter(document_number=text).first()
        if document is not None:
            return self.go("document", document=str(document.uuid))
        return self.show_found(request, text, is_shared=bool(coupons))

    def show_found(self, request: HttpRequest, text: str, *, is_shared: bool) -> HttpResponse:
        known = Customer.objects.in_store(self.store).exclude(status=CustomerStatus.DELETED)
        found: list[Customer] = []
        if len(text) >= WORD_MIN and not is_shared:
            found = list(search.matching(known, text).order_by("last_name", "pk")[: SHOWN + 1])
        values = {
            "text": text,
            "rows": [self.row(customer) for customer in found[:SHOWN]],
            "has_more": len(found) > SHOWN,
            "refusal": str(SHARED) if is_shared else "",
            "is_nobody": not found and not is_shared,
            "new_url": f"{self.address('register')}?{urlencode({_kind_of(text): text})}",
        }
        return self.render(request, "till", values)

    def row(self, customer: Customer) -> dict[str, Any]:
        return {
            "name": customer.name,
            "contact": masked(customer.email or "") or (customer.phone or ""),
            "card": customer.loyalty_card_number or "",
            "is_active": customer.status == CustomerStatus.ACTIVE,
            "url": self.address("customer", customer=str(customer.uuid)),
        }


class Register(SellerPage):
    """Register a customer in twenty seconds; the rest they add themselves (CUS-3, CUS-6)."""

    has_script = True
    TEXTS = ("first_name", "last_name", "phone", "email", "loyalty_card_number")

    def get(self, request: HttpRequest) -> HttpResponse:
        given = {name: request.GET.get(name, "")[:TEXT_MAX] for name in self.TEXTS}
        return self.form(request, given)

    def post(self, request: HttpRequest) -> HttpResponse:
        given = {name: request.POST.get(name, "").strip()[: TEXT_MAX + 1] for name in self.TEXTS}
        data = Registration(
            first_name=given["first_name"],
            last_name=given["last_name"],
            phone=given["phone"] or None,
            email=given["email"] or None,
            loyalty_card_number=given["loyalty_card_number"] or None,
            agreement1="agreement1" in request.POST,
            agreement2="agreement2" in request.POST,
        )
        try:
            customer = commands.register(store=self.store, data=data, actor=self.actor)
        except InvalidFields as refusal:
            return self.form(request, given, faults=refusal.errors)
        return self.go("customer", said="registered", customer=str(customer.uuid))

    def form(
        self, request: HttpRequest, given: dict[str, str], *, faults: Any = None
    ) -> HttpResponse:
        errors = {
            name: " ".join(gettext(text) for text in texts)
            for name, texts in (faults or {}).items()
        }
        shown = {*self.TEXTS, "agreement1"}
        waiting = [name for name in self.TEXTS if (name in errors if errors else not given[name])]
        values = {
            "given": given,
            "errors": errors,
            # Where the next key goes: what was refused, else what is not known yet.
            "first_is": dict.fromkeys(waiting[:1], True),
            "agreed": {name: name in request.POST for name in ("agreement1", "agreement2")},
            "is_by_text": self.store.settings.preferred_communication_method == Channel.SMS,
            "known_url": self.address("known"),
            "refusal": " ".join(text for name, text in errors.items() if name not in shown),
        }
        return self.render(request, "register", values, status=422 if faults else 200)


class Known(SellerPage):
    """Says whose an e-mail, phone number or card is already, while a seller types it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        found = known.find_holder(self.store, request.POST.dict())
        if found is None:
            return JsonResponse({"known": None})
        name, holder = found
        if holder.status == CustomerStatus.DELETED:
            # The till knows nobody who was deleted, but what they had stays taken.
            return JsonResponse({"known": {"text": known.told_of(name, ""), "url": ""}})
        url = self.address("customer", customer=str(holder.uuid))
        told = {"text": known.told_of(name, holder.name), "url": url, "open": gettext("Open")}
        return JsonResponse({"known": told})


class DocumentPage(SellerPage):
    """A sale or return: what was bought, whose it is, and the field that gives it to somebody."""

    def get(self, request: HttpRequest, *, document: str) -> HttpResponse:
        return self.show(request, document)

    def post(self, request: HttpRequest, *, document: str) -> HttpResponse:
        """Give a document to the customer whose card, phone or e-mail was typed (TX-10)."""
        found = transactions.get_transaction(self.store, parse(document))
        who = request.POST.get("who", "").replace("\x00", "").strip()[:TEXT_MAX]
        customer = find_customer(self, who) if who else None
        if customer is None:
            return self.show(request, document, refusal=str(NOBODY), who=who)
        try:
            matching.claim(
                store=self.store,
                document_number=found.document_number,
                customer=customer,
                actor=self.actor,
            )
        except DomainError as refusal:
            return self.show(request, document, refusal=gettext(refusal.message), who=who)
        return self.go("customer", said="matched", customer=str(customer.uuid))

    def show(
        self, request: HttpRequest, document: str, *, refusal: str = "", who: str = ""
    ) -> HttpResponse:
        found = transactions.get_transaction(self.store, parse(document))
        owner = found.customer
        is_theirs = owner is not None and owner.status != CustomerStatus.DELETED
        values = {
            "document": {
                "number": found.document_number,
                "is_return": found.document_type == DocumentType.RETURN,
                "place": found.pos.name if found.pos else found.purchase_place,
                "purchased_at": found.purchased_at,
                "amount": found.gross_value,
                "points": balances.points_of_transaction(found.uuid, timezone.now()),
            },
            "lines": [
                {"name": line.name, "quantity": line.quantity, "amount": line.gross_value}
                for line in found.items.all()
            ],
            "owner": owner.name if owner and is_theirs else "",
            "is_free": owner is None,
            "owner_url": self.address("customer", customer=str(owner.uuid))
            if owner and is_theirs
            else "",
            "refusal": refusal,
            "who": who,
        }
        return self.render(request, "document", values, status=422 if refusal else 200)


def find_customer(page: SellerPage, text: str) -> Customer | None:
    """Return whose e-mail, card or phone number this is; exactly, for it may have been scanned."""
    named = Named(email=text, loyalty_card_number=text, phone=text)
    return customers.find_named(page.store, named)


def masked(email: str) -> str:
    """Return as much of an address as tells two customers apart, and no more."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}•••{at}{domain}" if at else ""


def _kind_of(text: str) -> str:
    """Tell which field of the registration a text belongs in that found nobody."""
    if identifiers.is_email(text):
        return "email"
    if identifiers.is_phone(identifiers.normal_phone(text) or ""):
        return "phone"
    return "first_name" if text.replace(" ", "").isalpha() else "loyalty_card_number"
