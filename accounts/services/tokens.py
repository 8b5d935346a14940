"""
Tokens of the APIs: sign-in sessions with a JWT and a refresh token, and permanent tokens.

A JWT names its session (`sid`); the session's row is read at each request, so revoking it ends the
token at once. Refresh tokens are used once: who shows one a second time ends the session, because
one of the two had stolen it. Only hashes are stored.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from accounts.models import (
    Customer,
    CustomerStatus,
    Door,
    PermanentToken,
    PrincipalKind,
    RolePermission,
    Seller,
    StaffUser,
    TokenSession,
)
from accounts.services import reset_wishes
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.jobs import Run
from loyalty.core.models import uuid7
from loyalty.core.services import audit

Person = StaffUser | Seller | Customer

ROLES = {
    PrincipalKind.STAFF: "ROLE_ADMIN",
    PrincipalKind.SELLER: "ROLE_SELLER",
    PrincipalKind.CUSTOMER: "ROLE_PARTICIPANT",
}
ENTITIES = {
    PrincipalKind.STAFF: "Admin",
    PrincipalKind.SELLER: "Seller",
    PrincipalKind.CUSTOMER: "Customer",
}
KIND_OF_ROLE = {role: kind for kind, role in ROLES.items()}

HINT_LENGTH = 4
# A write at every request would cost more than the request.
SEEN_EVERY = timedelta(minutes=5)
FORGET_CHUNK = 5_000
AGENT_LENGTH_MAX = 255


class TokenRefused(DomainError):
    """Invalid token"""

    code = "token_refused"


@dataclass(frozen=True)
class Pair:
    """What a sign-in hands out. `refresh_token` is shown this once."""

    token: str
    refresh_token: str
    session: TokenSession


def open_session(
    principal: StaffUser | Seller | Customer,
    *,
    ip_address: str | None,
    agent: str = "",
    now: datetime,
) -> Pair:
    """Start a session of somebody whose password was right."""
    kind = kind_of(principal)
    session_uuid = uuid7()
    refresh_token = _new_refresh_token(session_uuid)
    session = TokenSession.objects.create(
        uuid=session_uuid,
        kind=kind,
        refresh_hash=digest(refresh_token),
        expires_at=now + settings.REFRESH_TOKEN_LIFETIME,
        ip_address=ip_address,
        agent=_short(agent),
        **{owner_field(kind): principal},
    )
    return Pair(_jwt(principal, session, now), refresh_token, session)


def open_browser_session(
    principal: StaffUser | Seller | Customer,
    *,
    door: Door,
    ip_address: str | None,
    agent: str,
    expires_at: datetime,
) -> TokenSession:
    """Write down that somebody has signed in with a browser, so that it can be signed out."""
    kind = kind_of(principal)
    return TokenSession.objects.create(
        door=door,
        kind=kind,
        expires_at=expires_at,
        ip_address=ip_address,
        agent=_short(agent),
        **{owner_field(kind): principal},
    )


def is_open(session_uuid: UUID, *, now: datetime | None = None) -> bool:
    """Tell whether a session still lets in, and note that it was seen."""
    found = open_sessions(now=now).filter(uuid=session_uuid)
    seen_at = found.values_list("last_seen_at", flat=True).first()
    if seen_at is not None:
        see_again(session_uuid, seen_at, now=now)
    return seen_at is not None


def see_again(session_uuid: UUID, seen_at: datetime, *, now: datetime | None = None) -> None:
    """Note that a session was seen, unless that was noted just now."""
    if seen_at < (now or timezone.now()) - SEEN_EVERY:
        see(session_uuid, now=now)


def see(session_uuid: UUID, *, now: datetime | None = None) -> None:
    TokenSession.objects.filter(uuid=session_uuid).update(last_seen_at=now or timezone.now())


def open_sessions(
    principal: StaffUser | Seller | Customer | None = None, *, now: datetime | None = None
) -> "QuerySet[TokenSession]":
    """Return the sign-ins that still let in, of one person or of all; the latest first."""
    sessions = TokenSession.objects.filter(revoked_at=None, expires_at__gt=now or timezone.now())
    if principal is not None:
        sessions = sessions.filter(**{owner_field(kind_of(principal)): principal})
    return sessions.order_by("-created_at", "-pk")


def owner_field(kind: PrincipalKind) -> str:
    return "staff" if kind == PrincipalKind.STAFF else kind.value


def _short(agent: str) -> str:
    return agent.replace("\0", "")[:AGENT_LENGTH_MAX]


def refresh(*, refresh_token: str, now: datetime | None = None) -> Pair:
    """
    Trade a refresh token for a new pair.

    Locks the session. A token that was used before ends it, for every holder.

    :raises TokenRefused: not ours, used before, revoked, over, or its owner is inactive.
    """
    now = now or timezone.now()
    session_uuid = _session_of(refresh_token)
    with transaction.atomic():
        session = TokenSession.objects.select_for_update().filter(uuid=session_uuid).first()
        if session is None or session.revoked_at or session.expires_at <= now:
            raise TokenRefused
        assert session.refresh_hash is not None, "A browser's session gave out no token."
        if hmac.compare_digest(session.refresh_hash, digest(refresh_token)):
            return _renewed(session, now)
        session.revoked_at = now
        session.save(update_fields=["revoked_at"])
    # Raised outside the transaction, which would else take the revocation back.
    raise TokenRefused


def revoke(*, session_uuid: UUID, now: datetime | None = None) -> bool:
    """End a session; False: it was over already."""
    return revoke_all(TokenSession.objects.filter(uuid=session_uuid), now=now) > 0


def revoke_all(sessions: "QuerySet[TokenSession]", *, now: datetime | None = None) -> int:
    """End every session of a queryset, such as those of somebody who was shut out."""
    return sessions.filter(revoked_at=None).update(revoked_at=now or timezone.now())


def sign_out_everywhere(
    principal: StaffUser | Seller | Customer,
    *,
    but: UUID | None = None,
    now: datetime | None = None,
) -> int:
    """
    End all sessions of somebody who was shut out or whose password is another now.

    Links and codes for a new password that were sent to them end, too. `but`: the session in which
    they have just shown who they are.
    """
    reset_wishes.close(principal, now=now)
    sessions = TokenSession.objects.filter(**{owner_field(kind_of(principal)): principal})
    return revoke_all(sessions.exclude(uuid=but) if but else sessions, now=now)


@transaction.atomic
def end_sessions(
    person: StaffUser | Seller | Customer,
    *,
    actor: Actor,
    only: UUID | None = None,
    but: UUID | None = None,
    now: datetime | None = None,
) -> int:
    """
    Sign somebody out in one place (`only`), or in all `but` one; return in how many.

    Another's session is none of theirs, and stays. Whoever is signed out already is not told apart.
    """
    now = now or timezone.now()
    sessions = TokenSession.objects.filter(**{owner_field(kind_of(person)): person})
    if only is not None:
        sessions = sessions.filter(uuid=only)
    elif but is not None:
        sessions = sessions.exclude(uuid=but)
    ended = revoke_all(sessions, now=now)
    if ended:
        audit.record(
            actor,
            store=None if isinstance(person, StaffUser) else person.store,
            event_type="EndSessions",
            entity_type=ENTITIES[kind_of(person)],
            entity_id=person.uuid,
            data={"ended": ended},
            now=now,
        )
    return ended


def forget_over(*, now: datetime | None = None, run: Run | None = None) -> int:
    """
    Delete the sign-ins that are over, by chunks: neither of their tokens is good any more.

    Returns how many.
    """
    run = run or Run()
    over = TokenSession.objects.filter(expires_at__lte=now or timezone.now()).order_by("expires_at")
    while ids := list(over.values_list("pk", flat=True)[:FORGET_CHUNK]):
        with run.chunk() as done:
            done["sign_ins"] = TokenSession.objects.filter(pk__in=ids).delete()[0]
    return run.counts["sign_ins"]


def set_permanent(*, staff: StaffUser, token: str, now: datetime) -> PermanentToken:
    """Give an external staff user this permanent token, in place of earlier ones (ADM-4)."""
    staff.permanent_tokens.filter(revoked_at=None).update(revoked_at=now)
    return PermanentToken.objects.create(
        staff=staff, hash=digest(token), hint=token[-HINT_LENGTH:] if len(token) > 8 else ""
    )


def permanent_token_is_used(token: str, *, except_staff: StaffUser | None = None) -> bool:
    """Tell whether a token was ever given to somebody else: it must name one owner only."""
    others = PermanentToken.objects.filter(hash=digest(token))
    if except_staff is not None:
        others = others.exclude(staff=except_staff)
    return others.exists()


def digest(token: str) -> str:
    """Return what is stored of a token. Long random texts need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def claims_of(jwt: str) -> dict[str, Any]:
    """Return a JWT's claims. :raises TokenRefused: malformed, not signed by us, or expired."""
    try:
        claims = _verified(jwt, settings.SECRET_KEY)
    except TokenBackendError as error:
        raise TokenRefused("Expired or invalid token") from error
    if claims["exp"] <= timezone.now().timestamp():
        raise TokenRefused("Expired or invalid token")
    return claims.copy()


