"""What a request to the cockpit carries: who acts, and in which store."""

from collections.abc import Callable, Iterable
from typing import Protocol
from uuid import UUID

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from accounts.authentication import ip_address_of
from accounts.models import Role, StaffUser
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.models import DEFAULT_STORE_CODE, Store

SESSION_KEY = "cockpit-store"
# Under which number a browser's sign-in is written down.
SIGN_IN = "sign_in"


class CockpitRequest(HttpRequest):
    """A request that `prepare` has seen; only an annotation, nothing makes one."""

    user: StaffUser
    actor: Actor
    store: Store
    stores: list[Store]


class View(Protocol):
    def __call__(self, request: CockpitRequest, /) -> HttpResponse: ...


AnyView = Callable[..., HttpResponse]


def refuse_null(request: HttpRequest) -> None:
    """
    Refuse an address that holds a zero byte: the database looks up no such text, and no link and no
    form of ours makes one.

    :raises SuspiciousOperation: answered as a bad request.
    """
    if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        raise SuspiciousOperation("The address contains a NUL character.")


def prepare(request: HttpRequest) -> CockpitRequest:
    """
    Find the signed-in person's rights and the store they work in: four queries.

    The store is the one last chosen in this session, else the default one, else the first.

    :raises PermissionDenied: no store is open to this person.
    """
    assert isinstance(request.user, StaffUser)
    request.actor = actor_of(  # type: ignore[attr-defined]
        request.user, ip_address=ip_address_of(request), session_uuid=sign_in_of(request)
    )
    prepared: CockpitRequest = request  # type: ignore[assignment]  # it has become one
    prepared.stores = _open_stores(prepared.actor)
    if not prepared.stores:
        raise PermissionDenied("No store is open to you.")
    prepared.store = _chosen(prepared.stores, request.session.get(SESSION_KEY))
    return prepared


def sign_in_of(request: HttpRequest) -> UUID | None:
    """Return under which number a sign-in is written down; those of older releases are not."""
    text = request.session.get(SIGN_IN)
    return UUID(text) if text else None


def actor_of(
    staff: StaffUser, *, ip_address: str | None = None, session_uuid: UUID | None = None
) -> Actor:
    """Return a staff user as an actor, with the rights of all their roles: three queries."""
    roles = list(Role.objects.filter(staff=staff).prefetch_related("permissions"))
    permissions: dict[str, frozenset[str]] = {}
    for role in roles:
        for permission in role.permissions.all():
            held = permissions.get(permission.resource, frozenset())
            permissions[permission.resource] = held | {permission.access}
    store_ids = frozenset(staff.stores.values_list("pk", flat=True))
    return Actor(
        kind=ActorKind.STAFF,
        id=staff.pk,
        uuid=staff.uuid,
        name=staff.username,
        store_ids=store_ids or None,
        is_super=any(role.is_master for role in roles),
        permissions=permissions,
        ip_address=ip_address,
        session_uuid=session_uuid,
    )


def choose_store(request: CockpitRequest, code: str) -> Store | None:
    """Remember the store that a person goes on working in; None where it is not open to them."""
    store = next((store for store in request.stores if store.code == code), None)
    if store is not None:
        request.session[SESSION_KEY] = store.code
    return store


def _open_stores(actor: Actor) -> list[Store]:
    return [store for store in Store.objects.all() if actor.reaches_store(store.pk)]


def _chosen(stores: Iterable[Store], code: str | None) -> Store:
    by_code = {store.code: store for store in stores}
    return (
        by_code.get(code or "") or by_code.get(DEFAULT_STORE_CODE) or next(iter(by_code.values()))
    )
