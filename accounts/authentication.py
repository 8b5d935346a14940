"""
Who is calling the APIs: by JWT, permanent token or the configured master key.

Each way costs one SQL statement (the master key none), which reads the session, the principal, what
they may do now (a role that was taken away counts from the next request on), and beside them the
store that the request is about.
"""

import hmac
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import PrincipalKind
from accounts.services import signin, tokens
from loyalty.core import sql
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.selectors import stores

# Written by hand: the ORM spends longer building these than PostgreSQL running them, and one of
# them runs at each request.
_STAFF_COLUMNS = """
    staff.id, staff.uuid, staff.username,
    exists (select from accounts_staffuser_roles link join accounts_role role
            on role.id = link.role_id where link.staffuser_id = staff.id and role.is_master),
    coalesce((select jsonb_object_agg(resource, accesses) from (
        select permission.resource, jsonb_agg(permission.access) accesses
        from accounts_staffuser_roles link
        join accounts_rolepermission permission on permission.role_id = link.role_id
        where link.staffuser_id = staff.id group by permission.resource) granted), '{}')::text,
    array(select store_id from accounts_staffuser_stores link where link.staffuser_id = staff.id)
"""
_SESSION = "session.uuid = %s and session.revoked_at is null and session.expires_at > now()"
_STALE = f"session.last_seen_at < now() - interval '{tokens.SEEN_EVERY.seconds} seconds'"
_STATEMENTS = {
    PrincipalKind.STAFF: f"""
        select {stores.COLUMNS}, {_STAFF_COLUMNS}, {_STALE} from accounts_tokensession session
        join accounts_staffuser staff on staff.id = session.staff_id
        {stores.JOIN}
        where {_SESSION} and staff.is_active and not staff.is_external""",  # noqa: S608
    PrincipalKind.SELLER: f"""
        select {stores.COLUMNS}, seller.id, seller.uuid, seller.email, seller.store_id,
               seller.pos_id, seller.may_transfer_points, {_STALE}
        from accounts_tokensession session
        join accounts_seller seller on seller.id = session.seller_id
        {stores.JOIN}
        where {_SESSION} and seller.is_active and not seller.is_deleted""",  # noqa: S608
    PrincipalKind.CUSTOMER: f"""
        select {stores.COLUMNS}, customer.id, customer.uuid, coalesce(customer.email,
               customer.phone, customer.loyalty_card_number, ''), customer.store_id,
               {_STALE}
        from accounts_tokensession session
        join accounts_customer customer on customer.id = session.customer_id
        {stores.JOIN}
        where {_SESSION} and customer.status = 'active'""",  # noqa: S608
}
_PERMANENT = f"""
    select {stores.COLUMNS}, {_STAFF_COLUMNS} from accounts_permanenttoken token
    join accounts_staffuser staff on staff.id = token.staff_id
    {stores.JOIN}
    where token.hash = %s and token.revoked_at is null and staff.is_active and staff.is_external
"""  # noqa: S608

