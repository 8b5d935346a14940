"""
Sales that coupons are worth a part of, or used on. They stand a room above.

`transactions` plugs its look-up in when the platform starts.
"""

from collections import ChainMap
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from loyalty.core.models import Store


@dataclass(frozen=True)
class Sale:
    """A sale that was given to a customer. `gross_value`: of the whole document."""

    uuid: UUID
    customer_id: int
    gross_value: Decimal


LookUp = Callable[[Store, Collection[UUID]], Mapping[UUID, Sale]]

_look_ups: list[LookUp] = []


def register(look_up: LookUp) -> None:
    """Take the function that finds a store's sales that have a customer; returns are none."""
    if look_up not in _look_ups:
        _look_ups.append(look_up)


def find_sale(store: Store, uuid: UUID) -> Sale | None:
    return find_sales(store, [uuid]).get(uuid)


def find_sales(store: Store, uuids: Collection[UUID]) -> Mapping[UUID, Sale]:
    """Return those of a store's sales that were given to customers, by id. One query, or none."""
    if not uuids:
        return {}
    return ChainMap(*(dict(look_up(store, uuids)) for look_up in _look_ups))
