"""What the customers' and the sellers' pages have in common: a store, a session, and a guard."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy
from django.views import View

from loyalty.core import devices
from loyalty.core.models import DEFAULT_STORE_CODE, Store

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
# Of the few pages that work better with a script of ours, which may ask this server.
SCRIPT_POLICY = f"{CONTENT_POLICY}; script-src 'self'; connect-src 'self'"
# One sentence for every failure: which of the two was wrong, or why, is nobody else's business.
REFUSAL = gettext_lazy("We do not know this combination. Check both fields and try again.")
CLOSED = gettext_lazy("Too many attempts. Wait a quarter of an hour, then try again.")


class StorePage(View):
    """
    A page of one store, with a session of its door's own, and times in the store's zone.

    Whoever may be on it is found by `identify()`; `answer()` runs the method that was asked for.
    """

    store: Store
    session: SessionBase
    # The browser's own number, for the throttle.
    device: str
    # Does it have a script? Without one nothing is lost but comfort.
    has_script: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        store = find_store(kwargs.pop("store_code", None))
        if store is None:
            return guard(render(request, "portal/not_found.html", status=404))
        self.store = store
        self.session = self.open_session(request)
        self.device = devices.device_of(request)
        with timezone.override(store.zone):
            self.identify()
            response = self.answer(request, *args, **kwargs)
        assert isinstance(response, HttpResponse)
        self.write_session(request, response)
        return guard(response, has_script=self.has_script)

    def open_session(self, request: HttpRequest) -> SessionBase:
        raise NotImplementedError

    def write_session(self, request: HttpRequest, response: HttpResponse) -> None:
        raise NotImplementedError

    def identify(self) -> None:
        """Find out who is signed in."""
        raise NotImplementedError

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    def address(self, page: str, **parts: str) -> str:
        """Return the address of one of this store's pages."""
        raise NotImplementedError

    def go(self, page: str, *, said: str = "", **parts: str) -> HttpResponse:
        """Go to a page of this store. `said`: what was done, for that page to tell."""
        target = self.address(page, **parts)
        return HttpResponseRedirect(f"{target}?said={said}" if said else target)

    def keep_device(self, response: HttpResponse) -> None:
        """Let the throttle know this browser again: its owner has shown who they are on it."""
        devices.keep(response, self.device)


def find_store(code: str | None) -> Store | None:
    return Store.objects.filter(code=code or DEFAULT_STORE_CODE, is_active=True).first()


def languages() -> list[dict[str, Any]]:
    current = translation.get_language()
    return [
        {"code": code, "name": name, "is_current": code == current}
        for code, name in settings.LANGUAGES
    ]


def guard(response: HttpResponse, *, has_script: bool = False) -> HttpResponse:
    """Keep a customer's page out of caches, and everything foreign out of the page."""
    add_never_cache_headers(response)
    response["Content-Security-Policy"] = SCRIPT_POLICY if has_script else CONTENT_POLICY
    response["Referrer-Policy"] = "same-origin"
    return response
