"""
The points rules once more, as a plain Python toy, to be played side by side with the ledger.

It knows no locks, no SQL and no jobs: time settles everything at once. Where the two differ, one
is wrong.
"""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

ZERO = Decimal(0)


class Refused(Exception):
    pass


@dataclass(eq=False)
class ToyLot:
    owner: "ToyWallet"
    amount: Decimal
    origin: str
    active_from: datetime
    expires_at: datetime | None
    is_locked: bool = False
    sale: object = None
    remaining: Decimal = ZERO
    reserved: Decimal = ZERO
    consumed: Decimal = ZERO
    expired: Decimal = ZERO
    cancelled: Decimal = ZERO
    ended: str = ""

    def __post_init__(self) -> None:
        self.remaining = self.amount
        self.owner.lots.append(self)

    @property
    def free(self) -> Decimal:
        return self.remaining - self.reserved

    def state(self, now: datetime) -> str:
        if self.ended:
            return self.ended
        if self.is_locked:
            return "pending"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"

    def is_spendable(self, now: datetime) -> bool:
        return self.state(now) == "active" and self.free > 0

    def settle(self, now: datetime) -> None:
        if self.ended:
            return
        if self.is_locked and self.active_from <= now:
            self.is_locked = False
        if self.state(now) == "expired" and self.free:
            self.lose(self.free, "expired")
            self.ended = "expired"

    def lose(self, amount: Decimal, part: str) -> None:
        self.remaining -= amount
        setattr(self, part, getattr(self, part) + amount)


_numbers = itertools.count()


@dataclass(eq=False)
class ToyPart:
    """What a debit took from one lot; numbered in the order in which all were written."""

    lot: ToyLot
    amount: Decimal
    number: int = field(default_factory=lambda: next(_numbers))


@dataclass(eq=False)
class ToyDebit:
    payer: "ToyWallet"
    kind: str
    amount: Decimal
    parts: list[ToyPart]
    receiver: "ToyWallet | None" = None
    made: list[ToyLot] = field(default_factory=list)
    status: str = "captured"
    captured: Decimal = ZERO


@dataclass(eq=False)
class ToyWallet:
    lots: list[ToyLot] = field(default_factory=list)

    def figures(self, now: datetime) -> dict[str, Decimal]:
        spendable = [lot for lot in self.lots if lot.is_spendable(now)]
        return {
            "points": total(lot.free for lot in spendable),
            "p2p": total(lot.free for lot in spendable if lot.origin == "p2p"),
            "total_earned": total(
                lot.amount
                for lot in self.lots
                if lot.origin == "earned" and lot.ended != "canceled"
            ),
            "used": total(lot.consumed for lot in self.lots),
            "expired": total(lot.expired for lot in self.lots),
            "locked": total(lot.remaining for lot in self.lots if lot.state(now) == "pending"),
            "held": total(lot.reserved for lot in self.lots),
        }


def total(amounts: object) -> Decimal:
    return sum(amounts, ZERO)  # type: ignore[call-overload]


