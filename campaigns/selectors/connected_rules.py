"""
Earning rules that custom campaigns point at (CUST-1). The rules stand a room above.

`earning` plugs its look-up in when the platform starts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from loyalty.core.models import Store


@dataclass(frozen=True)
class ConnectedRule:
    """What a customer is told of the rule: scan here for that many points."""

    uuid: UUID
    type: str
    name: str
    points: Decimal


LookUp = Callable[[Store, Sequence[UUID]], Mapping[UUID, ConnectedRule]]
Lister = Callable[[Store], Sequence[ConnectedRule]]

_look_ups: list[LookUp] = []
_listers: list[Lister] = []


def register(look_up: LookUp, lister: Lister) -> None:
    """
    Take what finds QR code and geolocation rules of a store by their uuids, and what lists them.
    """
    if look_up not in _look_ups:
        _look_ups.append(look_up)
        _listers.append(lister)


def get_rules(store: Store, uuids: Sequence[UUID]) -> dict[UUID, ConnectedRule]:
    """Return what is known of these rules; unknown ones are missing. One query, or none."""
    found: dict[UUID, ConnectedRule] = {}
    for look_up in _look_ups if uuids else ():
        found |= look_up(store, uuids)
    return found


def list_rules(store: Store) -> list[ConnectedRule]:
    """Return the rules that a custom campaign could point at. One query."""
    return [rule for lister in _listers for rule in lister(store)]
