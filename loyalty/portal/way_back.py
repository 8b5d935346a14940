"""The portal's pages for a customer who forgot their password (PWD-5…7)."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy

from accounts import authentication
from accounts.services import password_resets
from loyalty.core.errors import InvalidFields
from loyalty.core.store_settings import Channel
from loyalty.core.throttle import Place, TooManyAttempts
from loyalty.portal.store_page import CLOSED, LOGIN_MAX, PASSWORD_MAX
from loyalty.portal.views import DIFFERENT, MISSING, Page

ASKED_ALREADY = gettext_lazy(
    "You asked for this within the last day. Use the message that we sent you then."
)
NO_SUCH_CODE = gettext_lazy("This code is not valid, was used, or is over.")
TOKEN_MAX = 64


class Forgot(Page):
    """Where somebody asks for a new password. The answer is the same for every name."""

    is_open_before_own_password = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        login = request.POST.get("login", "").strip()[:LOGIN_MAX]
        if not login:
            return self.form(request, login_error=str(MISSING))
        place = Place(authentication.ip_address_of(request))
        try:
            password_resets.request_for_customer(store=self.store, name=login, place=place)
        except password_resets.AskedAlready:
            return self.form(request, refusal=str(ASKED_ALREADY))
        except TooManyAttempts:
            return self.form(request, refusal=str(CLOSED), status=429)
        return self.render(request, "forgot_sent", {"code_url": self._code_url()})

    def form(
        self,
        request: HttpRequest,
        *,
        refusal: str = "",
        login_error: str = "",
        status: int | None = None,
    ) -> HttpResponse:
        values = {
            "forgot_url": self.address("forgot"),
            "code_url": self._code_url(),
            "login": request.POST.get("login", "")[:LOGIN_MAX],
            "login_error": login_error,
            "refusal": refusal,
        }
        status = status or (422 if refusal or login_error else 200)
        return self.render(request, "forgot", values, status=status)

    def _code_url(self) -> str:
        """Return where a code is entered; empty where the store writes none."""
        writes_codes = self.store.settings.preferred_communication_method == Channel.SMS
        return self.address("reset-code") if writes_codes else ""


class Reset(Page):
    """
    Where a new password is chosen, by the link from a mail or the code from a text message.

    Opening the link changes nothing: programs that check mails open every link in them.
    """

    is_open_before_own_password = True

    def get(self, request: HttpRequest, *, token: str = "") -> HttpResponse:
        if not token:
            return self.form(request, token="")
        place = Place(authentication.ip_address_of(request))
        try:
            password_resets.find(token=token, place=place)
        except password_resets.BadToken:
            return self.render(request, "reset_over", self._over(), status=404)
        except TooManyAttempts:
            return self.form(request, token=token, refusal=str(CLOSED), status=429)
        return self.form(request, token=token)

    def post(self, request: HttpRequest, *, token: str = "") -> HttpResponse:
        secret = token or request.POST.get("code", "").strip()[:TOKEN_MAX]
        new = request.POST.get("new", "")[:PASSWORD_MAX]
        if not secret:
            return self.form(request, token=token, code_error=str(MISSING))
        if not new:
            return self.form(request, token=token, faults=[str(MISSING)])
        if new != request.POST.get("again", ""):
            return self.form(request, token=token, again_error=str(DIFFERENT))
        place = Place(authentication.ip_address_of(request), self.device)
        try:
            password_resets.reset_password(token=secret, new=new, place=place)
        except password_resets.BadToken:
            if token:
                return self.render(request, "reset_over", self._over(), status=404)
            return self.form(request, token="", code_error=str(NO_SUCH_CODE))
        except TooManyAttempts:
            return self.form(request, token=token, refusal=str(CLOSED), status=429)
        except InvalidFields as refusal:
            faults = [gettext(fault) for fault in refusal.errors["new"]]
            return self.form(request, token=token, faults=faults)
        # The link has done its work: who changes the language now goes on to the sign-in.
        done = self.render(request, "reset_done", {"here": self.address("sign-in")})
        self.keep_device(done)
        return done

    def form(
        self,
        request: HttpRequest,
        *,
        token: str,
        refusal: str = "",
        code_error: str = "",
        faults: Sequence[str] = (),
        again_error: str = "",
        status: int | None = None,
    ) -> HttpResponse:
        is_refused = bool(refusal or code_error or faults or again_error)
        values = {
            "has_token": bool(token),
            "code": request.POST.get("code", "")[:TOKEN_MAX],
            "reset_url": request.path,
            "refusal": refusal,
            "code_error": code_error,
            "faults": faults,
            "again_error": again_error,
        }
        status = status or (422 if is_refused else 200)
        return self.render(request, "reset", values, status=status)

    def _over(self) -> dict[str, str]:
        return {"forgot_url": self.address("forgot"), "here": self.address("forgot")}
