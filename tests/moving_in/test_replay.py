"""The history behind another server's transfers …"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from loyalty.moving_in.replay import CANCELLED, EXPIRED, Debit, Lot, fit, replay

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=100)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def lot(number: int, amount: int, day: int, **fields) -> Lot:
    return Lot(UUID(int=number), Decimal(amount), at(day), **fields)


def debit(value: int, day: int, **fields) -> Debit:
    return Debit(UUID(int=1_000 + day), Decimal(value), at(day), **fields)


def parts(lot: Lot) -> tuple[int, ...]:
    return tuple(map(int, (lot.remaining, lot.consumed, lot.expired, lot.cancelled)))


def test_debits_take_the_oldest_first():
    lots = [lot(1, 10, 0), lot(2, 10, 1)]

    replay(lots, [debit(15, 5)], NOW)

    assert [parts(each) for each in lots] == [(0, 10, 0, 0), (5, 5, 0, 0)]


def test_debits_take_nothing_that_came_later_or_had_gone():
    lots = [
        lot(1, 10, 0, expires_at=at(3), ends=EXPIRED),
        lot(2, 10, 1),
        lot(3, 10, 50),
        lot(4, 10, 1, locked_until=at(60)),
    ]

    replay(lots, [debit(5, 4)], NOW)

    assert [parts(each)[:3] for each in lots] == [(0, 0, 10), (5, 5, 0), (10, 0, 0), (10, 0, 0)]


def test_a_take_back_begins_with_its_sales_own_lot_though_it_is_locked():
    sale = UUID(int=77)
    lots = [lot(1, 10, 0), lot(2, 10, 1, sale=sale, locked_until=at(60))]

    replay(lots, [debit(15, 5, sale=sale)], NOW)

    assert [each.consumed for each in lots] == [5, 10]


def test_what_was_cancelled_by_hand_is_taken_last():
    lots = [lot(1, 10, 0, ends=CANCELLED), lot(2, 10, 1)]

    replay(lots, [debit(12, 5)], NOW)

    assert [parts(each) for each in lots] == [(0, 2, 0, 8), (0, 10, 0, 0)]


def test_a_hold_sets_aside():
    lots = [lot(1, 10, 0)]

    replay(lots, [debit(4, 5, is_hold=True)], NOW)

    assert (lots[0].remaining, lots[0].reserved, lots[0].free) == (10, 4, 6)


def test_a_debit_that_was_dated_back_spares_what_was_gone_when_it_was_written():
    lots = [lot(1, 10, 0, expires_at=at(20), ends=EXPIRED), lot(2, 10, 1)]
    told = {"points": Decimal(5), "usedPoints": Decimal(5), "expiredPoints": Decimal(10)}

    history = fit(lots, [debit(5, 4)], NOW, told)

    assert [parts(each)[:3] for each in history.lots] == [(0, 0, 10), (5, 5, 0)]
    assert lots[0].consumed == 0


def test_without_a_history_that_fits_the_plain_one_counts():
    history = fit([lot(1, 10, 0)], [debit(4, 5)], NOW, {"points": Decimal(99)})

    assert parts(history.lots[0]) == (6, 4, 0, 0)
