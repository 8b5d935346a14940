"""
The sellers' own session: another cookie than the staff's and the customers', for the till alone.

It ends with the browser, after a shift, when the till was not used for as long as the store's
setting says (a page that is left open then leads to the sign-in by itself), and at once where the
seller is signed out from elsewhere, gets another password or may sign in no more: each of these
ends what `tokens` wrote down.
"""

from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from accounts.browser_sessions import Cookie, keep_number, sign_out, uuid_of
from accounts.models import Door, Seller
from accounts.services import tokens
from accounts.services.signin import Caller
from loyalty.core.models import Store

COOKIE = "pos_session"
SHIFT = timedelta(hours=12)
# How exactly it is known when the till was used last; each note is a write.
NOTED_EVERY = timedelta(minutes=1)
# A till that is locked after a few minutes is watched more closely: by so many parts of them.
NOTES = 15

_SELLER = "seller_id"
_USED_AT = "used_at"

_COOKIE = Cookie(COOKIE, path="/pos/")
open_session = _COOKIE.open_session
write = _COOKIE.write


def sign_in(session: SessionBase, seller: Seller, caller: Caller) -> None:
    """Put a seller into a session, under a new key: one planted before is worth nothing."""
    sign_out(session)
    written = tokens.open_browser_session(
        seller,
        door=Door.POS,
        ip_address=caller.address,
        agent=caller.agent,
        expires_at=timezone.now() + SHIFT,
    )
    keep_number(session, written.uuid)
    session[_SELLER] = seller.pk
    session[_USED_AT] = timezone.now().timestamp()
    session.set_expiry(SHIFT)


def lock_after(store: Store) -> timedelta:
    """Return how long nobody may use a till of the store before it is locked."""
    return timedelta(minutes=store.settings.pos_idle_minutes)


def use(session: SessionBase, store: Store) -> bool:
    """Note that a till of the store is used; return False, and sign out, where it was idle."""
    now = timezone.now().timestamp()
    idle = timedelta(seconds=now - session.get(_USED_AT, 0))
    if idle > lock_after(store):
        sign_out(session)
        return False
    if idle > min(NOTED_EVERY, lock_after(store) / NOTES):
        session[_USED_AT] = now
    return True


def find_seller(session: SessionBase, store: Store) -> Seller | None:
    """Return who is signed in to this store and may still be; two queries."""
    seller_id, sign_in_uuid = session.get(_SELLER), uuid_of(session)
    if seller_id is None or sign_in_uuid is None or not tokens.is_open(sign_in_uuid):
        return None
    sellers = Seller.objects.in_store(store).filter(is_active=True, is_deleted=False)
    seller: Seller | None = sellers.select_related("pos").filter(pk=seller_id).first()
    if seller is not None:
        seller.store = store
    return seller
