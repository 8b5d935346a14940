"""The portal's pages. Each view asks one selector or calls one command, and shows plain values."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy

from accounts import authentication
from accounts.browser_sessions import sign_out
from accounts.models import Customer
from accounts.selectors import customers as selectors
from accounts.services import customers, own_password, signin, tokens
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields, NotFound
from loyalty.core.throttle import TooManyAttempts
from loyalty.portal import home, program, sessions
from loyalty.portal.store_page import (
    CLOSED,
    LOGIN_MAX,
    PASSWORD_MAX,
    REFUSAL,
    StorePage,
    languages,
)

MISSING = gettext_lazy("Please fill this in.")
DIFFERENT = gettext_lazy("This is not the same as above.")


class Page(StorePage):
    """
    What every page of the portal has; `customer` None: nobody is signed in.

    Templates get only plain values; the addresses of the store's pages are among them.
    """

    customer: Customer | None
    # May somebody see it who has signed in with a temporary password, and has none of their own?
    is_open_before_own_password = False

    def open_session(self, request: HttpRequest) -> SessionBase:
        return sessions.open_session(request)

    def write_session(self, request: HttpRequest, response: HttpResponse) -> None:
        sessions.write(self.session, request, response)

    def identify(self) -> None:
        self.customer = sessions.find_customer(self.session, self.store)

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.first() or super().answer(request, *args, **kwargs)

    def first(self) -> HttpResponse | None:
        """Return where the customer must go before this page (CUS-7)."""
        if self.customer is None or self.is_open_before_own_password:
            return None
        return self.go("password") if self.customer.must_change_password else None

    def caller(self, request: HttpRequest) -> signin.Caller:
        return authentication.caller_of(request, device=self.device)

    def address(self, page: str, **parts: str) -> str:
        return program.address(self.store, page, **parts)

    def render(
        self, request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        frame = {
            "store_name": self.store.name,
            "brand": program.brand(self.store),
            "help_email": self.store.settings.help_email_address,
            "conditions_url": self.store.settings.program_conditions_url,
            "faq_url": self.store.settings.program_faq_url,
            "languages": languages(),
            "is_signed_in": self.customer is not None,
            "home_url": self.address("home"),
            "sign_in_url": self.address("sign-in"),
            "profile_url": self.address("profile"),
            "own_data_url": self.address("my-data"),
            "rewards_url": self.address("rewards"),
            "coupons_url": self.address("coupons"),
            "invite_url": self.address("invite"),
            "claim_url": self.address("claim"),
            "earn_url": self.address("earn"),
            "send_url": self.address("send"),
            "points_url": self.address("points"),
            "purchases_url": self.address("purchases"),
            "join_us_url": self.address("join-us"),
            "sign_out_url": self.address("sign-out"),
            "signed_in_url": self.address("signed-in"),
            "language_url": self.address("language"),
            "here": request.path,
        }
        return render(request, f"portal/{template}.html", frame | values, status=status)


class MemberPage(Page):
    """A page for customers only; what they may not see is not found."""

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        try:
            return self.show(request, self.customer, **kwargs)
        except NotFound:
            return self.render(request, "gone", {}, status=404)

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        try:
            return self.do(request, self.customer, **kwargs)
        except NotFound:
            return self.render(request, "gone", {}, status=404)

    def actor(self, request: HttpRequest, customer: Customer) -> Actor:
        return customers.actor_of(customer, ip_address=authentication.ip_address_of(request))

    def show(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        raise NotImplementedError

    def do(self, request: HttpRequest, customer: Customer, **kwargs: str) -> HttpResponse:
        return self.show(request, customer, **kwargs)

    def render(
        self, request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        common = {"words": home.words_of(self.store), "currency": self.store.currency}
        return super().render(request, template, common | values, status=status)


class Home(Page):
    """The first page: balance, level, what runs out, and what happened last."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return HttpResponseRedirect(self.address("sign-in"))
        page = home.get_home(self.customer, store=self.store, now=timezone.now())
        return self.render(request, "home", {"home": page})


