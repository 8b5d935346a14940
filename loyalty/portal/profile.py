"""What a customer may see and change about themself: details, consents, password."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from accounts.authentication import ip_address_of
from accounts.models import Customer, Gender
from accounts.selectors import customers as selectors
from accounts.services import customers, own_password, tokens
from accounts.services.customers import Changes
from loyalty.core.errors import InvalidFields, NotFound
from loyalty.core.throttle import TooManyAttempts
from loyalty.portal import sessions
from loyalty.portal.store_page import CLOSED, PASSWORD_MAX
from loyalty.portal.views import DIFFERENT, MISSING, Page

FIELD_MAX = 255
ADDRESS = ("street", "address1", "address2", "postal", "city")
TEXTS = ("first_name", "last_name", "email", "phone")
NO_DATE = gettext_lazy("Please give a day that has been.")
WRONG_CODE = gettext_lazy("This code is not right, or no longer good. Save your address once more.")
SAVED = {
    "details": gettext_lazy("Your details are saved."),
    "consents": gettext_lazy("Your consents are saved."),
    "password": gettext_lazy("Your password is changed. You are signed out everywhere else."),
    "proof": gettext_lazy("Thank you, this is now yours."),
}
GENDERS = (
    (Gender.NOT_DISCLOSED, gettext_lazy("I would rather not say")),
    (Gender.FEMALE, pgettext_lazy("of a person", "Female")),
    (Gender.MALE, pgettext_lazy("of a person", "Male")),
)


class Profile(Page):
    """
    Where a customer changes their own record (CUS-20, CUS-22) and password (PWD-8).

    Each form of the page is sent alone, with what it does as `deed`; a new address counts when its
    code was typed in here (ACT-6).
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        return self.show(request, self.customer)

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        deeds = {
            "details": self.save_details,
            "consents": self.save_consents,
            "password": self.change_password,
            "proof": self.prove_address,
        }
        deed = request.POST.get("deed", "")
        if deed not in deeds:
            return self.go("profile")
        try:
            deeds[deed](request, self.customer)
        except TooManyAttempts:
            return self.show(request, self.customer, refused=deed, faults={"": [str(CLOSED)]})
        except InvalidFields as refusal:
            return self.show(request, self.customer, refused=deed, faults=refusal.errors)
        response = self.go("profile")
        response["Location"] += f"?saved={deed}"
        return response

    def save_details(self, request: HttpRequest, customer: Customer) -> None:
        given = _given(request)
        # Parts of an address that this form does not show stay as they are.
        address = customer.address | {name: given[name] for name in ADDRESS}
        changes: Changes = {
            "first_name": given["first_name"],
            "last_name": given["last_name"],
            "email": given["email"] or None,
            "phone": given["phone"] or None,
            "gender": request.POST.get("gender", ""),
            "birth_date": _birth_date(given["birth_date"]),
            "address": address,
        }
        self.update(request, customer, changes)

    def save_consents(self, request: HttpRequest, customer: Customer) -> None:
        agreed = {name: name in request.POST for name in ("agreement2", "agreement3")}
        self.update(request, customer, Changes(**agreed))  # type: ignore[typeddict-item]

    def update(self, request: HttpRequest, customer: Customer, changes: Changes) -> None:
        actor = own_password.actor_of(customer, ip_address_of(request))
        customers.update(customer=customer, changes=changes, actor=actor)

    def prove_address(self, request: HttpRequest, customer: Customer) -> None:
        try:
            customers.confirm_change(
                customer=customer, secret=request.POST.get("code", "")[:FIELD_MAX]
            )
        except NotFound as refusal:
            raise InvalidFields({"code": [str(WRONG_CODE)]}) from refusal

    def change_password(self, request: HttpRequest, customer: Customer) -> None:
        current, new, again = (
            request.POST.get(name, "")[:PASSWORD_MAX] for name in ("current", "new", "again")
        )
        given = {"current": current, "new": new}
        if missing := {name: [str(MISSING)] for name, text in given.items() if not text}:
            raise InvalidFields(missing)
        if new != again:
            raise InvalidFields({"again": [str(DIFFERENT)]})
        actor = own_password.actor_of(customer, ip_address_of(request))
        changed = own_password.change(principal=customer, current=current, new=new, actor=actor)
        assert isinstance(changed, Customer)
        sessions.renew(self.session, changed, self.caller(request))
        rotate_token(request)

    def show(
        self,
        request: HttpRequest,
        customer: Customer,
        *,
        refused: str = "",
        faults: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the page; of the form that was refused, with what was typed."""
        errors = {
            name: " ".join(gettext(str(text)) for text in texts)
            for name, texts in (faults or {}).items()
        }
        stored = _stored(customer)
        gender = request.POST.get("gender") if refused == "details" else customer.gender
        values = {
            "profile_url": self.address("profile"),
            "login": tokens.username_of(customer),
            "card_number": customer.loyalty_card_number or "",
            "given": _given(request) if refused == "details" else stored,
            "genders": [(code, word, code == gender) for code, word in GENDERS],
            "is_closed": not self.store.settings.allow_customers_profile_edits,
            "agreed": _agreed(request, customer, refused=refused),
            "unproven": selectors.list_unproven_addresses(customer, now=timezone.now()),
            "errors": errors,
            "refused": refused,
            "refusal": " ".join(text for name, text in errors.items() if name not in _SHOWN),
            "saved": SAVED.get(request.GET.get("saved", ""), "") if not refused else "",
        }
        status = 200 if not refused else 429 if "" in errors else 422
        return self.render(request, "profile", values, status=status)


_SHOWN = (*TEXTS, "birth_date", "gender", "address", "code", "current", "new", "again")


def _given(request: HttpRequest) -> dict[str, str]:
    names = (*TEXTS, "birth_date", *ADDRESS)
    return {name: request.POST.get(name, "").strip()[: FIELD_MAX + 1] for name in names}


def _stored(customer: Customer) -> dict[str, str]:
    day = customer.birth_date
    return {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email or "",
        "phone": customer.phone or "",
        "birth_date": day.isoformat() if day else "",
        **{name: customer.address.get(name, "") for name in ADDRESS},
    }


def _agreed(request: HttpRequest, customer: Customer, *, refused: str) -> dict[str, bool]:
    names = ("agreement1", "agreement2", "agreement3")
    if refused == "consents":
        return {name: name in request.POST for name in names}
    return {name: getattr(customer, name) for name in names}


def _birth_date(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidFields({"birth_date": [str(NO_DATE)]}) from error
    if day > timezone.localdate():
        raise InvalidFields({"birth_date": [str(NO_DATE)]})
    return day
