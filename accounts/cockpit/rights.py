"""Who may see and do what in the cockpit: the roles' permissions (ACL-1…6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.exceptions import PermissionDenied

from accounts.models import Access, Resource
from loyalty.core.actors import Actor

_looking: ContextVar[Actor | None] = ContextVar("looking", default=None)


class RightMissing(PermissionDenied):
    """The signed-in person's roles lack a right; the site answers with a page that names it."""

    def __init__(self, resource: Resource, access: Access) -> None:
        super().__init__(f"{resource.label} – {access.label}")
        self.resource = resource
        self.access = access


def may(actor: Actor, resource: Resource, access: Access = Access.VIEW) -> bool:
    """Return whether an actor holds a right; modifying needs viewing too (ACL-2)."""
    if access == Access.MODIFY:
        return actor.can_modify(resource)
    return actor.can_view(resource)


def require(actor: Actor, resource: Resource, access: Access = Access.VIEW) -> None:
    """
    Let pass who holds a right.

    :raises RightMissing: the actor's roles lack it.
    """
    if not may(actor, resource, access):
        raise RightMissing(resource, access)


def require_all_stores(actor: Actor) -> None:
    """
    Let pass who looks after what all stores share.

    :raises PermissionDenied: only some stores are open to the actor.
    """
    if not actor.reaches_all_stores:
        raise PermissionDenied("Only some stores are open to you.")


@contextmanager
def looking(actor: Actor) -> Iterator[None]:
    """Say for whom a page is made, so that it offers no way to what is closed to them."""
    token = _looking.set(actor)
    try:
        yield
    finally:
        _looking.reset(token)


def opens(resource: Resource) -> bool:
    """Return whether a page of these may be offered to who looks; True where nobody does."""
    actor = _looking.get()
    return actor is None or may(actor, resource)
