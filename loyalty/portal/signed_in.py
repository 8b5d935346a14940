"""Where a customer is signed in, and "sign out there"."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.authentication import ip_address_of
from accounts.browser_sessions import uuid_of
from accounts.selectors import sign_ins
from accounts.services import own_password, tokens
from loyalty.portal.views import Page


class SignedIn(Page):
    """The list of a customer's own sign-ins: browsers and apps."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        here = uuid_of(self.session)
        values = {
            "rows": sign_ins.list_for(self.customer, here=here, now=timezone.now()),
            "signed_in_url": self.address("signed-in"),
            "was_ended": "ended" in request.GET,
        }
        return self.render(request, "signed_in", values)

    def post(self, request: HttpRequest) -> HttpResponse:
        """End one sign-in, or with `others` all but this one."""
        if self.customer is None:
            return self.go("sign-in")
        actor = own_password.actor_of(self.customer, ip_address_of(request))
        here = uuid_of(self.session)
        if "others" in request.POST:
            tokens.end_sessions(self.customer, actor=actor, but=here)
        else:
            try:
                session_uuid = UUID(request.POST.get("session", ""))
            except ValueError:
                return self.go("signed-in")
            tokens.end_sessions(self.customer, actor=actor, only=session_uuid)
        response = self.go("signed-in")
        response["Location"] += "?ended"
        return response