class Toy:
    """All wallets of a store. Every method raises `Refused` and changes nothing, or does it all."""

    def __init__(self, wallets: int, *, spend_order: str, supply: Decimal | None) -> None:
        self.wallets = [ToyWallet() for _ in range(wallets)]
        self.spend_order = spend_order
        self.supply = supply
        self.debits: list[ToyDebit] = []

    def advance(self, now: datetime) -> None:
        for wallet in self.wallets:
            for lot in wallet.lots:
                lot.settle(now)

    def earn(
        self,
        wallet: ToyWallet,
        amount: Decimal,
        *,
        locked_until: datetime | None,
        expires_at: datetime | None,
        now: datetime,
        sale: object = None,
    ) -> ToyLot:
        if self.supply is not None:
            if self.supply < amount:
                raise Refused
            self.supply -= amount
        lot = ToyLot(
            wallet,
            amount,
            "earned",
            locked_until or now,
            expires_at,
            is_locked=locked_until is not None,
            sale=sale,
        )
        lot.settle(now)
        return lot

    def debit(
        self,
        wallet: ToyWallet,
        kind: str,
        amount: Decimal,
        now: datetime,
        *,
        receiver: ToyWallet | None = None,
        is_held: bool = False,
    ) -> ToyDebit:
        debit = ToyDebit(wallet, kind, amount, self._pick(wallet, amount, now), receiver)
        self.debits.append(debit)
        if is_held:
            debit.status = "held"
            for part in debit.parts:
                part.lot.reserved += part.amount
        else:
            debit.captured = amount
            for part in debit.parts:
                part.lot.lose(part.amount, "consumed")
            self._hand_over(debit, debit.parts, now)
        return debit

    def capture(self, debit: ToyDebit, amount: Decimal, now: datetime) -> None:
        if debit.status != "held" or debit.kind == "hold" or amount > debit.amount:
            raise Refused
        taken = []
        lacking = amount
        for part in debit.parts:
            used = min(part.amount, lacking)
            lacking -= used
            part.lot.reserved -= part.amount
            if used:
                part.lot.lose(used, "consumed")
                taken.append(ToyPart(part.lot, used, part.number))
            self._follow(part.lot, part.amount - used, now)
        debit.parts, debit.captured, debit.status = taken, amount, "captured"
        self._hand_over(debit, taken, now)

    def release(self, debit: ToyDebit, now: datetime) -> None:
        if debit.status != "held":
            raise Refused
        debit.status = "released"
        for part in debit.parts:
            part.lot.reserved -= part.amount
            self._follow(part.lot, part.amount, now)

    def cancel(self, lot: ToyLot, now: datetime) -> None:
        if lot.origin == "p2p" or lot.state(now) not in {"active", "pending"}:
            raise Refused
        self._return_supply(lot.free)
        lot.lose(lot.free, "cancelled")
        lot.ended, lot.is_locked = "canceled", False

    def activate(self, lot: ToyLot, now: datetime) -> None:
        if lot.state(now) != "pending":
            raise Refused
        lot.is_locked, lot.active_from = False, now
        lot.settle(now)

    def expire(self, lot: ToyLot, now: datetime) -> None:
        if lot.state(now) != "active":
            raise Refused
        lot.lose(lot.free, "expired")
        lot.ended, lot.expires_at = "expired", now

    def reset(self, wallet: ToyWallet, now: datetime) -> None:
        for lot in wallet.lots:
            if lot.remaining and not lot.ended:
                lot.lose(lot.free, "expired")
                lot.ended, lot.is_locked = "expired", False
                lot.expires_at = min(lot.expires_at or now, now)

    def take_back(self, wallet: ToyWallet, sale: object, amount: Decimal, now: datetime) -> Decimal:
        own = [
            lot
            for lot in wallet.lots
            if lot.sale == sale and lot.state(now) in {"active", "pending"} and lot.free
        ]
        rest = [lot for lot in wallet.lots if lot not in own and lot.is_spendable(now)]
        moved = ZERO
        for lot in own + rest:
            part = min(lot.free, amount - moved)
            lot.lose(part, "consumed")
            moved += part
        self._return_supply(moved)
        return moved

    def revert_earn(self, lot: ToyLot, now: datetime) -> None:
        self._collect(lot.owner, [lot], lot.amount, now)
        self._return_supply(lot.amount)

    def revert_debit(self, debit: ToyDebit, now: datetime, until: datetime | None) -> None:
        if debit.status != "captured" or debit.kind == "hold":
            raise Refused
        if debit.receiver is not None:
            self._collect(debit.receiver, debit.made, debit.captured, now)
        debit.status = "reverted"
        for part in debit.parts:
            lot, amount = part.lot, part.amount
            lot.consumed -= amount
            if lot.state(now) == "expired" and until is not None:
                lot.cancelled += amount
                ToyLot(lot.owner, amount, "returned", now, until)
                continue
            lot.remaining += amount
            self._follow(lot, amount, now)

    def _pick(self, wallet: ToyWallet, amount: Decimal, now: datetime) -> list[ToyPart]:
        queue = [lot for lot in wallet.lots if lot.is_spendable(now)]
        if self.spend_order == "soonest_expiring_first":
            queue.sort(key=lambda lot: (lot.expires_at is None, lot.expires_at or now))
        if total(lot.free for lot in queue) < amount:
            raise Refused
        parts = []
        for lot in queue:
            if taken := min(lot.free, amount):
                parts.append(ToyPart(lot, taken))
                amount -= taken
        return parts

    def _hand_over(self, debit: ToyDebit, parts: list[ToyPart], now: datetime) -> None:
        if debit.receiver is None:
            return
        for part in parts:
            made = ToyLot(debit.receiver, part.amount, "p2p", now, part.lot.expires_at)
            debit.made.append(made)
            made.settle(now)

    def _follow(self, lot: ToyLot, amount: Decimal, now: datetime) -> None:
        """Units that came back to a lot go where it has gone."""
        if lot.ended == "canceled":
            lot.lose(amount, "cancelled")
            self._return_supply(amount)
        elif amount and lot.state(now) == "expired":
            lot.lose(amount, "expired")
            lot.ended = "expired"

    def _collect(
        self, wallet: ToyWallet, own: list[ToyLot], amount: Decimal, now: datetime
    ) -> None:
        if any(lot.ended == "canceled" for lot in own):
            raise Refused
        others = [lot for lot in wallet.lots if lot not in own and lot.is_spendable(now)]
        own_free = total(lot.free for lot in own)
        lacking = amount - own_free
        if total(lot.free for lot in others) < lacking:
            raise Refused
        for lot in own:
            lacking -= self._move_reservations(lot, others)
            lot.lose(lot.remaining, "cancelled")
            lot.ended, lot.is_locked = "canceled", False
        for lot in others:
            part = min(lot.free, lacking)
            lot.lose(part, "cancelled")
            lacking -= part

    def _move_reservations(self, lot: ToyLot, others: list[ToyLot]) -> Decimal:
        moved = lot.reserved
        held = [
            (part, debit)
            for debit in self.debits
            if debit.status == "held"
            for part in debit.parts
            if part.lot is lot
        ]
        for part, debit in sorted(held, key=lambda pair: pair[0].number):
            debit.parts.remove(part)
            lacking = part.amount
            for other in others:
                if step := min(other.free, lacking):
                    other.reserved += step
                    debit.parts.append(ToyPart(other, step))
                    lacking -= step
        lot.reserved = ZERO
        return moved

    def _return_supply(self, amount: Decimal) -> None:
        if self.supply is not None:
            self.supply += amount
