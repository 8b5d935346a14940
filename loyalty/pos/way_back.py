"""The till's pages for a seller who forgot their password (PWD-5…7)."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy

from accounts import authentication
from accounts.services import password_resets
from loyalty.core.errors import InvalidFields
from loyalty.core.throttle import Place, TooManyAttempts
from loyalty.portal.store_page import CLOSED, LOGIN_MAX, PASSWORD_MAX
from loyalty.pos.views import Page

MISSING = gettext_lazy("Please fill this in.")
DIFFERENT = gettext_lazy("This is not the same as above.")
ASKED_ALREADY = gettext_lazy(
    "You asked for this within the last day. Use the message that we sent you then."
)


class Forgot(Page):
    """Where a seller asks for a new password. The answer is the same for every address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        email = request.POST.get("email", "").strip()[:LOGIN_MAX]
        if not email:
            return self.form(request, error=str(MISSING), status=422)
        place = Place(authentication.ip_address_of(request))
        try:
            password_resets.request_for_personnel(store=self.store, name=email, place=place)
        except password_resets.AskedAlready:
            return self.form(request, refusal=str(ASKED_ALREADY), status=422)
        except TooManyAttempts:
            return self.form(request, refusal=str(CLOSED), status=429)
        return self.form(request, is_sent=True)

    def form(
        self,
        request: HttpRequest,
        *,
        refusal: str = "",
        error: str = "",
        is_sent: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        values = {
            "email": request.POST.get("email", "")[:LOGIN_MAX],
            "refusal": refusal,
            "error": error,
            "is_sent": is_sent,
        }
        return self.render(request, "forgot", values, status=status)


class Reset(Page):
    """
    Where a new password is chosen by the link from the mail.

    Opening the link changes nothing: programs that check mails open every link in them.
    """

    def get(self, request: HttpRequest, *, token: str) -> HttpResponse:
        place = Place(authentication.ip_address_of(request))
        try:
            password_resets.find(token=token, place=place)
        except password_resets.BadToken:
            return self.form(request, state="over", status=404)
        except TooManyAttempts:
            return self.form(request, refusal=str(CLOSED), status=429)
        return self.form(request)

    def post(self, request: HttpRequest, *, token: str) -> HttpResponse:
        new = request.POST.get("new", "")[:PASSWORD_MAX]
        if not new:
            return self.form(request, faults=[str(MISSING)], status=422)
        if new != request.POST.get("again", ""):
            return self.form(request, again_error=str(DIFFERENT), status=422)
        place = Place(authentication.ip_address_of(request), self.device)
        try:
            password_resets.reset_password(token=token, new=new, place=place)
        except password_resets.BadToken:
            return self.form(request, state="over", status=404)
        except TooManyAttempts:
            return self.form(request, refusal=str(CLOSED), status=429)
        except InvalidFields as refusal:
            faults = [gettext(fault) for fault in refusal.errors["new"]]
            return self.form(request, faults=faults, status=422)
        done = self.form(request, state="done")
        self.keep_device(done)
        return done

    def form(
        self,
        request: HttpRequest,
        *,
        state: str = "open",
        refusal: str = "",
        faults: Sequence[str] = (),
        again_error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        values = {
            "state": state,
            "refusal": refusal,
            "fault": " ".join(faults),
            "again_error": again_error,
        }
        return self.render(request, "reset", values, status=status)
