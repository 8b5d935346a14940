"""The till's frame: whose store it is, who sells, and the way in."""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts import access, authentication
from accounts.browser_sessions import sign_out, uuid_of
from accounts.models import Customer, CustomerStatus, Seller
from accounts.services import signin
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import NotFound
from loyalty.core.throttle import TooManyAttempts
from loyalty.portal import home, program
from loyalty.portal.store_page import (
    CLOSED,
    LOGIN_MAX,
    PASSWORD_MAX,
    REFUSAL,
    StorePage,
    languages,
)
from loyalty.pos import addresses, sessions

MISSING = gettext_lazy("Please fill in both fields.")


class Page(StorePage):
    """What every page of the till has; `seller` None: nobody is signed in."""

    seller: Seller | None
    # Has this request found the till locked?
    was_idle = False

    def open_session(self, request: HttpRequest) -> SessionBase:
        return sessions.open_session(request)

    def write_session(self, request: HttpRequest, response: HttpResponse) -> None:
        sessions.write(self.session, request, response)

    def identify(self) -> None:
        self.seller = sessions.find_seller(self.session, self.store)
        if self.seller is not None and not sessions.use(self.session, self.store):
            self.seller, self.was_idle = None, True

    def address(self, page: str, **parts: str) -> str:
        return addresses.address(self.store, page, **parts)

    def render(
        self, request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        frame = {
            "brand": program.brand(self.store),
            "words": home.words_of(self.store),
            "currency": self.store.currency,
            "seller": self.seller.name if self.seller else "",
            "shop": self.seller.pos.name if self.seller else "",
            "languages": languages(),
            "language_url": reverse("set_language"),
            "till_url": self.address("till"),
            "register_url": self.address("register"),
            "sign_in_url": self.address("sign-in"),
            # A little later than the session, which is over then.
            "lock_after": int(sessions.lock_after(self.store).total_seconds()) + 5,
            "forgot_url": self.address("forgot"),
            "sign_out_url": self.address("sign-out"),
            "here": request.path,
        }
        return render(request, f"pos/{template}.html", frame | values, status=status)


class SellerPage(Page):
    """A page for sellers only. What is not of their store is not found."""

    actor: Actor

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        seller = self.seller
        if seller is None:
            target = self.address("sign-in")
            return HttpResponseRedirect(f"{target}?idle" if self.was_idle else target)
        self.actor = Actor(
            kind=ActorKind.SELLER,
            id=seller.pk,
            uuid=seller.uuid,
            name=seller.email,
            store_id=seller.store_id,
            pos_id=seller.pos_id,
            may_transfer_points=seller.may_transfer_points,
            ip_address=authentication.ip_address_of(request),
            session_uuid=uuid_of(self.session),
        )
        try:
            return super().answer(request, *args, **kwargs)
        except NotFound:
            return self.render(request, "not_found", {}, status=404)

    def get_customer(self, uuid_text: str) -> Customer:
        """:raises NotFound: no customer of this store, or one who was deleted."""
        customer = access.get_customer(self.actor, self.store, uuid_text)
        if customer.status == CustomerStatus.DELETED:
            raise NotFound
        return customer


class SignIn(Page):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.go("till") if self.seller else self.form(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        email = request.POST.get("email", "").strip()[:LOGIN_MAX]
        password = request.POST.get("password", "")[:PASSWORD_MAX]
        if not email or not password:
            return self.form(request, refusal=str(MISSING), status=422)
        caller = authentication.caller_of(request, device=self.device)
        try:
            seller = signin.admit_seller(
                store=self.store, email=email, password=password, caller=caller
            )
        except TooManyAttempts:
            return self.form(request, refusal=str(CLOSED), status=429)
        except signin.BadCredentials:
            return self.form(request, refusal=str(REFUSAL), status=422)
        sessions.sign_in(self.session, seller, caller)
        rotate_token(request)
        response = self.go("till")
        self.keep_device(response)
        return response

    def form(self, request: HttpRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
        email = request.POST.get("email", "")[:LOGIN_MAX]
        was_idle = self.was_idle or "idle" in request.GET
        values = {
            "refusal": refusal,
            "email": email,
            "first_is": {"password" if email else "email": True},
            "was_idle": was_idle,
            "idle_minutes": self.store.settings.pos_idle_minutes,
        }
        return self.render(request, "sign_in", values, status=status)


class SignOut(Page):
    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(self.session)
        rotate_token(request)
        return self.go("sign-in")
