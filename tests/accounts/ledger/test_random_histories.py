"""
Random histories of everything that can happen to points, on PostgreSQL, played side by side with
a plain Python model. After every step the books must be right and both must show the same.

Source: unified-vocabulary 6.3 and 6.4.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.ledger import checks, debits, earns, holds, lots, reverting, supply
from accounts.ledger.debits import Debit
from accounts.ledger.earns import Earn
from accounts.ledger.models import Lot, PointType, Posting, PostingKind
from accounts.ledger.wallets import Holder
from accounts.models import Customer, PointsTransfer
from accounts.selectors import balances
from accounts.services import points, points_jobs
from loyalty.core.errors import DomainError
from loyalty.core.models import uuid7
from tests.accounts.ledger.conftest import NOON, open_member
from tests.accounts.ledger.model import Refused, Toy, ToyDebit, ToyLot, ToyWallet
from tests.factories.core import default_store

pytestmark = [pytest.mark.ledger, pytest.mark.django_db]

MEMBERS = 3
ZERO = Decimal(0)


@dataclass(frozen=True)
class Step:
    """One thing that happens. What the numbers choose depends on what there is by then."""

    what: str
    amount: Decimal
    one: int
    other: int
    days: int
    flag: bool


# How often each thing happens, so that there is something to undo.
WEIGHTS = {
    "earn": 8,
    "spend": 5,
    "send": 4,
    "hold": 5,
    "capture": 2,
    "release": 2,
    "cancel": 2,
    "activate": 1,
    "expire": 1,
    "reset": 1,
    "take_back": 2,
    "revert_earn": 1,
    "revert_debit": 3,
    "pass_time": 4,
}
NUMBERS = st.integers(0, 99)
STEPS = st.builds(
    Step,
    what=st.sampled_from([name for name, weight in WEIGHTS.items() for _ in range(weight)]),
    # Few different amounts, so that some are exactly what is there.
    amount=st.sampled_from([Decimal(text) for text in ("0.01", "5", "10", "12.5", "20", "40")]),
    one=NUMBERS,
    other=NUMBERS,
    # Few different times, so that dates meet.
    days=st.integers(0, 5),
    flag=st.booleans(),
)


class History:
    """A store in the ledger and in the model, to which the same things happen."""

    def __init__(self, *, spend_order: str, limit: Decimal | None) -> None:
        self.store = default_store()
        PointType.objects.in_store(self.store).update(spend_order=spend_order)
        if limit is not None:
            [point_type] = PointType.objects.in_store(self.store)
            supply.limit(point_type, limit, now=NOON)
        self.toy = Toy(MEMBERS, spend_order=spend_order, supply=limit)
        self.now: datetime = NOON
        self.members: list[Customer] = [open_member(self.store) for _ in range(MEMBERS)]
        self.lots: list[tuple[Lot, ToyLot]] = []
        self.debits: list[tuple[Posting, ToyDebit]] = []

    def play(self, step: Step) -> None:
        getattr(self, step.what)(step)
        assert checks.find_differences() == []
        self.compare()

    # What happens ---------------------------------------------------------------------------

    def pass_time(self, step: Step) -> None:
        """Time goes by; the jobs may sleep."""
        self.now += timedelta(hours=12 * step.days)
        self.toy.advance(self.now)
        if step.flag:
            points_jobs.unlock_due(self.now)
            points_jobs.expire_due(self.now)

    def earn(self, step: Step) -> None:
        locked_until = self.now + timedelta(days=step.days) if step.flag and step.days else None
        # Sometimes it ends while it is locked: the lock goes first.
        life = step.other % 6
        expires_at = self.now + timedelta(days=life) if life else None
        sale = uuid7()
        order = Earn(
            holder=self.holder(step.one % MEMBERS),
            amount=step.amount * 4,
            active_from=locked_until,
            expires_at=expires_at,
            transaction_uuid=sale,
        )

        def in_toy() -> ToyLot:
            return self.toy.earn(
                self.toy.wallets[step.one % MEMBERS],
                order.amount,
                locked_until=locked_until,
                expires_at=expires_at,
                now=self.now,
                sale=sale,
            )

        if made := self.both(lambda: earns.earn(order, now=self.now), in_toy):
            self.lots.append(made)

    def spend(self, step: Step) -> None:
        order = self.order(step)
        self.debit(step, "spend", lambda: debits.spend(order, now=self.now))

    def send(self, step: Step) -> None:
        order, receiver = self.order(step), self.another(step)
        self.debit(
            step,
            "transfer",
            lambda: debits.transfer(order, receiver=self.holder(receiver), now=self.now),
            receiver=receiver,
        )

    def hold(self, step: Step) -> None:
        kind = [PostingKind.HOLD, PostingKind.SPEND, PostingKind.TRANSFER][step.days % 3]
        order, receiver = self.order(step), None
        if kind == PostingKind.TRANSFER:
            receiver = self.another(step)
        self.debit(
            step,
            kind.value,
            lambda: debits.hold(
                order,
                kind=kind,
                receiver=None if receiver is None else self.holder(receiver),
                now=self.now,
            ),
            receiver=receiver,
            is_held=True,
        )

    def capture(self, step: Step) -> None:
        if not (chosen := self.choose_debit(step, "held")):
            return
        posting, debit = chosen
        amount = debit.amount if step.flag else step.amount
        self.both(
            lambda: holds.capture(
                posting,
                amount=amount,
                holder=self.holder_of(debit.payer),
                receiver=self.holder_of(debit.receiver),
                now=self.now,
            ),
            lambda: self.toy.capture(debit, amount, self.now),
        )

    def release(self, step: Step) -> None:
        if chosen := self.choose_debit(step, "held"):
            posting, debit = chosen
            self.both(
                lambda: holds.release(posting, holder=self.holder_of(debit.payer), now=self.now),
                lambda: self.toy.release(debit, self.now),
            )

    def cancel(self, step: Step) -> None:
        self.change_lot(step, points.cancel, self.toy.cancel)

    def activate(self, step: Step) -> None:
        self.change_lot(step, points.activate, self.toy.activate)

    def expire(self, step: Step) -> None:
        self.change_lot(step, points.expire, self.toy.expire)

    def change_lot(self, step: Step, command: Any, in_toy: Any) -> None:
        if self.lots:
            lot, toy_lot = self.lots[step.one % len(self.lots)]
            self.both(
                lambda: command(store=self.store, transfer_uuid=lot.uuid, now=self.now),
                lambda: in_toy(toy_lot, self.now),
            )

    def reset(self, step: Step) -> None:
        who = step.one % MEMBERS
        lots.reset(holder=self.holder(who), now=self.now)
        self.toy.reset(self.toy.wallets[who], self.now)

    def take_back(self, step: Step) -> None:
        if not self.lots:
            return
        lot, toy_lot = self.lots[step.one % len(self.lots)]
        posting = points.take_back(
            customer=self.members[self.toy.wallets.index(toy_lot.owner)],
            sale_uuid=lot.transaction_uuid,
            return_uuid=uuid7(),
            amount=step.amount,
            now=self.now,
        )
        moved = self.toy.take_back(toy_lot.owner, toy_lot.sale, step.amount, self.now)
        assert (posting.requested_amount, posting.amount) == (step.amount, moved)

    def revert_earn(self, step: Step) -> None:
        if self.lots:
            lot, toy_lot = self.lots[step.one % len(self.lots)]
            holder = self.holder_of(toy_lot.owner)
            self.both(
                lambda: reverting.revert(lot.posting, receiver=holder, now=self.now),
                lambda: self.toy.revert_earn(toy_lot, self.now),
            )

    def revert_debit(self, step: Step) -> None:
        if not (chosen := self.choose_debit(step, "captured")):
            return
        posting, debit = chosen
        until = self.now + timedelta(days=3) if step.flag else None
        self.both(
            lambda: reverting.revert(
                posting,
                payer=self.holder_of(debit.payer),
                receiver=self.holder_of(debit.receiver),
                returned_until=until,
                now=self.now,
            ),
            lambda: self.toy.revert_debit(debit, self.now, until),
        )

    # What must hold -------------------------------------------------------------------------

    def compare(self) -> None:
        """Assert that every figure and every transfer's state is the same in both."""
        for member, wallet in zip(self.members, self.toy.wallets, strict=True):
            figures = balances.get_figures(member.wallet_id, self.now, zone=self.store.zone)
            expected = wallet.figures(self.now)
            assert {name: getattr(figures, name) for name in expected} == expected
            shown = PointsTransfer.objects.of_customer(member).filter(
                type__in=["adding", "p2p_adding"]
            )
            by_number = shown.order_by("id")
            assert [transfer.state_at(self.now).value for transfer in by_number] == [
                lot.state(self.now) for lot in wallet.lots
            ]

    # Helpers --------------------------------------------------------------------------------

    def both(self, in_ledger: Any, in_toy: Any) -> Any:
        """Do it in the ledger and in the model: both refuse, and change nothing, or neither."""
        try:
            expected = in_toy()
        except Refused:
            with pytest.raises(DomainError):
                in_ledger()
            return None
        return in_ledger(), expected

    def debit(
        self,
        step: Step,
        kind: str,
        in_ledger: Any,
        *,
        receiver: int | None = None,
        is_held: bool = False,
    ) -> None:
        wallets = self.toy.wallets
        made = self.both(
            in_ledger,
            lambda: self.toy.debit(
                wallets[step.one % MEMBERS],
                kind,
                step.amount,
                self.now,
                receiver=None if receiver is None else wallets[receiver],
                is_held=is_held,
            ),
        )
        if made:
            self.debits.append(made)

    def choose_debit(self, step: Step, status: str) -> tuple[Posting, ToyDebit] | None:
        """Choose one of that status or, now and then, any, to be refused."""
        fitting = [pair for pair in self.debits if pair[1].status == status or step.other > 90]
        return fitting[step.one % len(fitting)] if fitting else None

    def order(self, step: Step) -> Debit:
        return Debit(holder=self.holder(step.one % MEMBERS), amount=step.amount)

    def another(self, step: Step) -> int:
        return (step.one + 1 + step.other % (MEMBERS - 1)) % MEMBERS

    def holder(self, who: int) -> Holder:
        return Holder(self.members[who].wallet_id, self.members[who].pk)

    def holder_of(self, wallet: ToyWallet | None) -> Holder | None:
        return None if wallet is None else self.holder(self.toy.wallets.index(wallet))


# HISTORIES: how many histories to play; more find more.
@settings(
    max_examples=int(os.environ.get("HISTORIES", "15")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    spend_order=st.sampled_from(["oldest_first", "soonest_expiring_first"]),
    limit=st.none() | st.sampled_from([Decimal(200), Decimal(600)]),
    steps=st.lists(STEPS, min_size=40, max_size=60),
)
def test_books_are_right_after_every_step(spend_order, limit, steps):
    with transaction.atomic():
        history = History(spend_order=spend_order, limit=limit)
        for step in steps:
            history.play(step)
        connection.check_constraints()
        transaction.set_rollback(True)
