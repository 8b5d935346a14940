"""
What customers bought for points, as their documents list it (CUS-25).

Rewards are the business of a room above, which registers how they are read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from accounts.models import Customer, Resource
from loyalty.core.actors import Actor
from loyalty.core.models import Store

Purchases = Mapping[int, list[dict[str, Any]]]
# Store, customers and who reads in, by the customer's key out.
Reader = Callable[[Store, Sequence[Customer], Actor], Purchases]

_readers: list[Reader] = []


def register(reader: Reader) -> None:
    if reader not in _readers:
        _readers.append(reader)


def read(store: Store, customers: Sequence[Customer], actor: Actor) -> Purchases:
    """Return the latest purchases of each; none for staff who may not see rewards."""
    is_blind = actor.is_staff and not actor.can_view(Resource.REWARD_CAMPAIGN)
    if is_blind or not customers:
        return {}
    found: dict[int, list[dict[str, Any]]] = {}
    for reader in _readers:
        for customer_id, rows in reader(store, customers, actor).items():
            found.setdefault(customer_id, []).extend(rows)
    return found
