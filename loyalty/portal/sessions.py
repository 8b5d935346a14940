"""
The customers' own session: another cookie than the staff's, sent to the portal's addresses alone.

So a customer and a member of staff can use one browser, and signing the one in or out does nothing
to the other.
"""

from datetime import timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Customer, CustomerStatus, Door
from accounts.services import tokens
from accounts.services.signin import Caller
from loyalty.core.models import Store

COOKIE = "portal_session"
PATH = "/portal/"
REMEMBERED_FOR = timedelta(days=30)
# Without "stay signed in" the cookie ends with the browser, and the session a while later.
FORGOTTEN_AFTER = timedelta(hours=12)

_CUSTOMER = "customer_id"
_PROOF = "password_proof"
_REMEMBERED = "is_remembered"
_SIGN_IN = "sign_in"


def open_session(request: HttpRequest) -> SessionBase:
    """Return the session that the request's cookie names, or an empty one. Reads it when asked."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    key = request.COOKIES.get(COOKIE, "")
    # A cookie can spell a zero byte, which no database looks up.
    return store(key if key and "\x00" not in key else None)


def sign_in(
    session: SessionBase, customer: Customer, *, is_remembered: bool, caller: Caller
) -> None:
    """
    Put a customer into a session, under a new key: one planted before is worth nothing.

    It is written down where it can be ended from elsewhere, too.
    """
    sign_out(session)
    lasts = REMEMBERED_FOR if is_remembered else FORGOTTEN_AFTER
    written = tokens.open_browser_session(
        customer,
        door=Door.PORTAL,
        ip_address=caller.address,
        agent=caller.agent,
        expires_at=timezone.now() + lasts,
    )
    session[_SIGN_IN] = str(written.uuid)
    session[_CUSTOMER] = customer.pk
    session[_PROOF] = _proof(customer)
    session[_REMEMBERED] = is_remembered
    session.set_expiry(lasts)


def renew(session: SessionBase, customer: Customer, caller: Caller) -> None:
    """Keep a customer signed in who has just changed their password."""
    sign_in(session, customer, is_remembered=bool(session.get(_REMEMBERED)), caller=caller)


def sign_out(session: SessionBase) -> None:
    if (uuid := uuid_of(session)) is not None:
        tokens.revoke(session_uuid=uuid)
    session.flush()


def uuid_of(session: SessionBase) -> UUID | None:
    """Return under which number a session is written down."""
    text = session.get(_SIGN_IN)
    return UUID(text) if text else None


def find_customer(session: SessionBase, store: Store) -> Customer | None:
    """
    Return who is signed in to this store.

    None: nobody, a customer of another store, one who may no longer sign in, one whose password
    has changed since, or who was signed out from elsewhere. One query, and now and then a write.
    """
    customer_id, sign_in_uuid = session.get(_CUSTOMER), uuid_of(session)
    if customer_id is None or sign_in_uuid is None:
        return None
    members = Customer.objects.in_store(store).filter(status=CustomerStatus.ACTIVE)
    seen_at = tokens.open_sessions().filter(uuid=sign_in_uuid).order_by().values("last_seen_at")
    found = members.filter(pk=customer_id).annotate(seen_at=Subquery(seen_at))
    customer: Customer | None = found.exclude(seen_at=None).first()
    if customer is None or not constant_time_compare(session.get(_PROOF, ""), _proof(customer)):
        return None
    tokens.see_again(sign_in_uuid, customer.seen_at)  # type: ignore[attr-defined]  # annotated
    customer.store = store
    return customer


def write(session: SessionBase, response: HttpResponse, *, had_cookie: bool) -> None:
    """Save a session that changed, and set or take away its cookie."""
    if session.is_empty():
        if had_cookie:
            response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
        return
    if not session.modified:
        return
    session.save()
    assert session.session_key is not None
    response.set_cookie(
        COOKIE,
        session.session_key,
        max_age=REMEMBERED_FOR if session.get(_REMEMBERED) else None,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _proof(customer: Customer) -> str:
    """Return what a session keeps to notice that the password is another one."""
    return salted_hmac("loyalty.portal.session", customer.password, algorithm="sha256").hexdigest()
