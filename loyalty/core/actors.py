"""Who is acting: what every door hands to access checks, audit and commands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from loyalty.core.errors import OfAllStores


class ActorKind(StrEnum):
    STAFF = "admin"
    SELLER = "seller"
    CUSTOMER = "customer"
    API = "api"  # an integration, by permanent token or the master key
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """
    An authenticated caller. Immutable for the length of a request; runs no query.

    `store_id`: the one store of a seller or customer. None: all stores, or those in `store_ids`.
    `permissions`: resource → accesses, such as {"CUSTOMER": {"VIEW", "MODIFY"}} (ACL-1…6).
    """

    kind: ActorKind
    id: int | None
    uuid: UUID | None
    name: str
    store_id: int | None = None
    store_ids: frozenset[int] | None = None
    is_super: bool = False
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    may_transfer_points: bool = False
    pos_id: int | None = None
    ip_address: str | None = None
    session_uuid: UUID | None = None

    # DRF asks a request's user for these.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_staff(self) -> bool:
        return self.kind in {ActorKind.STAFF, ActorKind.API}

    @property
    def issuer(self) -> str:
        """Return the issuer of points that this actor moves (PA-20)."""
        return {
            ActorKind.STAFF: "admin",
            ActorKind.SELLER: "seller",
            ActorKind.CUSTOMER: "api",
            ActorKind.API: "api",
            ActorKind.SYSTEM: "system",
        }[self.kind]

    def can_view(self, resource: str) -> bool:
        return self.is_super or "VIEW" in self.permissions.get(resource, frozenset())

    def can_modify(self, resource: str) -> bool:
        """Writing needs both accesses (ACL-2)."""
        return self.is_super or {"VIEW", "MODIFY"} <= self.permissions.get(resource, frozenset())

    @property
    def reaches_all_stores(self) -> bool:
        return self.store_id is None and self.store_ids is None

    def require_all_stores(self) -> None:
        """
        Let pass who may change what all stores share: roles, languages, jobs, the stores' number.

        :raises OfAllStores: only some stores are open to this actor.
        """
        if not self.reaches_all_stores:
            raise OfAllStores

    def reaches_store(self, store_id: int) -> bool:
        if self.store_id is not None:
            return self.store_id == store_id
        return self.store_ids is None or store_id in self.store_ids


SYSTEM = Actor(kind=ActorKind.SYSTEM, id=None, uuid=None, name="system", is_super=True)
