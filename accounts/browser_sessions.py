"""
Sessions of people who are no staff: each kind has a cookie of its own, sent to its pages alone.

So a customer, a seller and a member of staff can use one browser, and signing the one in or out
does nothing to the others. Each sign-in is written down where it can be ended from elsewhere, too.
"""

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from accounts.services import tokens

_SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Cookie:
    """What names a session in a browser. `path`: the pages that it is for."""

    name: str
    path: str

    def open_session(self, request: HttpRequest) -> SessionBase:
        """Return the session that a request names, or an empty one. Reads it when asked."""
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store(request.COOKIES.get(self.name))

    def write(
        self,
        session: SessionBase,
        request: HttpRequest,
        response: HttpResponse,
        *,
        max_age: timedelta | None = None,
    ) -> None:
        """
        Save a session that changed, and set or take away its cookie.

        `max_age`: how long the browser keeps it; None is until it is closed.
        """
        if session.is_empty():
            if self.name in request.COOKIES:
                response.delete_cookie(self.name, path=self.path, samesite="Lax")
            return
        if not session.modified:
            return
        session.save()
        assert session.session_key is not None
        response.set_cookie(
            self.name,
            session.session_key,
            max_age=max_age,
            path=self.path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def keep_number(session: SessionBase, uuid: UUID) -> None:
    """Note under which number a session is written down."""
    session[_SIGN_IN] = str(uuid)


def uuid_of(session: SessionBase) -> UUID | None:
    """Return under which number a session is written down."""
    text = session.get(_SIGN_IN)
    return UUID(text) if text else None


def sign_out(session: SessionBase) -> None:
    """End a session, and what is written down of it."""
    if (uuid := uuid_of(session)) is not None:
        tokens.revoke(session_uuid=uuid)
    session.flush()