MASTER = Actor(kind=ActorKind.API, id=None, uuid=None, name="api", is_super=True)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <JWT>`, `X-AUTH-TOKEN: <token>` or `?auth_token=<token>`."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, jwt = header.partition(" ")
        if scheme.lower() == "bearer" and jwt.strip():
            return actor_of_jwt(jwt.strip(), request._request), None
        token = request.META.get("HTTP_X_AUTH_TOKEN") or request.query_params.get("auth_token")
        if token:
            return actor_of_permanent_token(token, request._request), None
        if header:
            raise AuthenticationFailed("Token not found")
        return None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def actor_of_jwt(jwt: str, request: HttpRequest) -> Actor:
    """Return who a JWT speaks for. :raises AuthenticationFailed: nobody any more."""
    try:
        claims = tokens.claims_of(jwt)
        kind = tokens.KIND_OF_ROLE[claims["roles"][0]]
        session_uuid = UUID(claims["sid"])
    except (tokens.TokenRefused, KeyError, IndexError, ValueError, TypeError) as error:
        raise AuthenticationFailed("Expired or invalid token") from error
    row = _one(request, _STATEMENTS[kind], session_uuid)
    if row is None:
        raise AuthenticationFailed("Expired or invalid token")
    *principal, is_stale = row
    if is_stale:
        tokens.see(session_uuid)
    return _ACTORS[kind](tuple(principal), ip_address_of(request), session_uuid)


def actor_of_permanent_token(token: str, request: HttpRequest) -> Actor:
    """Return the integration that owns a permanent token, or the master key's super admin."""
    master = settings.MASTER_API_KEY
    if master and hmac.compare_digest(token.encode(), master.encode()):
        return MASTER
    row = _one(request, _PERMANENT, tokens.digest(token))
    if row is None:
        raise AuthenticationFailed("Invalid token")
    return _staff(row, ip_address_of(request), None, kind=ActorKind.API)


def ip_address_of(request: HttpRequest) -> str | None:
    """Return the caller's address; behind our proxy, the one that the proxy saw."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    # The last entry is the proxy's own; those before it are whatever the caller wrote.
    address = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR") or None
    return address if address and all(c in "0123456789abcdefABCDEF.:" for c in address) else None


def caller_of(request: HttpRequest, *, device: str = "") -> signin.Caller:
    """Return where a sign-in comes from. `device`: of a browser, see `core.devices`."""
    return signin.Caller(
        address=ip_address_of(request), device=device, agent=request.META.get("HTTP_USER_AGENT", "")
    )


def _one(request: HttpRequest, statement: str, parameter: Any) -> tuple[Any, ...] | None:
    """
    Return who it is, and leave the store that the request wants at the request.

    Both are needed by nearly every request, and a second round trip would cost more than the row.
    """
    code = getattr(request, "wanted_store_code", None)
    rows = sql.read_first(statement, (code, parameter))
    if not rows:
        return None
    if code is not None:
        request.wanted_store = stores.store_of(rows[0][: stores.WIDTH])  # type: ignore[attr-defined]  # ours: see `core.api.views`
    return rows[0][stores.WIDTH :]


def _staff(
    row: tuple[Any, ...],
    ip_address: str | None,
    session_uuid: UUID | None,
    kind: ActorKind = ActorKind.STAFF,
) -> Actor:
    id_, uuid, username, is_super, permissions, store_ids = row
    return Actor(
        kind=kind,
        id=id_,
        uuid=uuid,
        name=username,
        store_ids=frozenset(store_ids) or None,
        is_super=is_super,
        permissions={
            resource: frozenset(accesses) for resource, accesses in json.loads(permissions).items()
        },
        may_transfer_points=True,
        ip_address=ip_address,
        session_uuid=session_uuid,
    )


def _seller(row: tuple[Any, ...], ip_address: str | None, session_uuid: UUID) -> Actor:
    id_, uuid, email, store_id, pos_id, may_transfer_points = row
    return Actor(
        kind=ActorKind.SELLER,
        id=id_,
        uuid=uuid,
        name=email,
        store_id=store_id,
        pos_id=pos_id,
        may_transfer_points=may_transfer_points,
        ip_address=ip_address,
        session_uuid=session_uuid,
    )


def _customer(row: tuple[Any, ...], ip_address: str | None, session_uuid: UUID) -> Actor:
    id_, uuid, name, store_id = row
    return Actor(
        kind=ActorKind.CUSTOMER,
        id=id_,
        uuid=uuid,
        name=name,
        store_id=store_id,
        ip_address=ip_address,
        session_uuid=session_uuid,
    )


_ACTORS: dict[PrincipalKind, Callable[..., Actor]] = {
    PrincipalKind.STAFF: _staff,
    PrincipalKind.SELLER: _seller,
    PrincipalKind.CUSTOMER: _customer,
}
