"""
Add and spend points of many customers by hand at once: what files bring in. Source: PA-25.

The outcome is that of `points.add` and `points.spend` for one after the other. Orders go in waves:
in one wave a customer is given points, any number of times, or spends once, so that what is there
to spend is known, and all of a wave is written by the same few statements.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.ledger import amounts, supply, wallets
from accounts.selectors import qualifying
from accounts.services import customer_locks, points
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import audit

# Fewer orders than that in a wave are quicker one by one.
WAVE_MIN = 4

Order = points.Grant | points.Spend
Outcome = UUID | DomainError


def change(*, order: Order, actor: Actor, now: datetime) -> UUID:
    """
    Carry out one order for `actor`; return the transfer's id.

    :raises DomainError: what `points.add` and `points.spend` refuse.
    """
    if isinstance(order, points.Spend):
        return points.spend(
            customer=order.customer,
            amount=order.amount,
            issuer=order.issuer,
            comment=order.comment,
            now=now,
            actor=actor,
        ).uuid
    return points.add(
        customer=order.customer,
        amount=order.amount,
        issuer=order.issuer,
        comment=order.comment,
        key=order.key,
        expires_at=order.expires_at,
        now=now,
        actor=actor,
    ).uuid


def change_many(
    *, store: Store, orders: Sequence[Order], actor: Actor, now: datetime
) -> list[Outcome]:
    """
    Carry out orders in their order; return for each the transfer's id, or why it is refused.

    Locks the customers' wallets until commit. What is refused leaves nothing behind and stops no
    other.
    """
    batch = _Batch(store, orders, actor, now)
    with transaction.atomic():
        customer_locks.lock_for_points(store, {order.customer.pk for order in orders})
        if qualifying.follows_points(store) or supply.is_limited(store):
            # Each change may move its customer's level, or take the last points from the next.
            batch.take_singly(range(len(orders)))
        elif orders:
            batch.take_all()
    return [batch.outcomes[place] for place in range(len(orders))]


class _Batch:
    def __init__(self, store: Store, orders: Sequence[Order], actor: Actor, now: datetime) -> None:
        self.store = store
        self.orders = orders
        self.actor = actor
        self.now = now
        self.outcomes: dict[int, Outcome] = {}

    def take_singly(self, places: Sequence[int]) -> None:
        for place in places:
            try:
                with transaction.atomic():
                    self.outcomes[place] = change(
                        order=self.orders[place], actor=self.actor, now=self.now
                    )
            except DomainError as refusal:
                self.outcomes[place] = refusal

    def take_all(self) -> None:
        places = [place for place in range(len(self.orders)) if self._is_well_formed(place)]
        # All at once, in their order: a later wave must not wait with what an earlier one locked.
        wallets.lock(self.orders[place].customer.wallet_id for place in places)
        for wave in self._waves(places):
            if len(wave) < WAVE_MIN:
                self.take_singly(wave)
            else:
                self._take_wave(wave)

    def _is_well_formed(self, place: int) -> bool:
        """Tell whether an amount is one; what is wrong with it would refuse a whole wave."""
        try:
            amounts.check(self.orders[place].amount, decimals=amounts.DECIMALS_MAX)
        except DomainError as refusal:
            self.outcomes[place] = refusal
            return False
        return True

    def _waves(self, places: Sequence[int]) -> list[list[int]]:
        last: dict[int, tuple[int, bool]] = {}
        waves: list[list[int]] = []
        for place in places:
            order = self.orders[place]
            is_grant = isinstance(order, points.Grant)
            number, was_grant = last.get(order.customer.pk, (-1, False))
            if number < 0 or not (is_grant and was_grant):
                number += 1
            last[order.customer.pk] = number, is_grant
            if number == len(waves):
                waves.append([])
            waves[number].append(place)
        return waves

    def _take_wave(self, places: Sequence[int]) -> None:
        try:
            with transaction.atomic():
                outcomes = self._written(places)
        except DomainError:
            # What refuses one refuses them all: the way of one finds which.
            self.take_singly(places)
        else:
            self.outcomes |= outcomes
            self._record(places)

    def _written(self, places: Sequence[int]) -> dict[int, Outcome]:
        grants: dict[int, points.Grant] = {}
        spends: dict[int, points.Spend] = {}
        for place in places:
            order = self.orders[place]
            if isinstance(order, points.Grant):
                grants[place] = order
            else:
                spends[place] = order
        lots = points.add_many(store=self.store, grants=list(grants.values()), now=self.now)
        spent = points.spend_many(store=self.store, spends=list(spends.values()), now=self.now)
        added: dict[int, Outcome] = {
            place: lot.uuid for place, lot in zip(grants, lots, strict=True)
        }
        return added | dict(zip(spends, spent, strict=True))

    def _record(self, places: Sequence[int]) -> None:
        """Write down in the audit trail what was done, as `points` does for one."""
        deeds = []
        for place in places:
            order, outcome = self.orders[place], self.outcomes[place]
            if isinstance(outcome, DomainError):
                continue
            is_grant = isinstance(order, points.Grant)
            deeds.append(
                audit.Deed(
                    event_type="AddPoints" if is_grant else "SpendPoints",
                    entity_type="PointsTransfer",
                    entity_id=outcome,
                    data=points.audited(order.customer, order.amount, order.comment),
                )
            )
        audit.record_many(self.actor, store=self.store, deeds=deeds, now=self.now)