class SignIn(Page):
    is_open_before_own_password = True

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.customer is not None:
            return HttpResponseRedirect(self.address("home"))
        return self.form(request, was_signed_out="bye" in request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        login = request.POST.get("login", "").strip()[:LOGIN_MAX]
        password = request.POST.get("password", "")[:PASSWORD_MAX]
        if not login or not password:
            return self.form(request, login_missing=not login, password_missing=not password)
        caller = self.caller(request)
        try:
            customer = signin.admit_customer(
                store=self.store, login=login, password=password, caller=caller
            )
        except TooManyAttempts:
            return self.form(request, refusal=str(CLOSED), status=429)
        except signin.BadCredentials:
            return self.form(request, refusal=str(REFUSAL))
        remember = "remember" in request.POST
        sessions.sign_in(self.session, customer, is_remembered=remember, caller=caller)
        rotate_token(request)
        response = self.go("home")
        self.keep_device(response)
        return response

    def form(
        self,
        request: HttpRequest,
        *,
        refusal: str = "",
        login_missing: bool = False,
        password_missing: bool = False,
        was_signed_out: bool = False,
        status: int | None = None,
    ) -> HttpResponse:
        """Show the form, with what was typed but the password."""
        is_refused = bool(refusal or login_missing or password_missing)
        values = {
            "refusal": refusal,
            "login": request.POST.get("login", "")[:LOGIN_MAX],
            "remember": "remember" in request.POST,
            "login_error": str(MISSING) if login_missing else "",
            "password_error": str(MISSING) if password_missing else "",
            "was_signed_out": was_signed_out,
            "forgot_url": self.address("forgot"),
        }
        return self.render(
            request, "sign_in", values, status=status or (422 if is_refused else 200)
        )


class OwnPassword(Page):
    """Where a customer replaces the temporary password from the mail (CUS-7, PWD-4)."""

    is_open_before_own_password = True

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        return self.form(request) if self.customer.must_change_password else self.go("home")

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        new, again = request.POST.get("new", ""), request.POST.get("again", "")
        if not new:
            return self.form(request, faults=[str(MISSING)])
        if new != again:
            return self.form(request, again_error=str(DIFFERENT))
        address = authentication.ip_address_of(request)
        try:
            changed = own_password.choose(customer=self.customer, new=new, ip_address=address)
        except InvalidFields as refusal:
            return self.form(request, faults=[gettext(fault) for fault in refusal.errors["new"]])
        except own_password.NotTemporary:
            return self.go("home")
        sessions.renew(self.session, changed, self.caller(request))
        rotate_token(request)
        return self.go("home")

    def form(
        self, request: HttpRequest, *, faults: Sequence[str] = (), again_error: str = ""
    ) -> HttpResponse:
        assert self.customer is not None
        values = {
            "faults": faults,
            "again_error": again_error,
            "login": tokens.username_of(self.customer),
            "password_url": self.address("password"),
        }
        status = 422 if faults or again_error else 200
        return self.render(request, "password", values, status=status)


class Activate(Page):
    """
    The page behind the link in the activation mail (ACT-1).

    Opening it changes nothing: programs that check mails open every link in them. The button does.
    """

    is_open_before_own_password = True

    def get(self, request: HttpRequest, *, token: str) -> HttpResponse:
        if not selectors.is_awaited(self.store, token):
            return self.render(request, "activation_over", {}, status=404)
        return self.render(request, "activate", {"activate_url": request.path})

    def post(self, request: HttpRequest, *, token: str) -> HttpResponse:
        try:
            customers.activate_by_token(store=self.store, token=token)
        except NotFound:
            return self.render(request, "activation_over", {}, status=404)
        # The link has done its work: who changes the language now goes on to the sign-in.
        return self.render(request, "activated", {"here": self.address("sign-in")})


class SignOut(Page):
    is_open_before_own_password = True

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(self.session)
        rotate_token(request)
        return HttpResponseRedirect(self.address("sign-in") + "?bye")


class Language(Page):
    """Remember the language that a visitor chose, in Django's own cookie."""

    is_open_before_own_password = True

    def post(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponseRedirect(self.back(request))
        chosen = request.POST.get("language", "")
        if chosen in dict(settings.LANGUAGES):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=sessions.REMEMBERED_FOR,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response

    def back(self, request: HttpRequest) -> str:
        """Return the page that the visitor was on, if it is one of this store's."""
        here, first = request.POST.get("here", ""), self.address("home")
        is_ours = here.startswith(first) and url_has_allowed_host_and_scheme(here, None)
        return here if is_ours else first