@lru_cache(maxsize=1024)
def _verified(jwt: str, signing_key: str) -> dict[str, Any]:
    """
    Return the claims of a JWT that we signed. Tills send the same one all day.

    What was refused is not remembered; that a token has expired since, its caller looks at.
    """
    claims: dict[str, Any] = backend(signing_key).decode(cast(Any, jwt))
    return claims


def backend(signing_key: str | None = None) -> TokenBackend:
    return TokenBackend("HS256", signing_key=signing_key or settings.SECRET_KEY)


def _renewed(session: TokenSession, now: datetime) -> Pair:
    principal = _owner(session)
    if not is_admitted(principal):
        raise TokenRefused
    refresh_token = _new_refresh_token(session.uuid)
    session.refresh_hash = digest(refresh_token)
    session.expires_at = now + settings.REFRESH_TOKEN_LIFETIME
    session.save(update_fields=["refresh_hash", "expires_at"])
    return Pair(_jwt(principal, session, now), refresh_token, session)


def _owner(session: TokenSession) -> StaffUser | Seller | Customer:
    owner = session.staff or session.seller or session.customer
    assert owner is not None, "A constraint holds that a session has an owner."
    return owner


def is_admitted(principal: StaffUser | Seller | Customer) -> bool:
    if isinstance(principal, StaffUser):
        return principal.is_active and not principal.is_external
    if isinstance(principal, Seller):
        return principal.is_active and not principal.is_deleted and principal.store.is_active
    return principal.status == CustomerStatus.ACTIVE and principal.store.is_active


