"""
Where somebody is signed in, and "sign out there": an extension, which no vendor documents.

What is ended lets in no request more: neither its token nor its refresh token, nor the browser.
"""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.models import Resource
from accounts.selectors import sign_ins
from accounts.selectors.sign_ins import SignIn
from accounts.services import tokens
from loyalty.core.api import formats
from loyalty.core.api.views import SIGNED_IN, OpenLoyaltyView, Rule
from loyalty.core.clock import now
from loyalty.core.errors import NotFound


class SessionsView(OpenLoyaltyView):
    """The sessions of somebody, or with a number one of them."""

    def person(self) -> tokens.Person | None:
        """Return whose sessions they are; None: nobody's, such as a permanent token's."""
        raise NotImplementedError

    def get(self, request: Request, *, session: UUID | None = None, **ids: Any) -> Response:
        """List the open sessions of every door (API, portal, cockpit), the latest first."""
        found = self._open()
        if session is None:
            return Response({"sessions": [self._row(each) for each in found], "total": len(found)})
        for each in found:
            if each.uuid == session:
                return Response(self._row(each))
        raise NotFound

    def delete(self, request: Request, *, session: UUID | None = None, **ids: Any) -> Response:
        """End one at once, or without a number all but the one in which the caller asks."""
        person = self.person()
        if session is not None and session not in {each.uuid for each in self._open()}:
            raise NotFound
        if person is not None:
            tokens.end_sessions(person, actor=self.actor, only=session, but=self._here(person))
        return Response(status=204)

    def _open(self) -> list[SignIn]:
        person = self.person()
        return sign_ins.list_for(person, here=self._here(person), now=now()) if person else []

    def _here(self, person: tokens.Person) -> UUID | None:
        return self.actor.session_uuid if person.uuid == self.actor.uuid else None

    def _row(self, found: SignIn) -> dict[str, Any]:
        zone = ZoneInfo("UTC") if self.is_global else self.zone
        return {
            "sessionId": str(found.uuid),
            "door": found.door,
            "device": found.program or None,
            "ip": found.address or None,
            "createdAt": formats.date_time(found.since, zone),
            "lastSeenAt": formats.date_time(found.seen, zone),
            "expiresAt": formats.date_time(found.until, zone),
            "current": found.is_here,
        }


class OwnSessions(SessionsView):
    is_global = True
    rules = {"GET": Rule(SIGNED_IN, resources=()), "DELETE": Rule(SIGNED_IN, resources=())}

    def person(self) -> tokens.Person | None:
        return access.find_person(self.actor)


class CustomerSessions(SessionsView):
    resource = Resource.CUSTOMER

    def person(self) -> tokens.Person:
        return access.get_customer(self.actor, self.store, self.kwargs["customer"])


class SellerSessions(SessionsView):
    resource = Resource.SELLER

    def person(self) -> tokens.Person:
        return access.get_seller(self.actor, self.store, self.kwargs["seller"])


class StaffSessions(SessionsView):
    is_global = True
    resource = Resource.ADMIN

    def person(self) -> tokens.Person:
        return access.get_staff(self.actor, self.kwargs["admin"])
