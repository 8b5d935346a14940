"""The portal's pages. Each view asks one selector or calls one command, and shows plain values."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy
from django.views import View

from accounts import authentication
from accounts.models import Customer
from accounts.services import signin
from loyalty.core.models import DEFAULT_STORE_CODE, Store
from loyalty.portal import home, sessions, throttle

LOGIN_MAX = 255
PASSWORD_MAX = 1024
# Nothing but this server's own style sheets, pictures and forms.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# One sentence for every failure: which of the two was wrong, or why, is nobody else's business.
REFUSAL = gettext_lazy("We do not know this combination. Check both fields and try again.")
CLOSED = gettext_lazy("Too many attempts. Wait a quarter of an hour, then try again.")
MISSING = gettext_lazy("Please fill this in.")


class Page(View):
    """
    What every page has: its store, the customers' session, and times in the store's zone.

    Templates get only plain values; the addresses of the store's pages are among them.
    """

    store: Store
    customer: Customer | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        store = _find_store(kwargs.get("store_code"))
        if store is None:
            return _guard(render(request, "portal/not_found.html", status=404))
        self.store = store
        self.session = sessions.open_session(request)
        with timezone.override(store.zone):
            self.customer = sessions.find_customer(self.session, store)
            response = super().dispatch(request, *args, **kwargs)
        assert isinstance(response, HttpResponse)
        sessions.write(self.session, response, had_cookie=sessions.COOKIE in request.COOKIES)
        return _guard(response)

    def address(self, page: str) -> str:
        """Return the address of one of this store's pages."""
        if self.store.code == DEFAULT_STORE_CODE:
            return reverse(f"portal:{page}")
        return reverse(f"portal:store-{page}", kwargs={"store_code": self.store.code})

    def render(
        self, request: HttpRequest, template: str, values: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        frame = {
            "store_name": self.store.name,
            "brand": _brand(self.store),
            "help_email": self.store.settings.help_email_address,
            "conditions_url": self.store.settings.program_conditions_url,
            "faq_url": self.store.settings.program_faq_url,
            "languages": _languages(),
            "is_signed_in": self.customer is not None,
            "home_url": self.address("home"),
            "sign_in_url": self.address("sign-in"),
            "sign_out_url": self.address("sign-out"),
            "language_url": self.address("language"),
        }
        return render(request, f"portal/{template}.html", frame | values, status=status)


class Home(Page):
    """The first page: balance, level, what runs out, and what happened last."""

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        if self.customer is None:
            return HttpResponseRedirect(self.address("sign-in"))
        page = home.get_home(self.customer, store=self.store, now=timezone.now())
        return self.render(request, "home", {"home": page})


class SignIn(Page):
    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        if self.customer is not None:
            return HttpResponseRedirect(self.address("home"))
        return self.form(request, was_signed_out="bye" in request.GET)

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        login = request.POST.get("login", "").strip()[:LOGIN_MAX]
        password = request.POST.get("password", "")[:PASSWORD_MAX]
        address = authentication.ip_address_of(request)
        if not login or not password:
            return self.form(request, login_missing=not login, password_missing=not password)
        if throttle.is_closed(self.store, login, address):
            return self.form(request, refusal=str(CLOSED), status=429)
        try:
            customer = signin.admit_customer(
                store=self.store, login=login, password=password, ip_address=address
            )
        except signin.BadCredentials:
            throttle.count_failure(self.store, login, address)
            return self.form(request, refusal=str(REFUSAL))
        throttle.forgive(self.store, login, address)
        sessions.sign_in(self.session, customer, is_remembered="remember" in request.POST)
        rotate_token(request)
        return HttpResponseRedirect(self.address("home"))

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
        }
        return self.render(
            request, "sign_in", values, status=status or (422 if is_refused else 200)
        )


class SignOut(Page):
    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        sessions.sign_out(self.session)
        rotate_token(request)
        return HttpResponseRedirect(self.address("sign-in") + "?bye")


class Language(Page):
    """Remember the language that a visitor chose, in Django's own cookie."""

    def post(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        response = HttpResponseRedirect(self.address("home"))
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


def _find_store(code: str | None) -> Store | None:
    return Store.objects.filter(code=code or DEFAULT_STORE_CODE, is_active=True).first()


def _brand(store: Store) -> str:
    """Return the program's name, or the store's while nobody has named the program."""
    settings = store.settings
    name = settings.program_name
    return store.name if name == type(settings).program_name.default else name


def _languages() -> list[dict[str, Any]]:
    current = translation.get_language()
    return [
        {"code": code, "name": name, "is_current": code == current}
        for code, name in settings.LANGUAGES
    ]


def _guard(response: HttpResponse) -> HttpResponse:
    """Keep a customer's page out of caches, and everything foreign out of the page."""
    add_never_cache_headers(response)
    response["Content-Security-Policy"] = CONTENT_POLICY
    response["Referrer-Policy"] = "same-origin"
    return response
