"""
Find out which lots each debit took from: the other server tells what moved, but not that.

Plain data in, plain data out. Its rule is the oldest first (PA 1.1), of what was active then; a
take-back begins with its sale's own lot (PA-12). When somebody cancelled a lot by hand, or had it
expire before its time, is not told: debits take from such lots only what no other has.

Nor is it told when a debit was written: one that is dated back met lots that were expired by then.
So where the balances do not come out as told, debits are tried that spare some of these.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

ZERO = Decimal(0)
EXPIRED, CANCELLED = "expired", "canceled"
# Expired lots that are tried to be spared, the latest: each run of them is a replay.
SPARED_MAX = 24


@dataclass(eq=False)
class Lot:
    """`ends`: how it ended by what the other server says, if it did."""

    uuid: UUID
    amount: Decimal
    created_at: datetime
    expires_at: datetime | None = None
    locked_until: datetime | None = None
    ends: str = ""
    sale: UUID | None = None
    reserved: Decimal = ZERO
    consumed: Decimal = ZERO
    expired: Decimal = ZERO
    cancelled: Decimal = ZERO

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.consumed - self.expired - self.cancelled

    @property
    def free(self) -> Decimal:
        return self.remaining - self.reserved

    def ends_early(self, now: datetime) -> bool:
        """Tell whether somebody ended it: by its own date it would be there still."""
        is_due = self.expires_at is not None and self.expires_at <= now
        return self.ends == CANCELLED or (self.ends == EXPIRED and not is_due)


@dataclass(eq=False)
class Debit:
    """
    `is_hold`: set aside, not gone. `sale`: of a take-back, the sale that it revises; a take-back
    may take less than its value.
    """

    uuid: UUID
    value: Decimal
    created_at: datetime
    is_hold: bool = False
    sale: UUID | None = None
    takes: list[tuple[Lot, Decimal]] = field(default_factory=list)

    @property
    def taken(self) -> Decimal:
        return sum((amount for _lot, amount in self.takes), ZERO)


@dataclass(frozen=True)
class History:
    lots: Sequence[Lot]
    debits: Sequence[Debit]

    def figures(self, now: datetime) -> dict[str, Decimal]:
        """Return the figures of the customer's status that follow, by their names there."""
        open_now = [
            lot
            for lot in self.lots
            if not lot.ends and (lot.locked_until is None or lot.locked_until <= now)
        ]
        return {
            "points": sum((lot.free for lot in open_now), ZERO),
            "usedPoints": sum((lot.consumed for lot in self.lots), ZERO),
            "expiredPoints": sum((lot.expired for lot in self.lots), ZERO),
        }


def fit(
    lots: Sequence[Lot], debits: Sequence[Debit], now: datetime, told: Mapping[str, Decimal]
) -> History:
    """
    Return the history that leads to the figures that are `told`; the plain one if none does.

    `lots` and `debits` are left as they are.
    """
    plain = _replayed(lots, debits, now, frozenset())
    for spared in ((), *_spared(plain.lots)):
        tried = _replayed(lots, debits, now, frozenset(spared)) if spared else plain
        figures = tried.figures(now)
        if all(figures[name] == value for name, value in told.items() if name in figures):
            return tried
    return plain


def _spared(lots: Sequence[Lot]) -> Iterator[Sequence[UUID]]:
    """Yield the runs of expired lots that debits may have met too late, the longest first."""
    expired = [lot.uuid for lot in lots if lot.ends == EXPIRED and lot.consumed][-SPARED_MAX:]
    for length in range(len(expired), 0, -1):
        for start in range(len(expired) - length + 1):
            yield expired[start : start + length]


def _replayed(
    lots: Sequence[Lot], debits: Sequence[Debit], now: datetime, spared: frozenset[UUID]
) -> History:
    history = History(
        sorted((replace(lot) for lot in lots), key=lambda lot: (lot.created_at, lot.uuid)),
        [replace(debit, takes=[]) for debit in debits],
    )
    replay(history.lots, history.debits, now, spared)
    return history


def replay(
    lots: Sequence[Lot],
    debits: Iterable[Debit],
    now: datetime,
    spared: frozenset[UUID] = frozenset(),
) -> None:
    """
    Fill in what each debit took, and what has become of each lot by `now`.

    `spared`: lots that debits take from only what no other has.
    """
    in_order = sorted(lots, key=lambda lot: (lot.created_at, lot.uuid))
    for debit in sorted(debits, key=lambda each: (each.created_at, each.uuid)):
        _expire(in_order, debit.created_at)
        _take(debit, _offered(in_order, debit, now, spared))
    _expire(in_order, now)
    for lot in in_order:
        if lot.ends == CANCELLED:
            lot.cancelled += lot.free
        elif lot.ends == EXPIRED:
            lot.expired += lot.free


def _expire(lots: Iterable[Lot], moment: datetime) -> None:
    for lot in lots:
        is_due = lot.expires_at is not None and lot.expires_at <= moment
        if is_due and lot.ends != CANCELLED:
            lot.expired += lot.free


def _offered(
    lots: Sequence[Lot], debit: Debit, now: datetime, spared: frozenset[UUID]
) -> list[Lot]:
    """Return the lots that a debit may take from, in its order."""

    def is_own(lot: Lot) -> bool:
        return debit.sale is not None and lot.sale == debit.sale

    open_then = [
        lot
        for lot in lots
        if lot.created_at <= debit.created_at
        and lot.free > 0
        and (is_own(lot) or lot.locked_until is None or lot.locked_until <= debit.created_at)
    ]
    return sorted(
        open_then,
        key=lambda lot: (not is_own(lot), lot.ends_early(now) or lot.uuid in spared),
    )


def _take(debit: Debit, lots: Iterable[Lot]) -> None:
    missing = debit.value
    for lot in lots:
        amount = min(lot.free, missing)
        if amount <= 0:
            break
        if debit.is_hold:
            lot.reserved += amount
        else:
            lot.consumed += amount
        debit.takes.append((lot, amount))
        missing -= amount
