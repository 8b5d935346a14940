"""
The customers' own session: another cookie than the staff's, sent to the portal's addresses alone.

So a customer and a member of staff can use one browser, and signing the one in or out does nothing
to the other.
"""

from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.browser_sessions import Cookie, keep_number, sign_out, uuid_of
from accounts.models import Customer, CustomerStatus, Door
from accounts.services import tokens
from accounts.services.signin import Caller
from loyalty.core.models import Store

COOKIE = "portal_session"
REMEMBERED_FOR = timedelta(days=30)
# Without "stay signed in" the cookie ends with the browser, and the session a while later.
FORGOTTEN_AFTER = timedelta(hours=12)

_CUSTOMER = "customer_id"
_PROOF = "password_proof"
_REMEMBERED = "is_remembered"

_COOKIE = Cookie(COOKIE, path="/portal/")
open_session = _COOKIE.open_session


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
    keep_number(session, written.uuid)
    session[_CUSTOMER] = customer.pk
    session[_PROOF] = _proof(customer)
    session[_REMEMBERED] = is_remembered
    session.set_expiry(lasts)


def renew(session: SessionBase, customer: Customer, caller: Caller) -> None:
    """Keep a customer signed in who has just changed their password."""
    sign_in(session, customer, is_remembered=bool(session.get(_REMEMBERED)), caller=caller)


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


def write(session: SessionBase, request: HttpRequest, response: HttpResponse) -> None:
    """Save a session that changed, and set or take away its cookie."""
    lasts = REMEMBERED_FOR if session.get(_REMEMBERED) else None
    _COOKIE.write(session, request, response, max_age=lasts)


def _proof(customer: Customer) -> str:
    """Return what a session keeps to notice that the password is another one."""
    return salted_hmac("loyalty.portal.session", customer.password, algorithm="sha256").hexdigest()