def kind_of(principal: StaffUser | Seller | Customer) -> PrincipalKind:
    if isinstance(principal, StaffUser):
        return PrincipalKind.STAFF
    return PrincipalKind.SELLER if isinstance(principal, Seller) else PrincipalKind.CUSTOMER


def _jwt(principal: StaffUser | Seller | Customer, session: TokenSession, now: datetime) -> str:
    kind = kind_of(principal)
    is_super = False
    permissions: dict[str, list[str]] = {}
    if isinstance(principal, StaffUser):
        is_super, permissions = _rights(principal)
    claims: dict[str, Any] = {
        "id": str(principal.uuid),
        "username": username_of(principal),
        "roles": [ROLES[kind]],
        "superAdmin": is_super,
        "permissions": permissions,
        "sid": str(session.uuid),
        "iat": int(now.timestamp()),
        "exp": int((now + settings.TOKEN_LIFETIME).timestamp()),
    }
    if (last := last_login_of(principal)) is not None:
        claims["lastLoginAt"] = last.isoformat(timespec="seconds")
    return backend().encode(claims)


def _rights(staff: StaffUser) -> tuple[bool, dict[str, list[str]]]:
    """Return whether a staff user may do everything, and what else (as the cockpit reads it)."""
    rights: dict[str, list[str]] = {}
    granted = RolePermission.objects.filter(role__staff=staff).order_by("resource", "-access")
    for resource, access in granted.values_list("resource", "access").distinct():
        rights.setdefault(resource, []).append(access)
    return staff.roles.filter(is_master=True).exists(), rights


def username_of(principal: StaffUser | Seller | Customer) -> str:
    if isinstance(principal, StaffUser):
        return principal.username
    if isinstance(principal, Seller):
        return principal.email
    return principal.email or principal.phone or principal.loyalty_card_number or ""


def last_login_of(principal: StaffUser | Seller | Customer) -> datetime | None:
    return principal.last_login if isinstance(principal, StaffUser) else principal.last_login_at


def _new_refresh_token(session_uuid: UUID) -> str:
    secret = secrets.token_hex(32)
    return f"{session_uuid.hex}{secret}{_seal(session_uuid, secret)}"


def _session_of(refresh_token: str) -> UUID:
    """
    Return which session a refresh token was given to.

    The seal proves that we once issued it: else anybody who knows a session's id could end it with
    an invented token.
    """
    head, secret, seal = refresh_token[:32], refresh_token[32:96], refresh_token[96:]
    try:
        session_uuid = UUID(hex=head)
    except ValueError as error:
        raise TokenRefused from error
    if not hmac.compare_digest(_seal(session_uuid, secret).encode(), seal.encode()):
        raise TokenRefused
    return session_uuid


def _seal(session_uuid: UUID, secret: str) -> str:
    message = f"refresh:{session_uuid.hex}:{secret}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()[:32]
