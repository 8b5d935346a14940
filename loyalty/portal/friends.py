"""The portal's pages about friends: invite them, and join by an invitation."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.services import customers
from accounts.services.customers import Registration
from earning.models import Invitation, InvitationStatus, ReferralEvent
from earning.selectors import invitations as selectors
from earning.services import invitations, referrals
from loyalty.core import throttle
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.store_settings import Channel
from loyalty.core.throttle import TooManyAttempts
from loyalty.portal import home, program
from loyalty.portal.store_page import CLOSED, PASSWORD_MAX
from loyalty.portal.views import Page

FIELD_MAX = 255
SHOWN = 50
# What a refusal of the command is about → the form's field.
FIELDS = ("first_name", "last_name", "email", "phone", "password", "agreement1")
STATUS_WORDS = {
    InvitationStatus.INVITED: gettext_lazy("Invited"),
    InvitationStatus.REGISTERED: gettext_lazy("Has joined"),
    InvitationStatus.MADE_PURCHASE: gettext_lazy("Has bought"),
}


class Invite(Page):
    """Where a customer invites friends and sees what came of it (RF-1…4)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        return self.show(request, was_sent="sent" in request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        email = request.POST.get("email", "").strip()[:FIELD_MAX]
        try:
            invitations.invite(referrer=self.customer, email=email)
        except InvalidFields as refusal:
            return self.show(request, error=gettext(refusal.message), email=email)
        except invitations.InvitationExists:
            known = gettext("You have invited this person already, or they are a member.")
            return self.show(request, error=known, email=email)
        except DomainError as refusal:
            return self.show(request, error=gettext(refusal.message), email=email)
        response = self.go("invite")
        response["Location"] += "?sent"
        return response

    def show(
        self, request: HttpRequest, *, error: str = "", email: str = "", was_sent: bool = False
    ) -> HttpResponse:
        assert self.customer is not None
        code = referrals.personal_code(self.customer)
        values = {
            "link": settings.PUBLIC_URL + program.address(self.store, "join", token=code),
            "promise": selectors.promised(self.store, ReferralEvent.REGISTER, now=timezone.now()),
            "words": home.words_of(self.store),
            "invite_url": self.address("invite"),
            "error": error,
            "email": email,
            "was_sent": was_sent,
            "sent": [_sent(one) for one in selectors.list_sent_by(self.customer)[:SHOWN]],
        }
        return self.render(request, "invite", values, status=422 if error else 200)


class Join(Page):
    """
    Where somebody registers, by an invitation's link (RF-5) or without one.

    Opening a link uses nothing up; one that is used or unknown is a plain registration.
    """

    is_open_before_own_password = True

    def get(self, request: HttpRequest, *, token: str = "") -> HttpResponse:
        if self.customer is not None:
            return self.go("home")
        return self.form(request, token)

    def post(self, request: HttpRequest, *, token: str = "") -> HttpResponse:
        if self.customer is not None:
            return self.go("home")
        given = {name: request.POST.get(name, "").strip()[:FIELD_MAX] for name in FIELDS[:4]}
        password = request.POST.get("password", "")[:PASSWORD_MAX]
        data = Registration(
            first_name=given["first_name"],
            last_name=given["last_name"],
            email=given["email"],
            phone=given["phone"],
            password=password,
            agreement1="agreement1" in request.POST,
            agreement2="agreement2" in request.POST,
            invitation_token=token,
        )
        try:
            # As by the API: what is refused tells which addresses are taken.
            with throttle.code_entry("registration", self.caller(request).place):
                customer = customers.self_register(store=self.store, data=data)
        except TooManyAttempts:
            return self.form(request, token, faults={"": [str(CLOSED)]}, status=429)
        except InvalidFields as refusal:
            return self.form(request, token, faults=refusal.errors, status=422)
        values = {"is_active": customer.is_active, "here": self.address("sign-in")}
        return self.render(request, "joined", values)

    def form(
        self,
        request: HttpRequest,
        token: str,
        *,
        faults: Any = None,
        status: int = 200,
    ) -> HttpResponse:
        inviter = selectors.find_inviter(self.store, token) if token else None
        is_by_text = self.store.settings.preferred_communication_method == Channel.SMS
        errors = {
            name: " ".join(gettext(text) for text in texts)
            for name, texts in (faults or {}).items()
        }
        values = {
            "words": home.words_of(self.store),
            "join_url": request.path,
            "inviter": inviter.first_name if inviter else "",
            "promise": selectors.promised(self.store, ReferralEvent.REGISTER, now=timezone.now())
            if inviter
            else None,
            "is_by_text": is_by_text,
            "needs_email": not is_by_text,
            "given": {name: request.POST.get(name, "")[:FIELD_MAX] for name in FIELDS[:4]},
            "agreed": {name: name in request.POST for name in ("agreement1", "agreement2")},
            "errors": errors,
            "refusal": " ".join(text for name, text in errors.items() if name not in FIELDS),
        }
        return self.render(request, "join", values, status=status)


def _sent(invitation: Invitation) -> dict[str, Any]:
    friend = invitation.recipient
    whom = invitation.recipient_email or invitation.recipient_phone
    return {
        "who": friend.first_name if friend else whom,
        "status": STATUS_WORDS[InvitationStatus(invitation.status)],
        "is_over": invitation.status != InvitationStatus.INVITED,
        "created_at": invitation.created_at,
    }
