"""
The worked figures of the domain specification, PA and PE, as stories that an accountant can read.

Each story is lines of `what it says -> what the customer then sees`; an id names its rule.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger import checks
from accounts.ledger.errors import NotCancellable, NotExpirable, NotPending
from accounts.models import PointsTransfer
from accounts.selectors import balances
from accounts.services import points, points_dates, points_jobs
from loyalty.core.models import uuid7
from loyalty.core.store_settings import StoreSettings
from tests.accounts.ledger.conftest import NOON

pytestmark = [pytest.mark.ledger, pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]


@dataclass
class Story:
    """Plays a story's lines on one customer; lots are named by letters."""

    customer: object
    other: object
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.named = {}

    def play(self, lines):
        for line in lines.strip().splitlines():
            told, _, expected = line.partition("->")
            verb, *words = told.split()
            getattr(self, verb)(*words)
            if expected.strip():
                assert self.shown(expected) == expected.split(), line
            self.now += timedelta(minutes=1)
        assert checks.find_differences() == []

    def shown(self, expected):
        figures = balances.get_figures(self.customer.wallet_id, self.now)
        names = [word.partition("=")[0] for word in expected.split()]
        return [f"{name}={getattr(figures, name).normalize():f}" for name in names]

    def add(self, name, amount, *words):
        options = {}
        if "until" in words:
            options["expires_at"] = NOON + timedelta(days=int(words[words.index("until") + 1]))
        self.named[name] = points.add(
            customer=self.customer, amount=Decimal(amount), issuer="admin", now=self.now, **options
        )

    def spend(self, amount):
        points.spend(customer=self.customer, amount=Decimal(amount), issuer="admin", now=self.now)

    def refused(self, amount):
        with pytest.raises(points.InsufficientPoints, match="not enough points"):
            self.spend(amount)

    def block(self, name, amount):
        self.named[name] = points.block(
            customer=self.customer, amount=Decimal(amount), issuer="admin", now=self.now
        )

    def cancel(self, name):
        store = self.customer.store
        points.cancel(store=store, transfer_uuid=self.named[name].uuid, now=self.now)

    def cannot_cancel(self, name):
        with pytest.raises(NotCancellable, match="this transfer cannot be canceled"):
            self.cancel(name)

    def expire(self, name):
        store = self.customer.store
        points.expire(store=store, transfer_uuid=self.named[name].uuid, now=self.now)

    def send(self, amount):
        points.transfer(
            sender=self.customer, receiver=self.other, amount=Decimal(amount), now=self.now
        )

    def returns(self, amount):
        points.take_back(
            customer=self.customer,
            sale_uuid=uuid7(),
            return_uuid=uuid7(),
            amount=Decimal(amount),
            now=self.now,
        )

    def reset(self):
        points.reset(customer=self.customer, now=self.now)

    def day(self, number):
        self.now = NOON + timedelta(days=int(number))


STORIES = [
    pytest.param("add A 10 -> points=10 total_earned=10 used=0", id="PA-1-add"),
    pytest.param(
        """
        add A 10
        add B 20
        spend 15 -> points=15 used=15 total_earned=30
        """,
        id="PA-10-oldest-lot-first",
    ),
    pytest.param(
        """
        add A 10
        spend 10 -> points=0 used=10
        """,
        id="PA-9-equal-is-enough",
    ),
    pytest.param(
        """
        add A 10
        refused 10.01 -> points=10 used=0
        """,
        id="PA-9-refuses-more",
    ),
    pytest.param(
        """
        add A 10 until 30
        add B 20 until 5
        spend 15 -> points=15 used=15
        day 6 -> points=0 expired=15 used=15
        """,
        id="PA-10-not-by-expiry",
    ),
    pytest.param(
        """
        add A 20
        returns 35 -> points=0 used=20 total_earned=20
        """,
        id="PA-12-takes-what-is-there",
    ),
    pytest.param(
        """
        add A 10
        add B 20
        spend 15
        cancel B -> points=0 total_earned=10 used=15
        """,
        id="PA-13-cancel-what-is-left",
    ),
    pytest.param(
        """
        add A 10
        add B 20
        spend 15
        cancel A -> points=15 total_earned=20 used=15
        cannot_cancel A -> points=15 total_earned=20
        """,
        id="PA-14-cancel-an-empty-lot-once",
    ),
    pytest.param(
        """
        add A 20
        add B 200
        send 100 -> points=120 used=100 total_earned=220
        """,
        id="PA-17-sending-counts-as-used",
    ),
    pytest.param(
        """
        add A 10
        block H 4 -> points=6 blocked=4 total_earned=10 used=0 expired=0
        refused 7 -> points=6
        spend 6 -> points=0 blocked=4
        cancel H -> points=4 blocked=0
        """,
        id="PA-7-PA-28-block-and-unblock",
    ),
    pytest.param(
        """
        add A 10
        block H 4
        cancel A -> points=0 blocked=4 total_earned=0
        cancel H -> points=0 blocked=0 total_earned=0 used=0 expired=0
        """,
        id="PA-28-blocked-rest-follows-a-cancel",
    ),
    pytest.param(
        """
        add A 10 until 5
        block H 4
        day 6 -> points=0 expired=6 blocked=4
        cancel H -> points=0 expired=10 blocked=0
        """,
        id="PA-28-blocked-points-do-not-expire",
    ),
    pytest.param(
        """
        add A 10
        block H 4
        reset -> points=0 expired=6 blocked=4
        cancel H -> points=0 expired=10 blocked=0
        """,
        id="PA-6-PA-28-blocked-rest-follows-a-reset",
    ),
    pytest.param(
        """
        add A 10
        spend 3
        expire A -> points=0 expired=7 used=3 total_earned=10
        cannot_cancel A
        """,
        id="PA-4-expire-by-hand",
    ),
    pytest.param(
        """
        add A 100
        add B 50 until 5
        block H 10
        spend 30
        day 6 -> points=60 blocked=10 used=30 expired=50 locked=0 total_earned=150
        """,
        id="PA-8-the-figures-add-up",
    ),
]


@pytest.mark.parametrize("lines", STORIES)
def test_worked_example(alice, bob, lines):
    Story(alice, bob).play(lines)


@pytest.mark.parametrize(
    ("setting_values", "starts", "ends"),
    [
        pytest.param(
            {"pointsDaysExpiryAfter": "all_time_active"}, "2021-12-31 08:24", None, id="PE-1-never"
        ),
        pytest.param(
            {"pointsDaysExpiryAfter": "after_x_days", "pointsDaysActiveCount": 30},
            "2021-12-31 08:24",
            "2022-01-30 23:59:59",
            id="PE-2-after-30-days",
        ),
        pytest.param(
            {"pointsDaysExpiryAfter": "at_the_end_of_the_month"},
            "2018-01-22 10:00",
            "2018-01-31 23:59:59",
            id="PE-3-end-of-the-month",
        ),
        pytest.param(
            {"pointsDaysExpiryAfter": "at_the_end_of_the_year"},
            "2018-01-22 10:00",
            "2018-12-31 23:59:59",
            id="PE-4-end-of-the-year",
        ),
        pytest.param(
            {"pointsDaysExpiryAfter": "at_the_end_of_the_month"},
            "2020-02-29 23:30",
            "2020-02-29 23:59:59",
            id="PE-3-leap-day",
        ),
    ],
)
def test_expiry_date_by_setting(setting_values, starts, ends):
    settings = StoreSettings({"timezone": "Europe/Warsaw"} | setting_values)
    zone = points_dates.ZoneInfo("Europe/Warsaw")
    starts_at = datetime.fromisoformat(starts).replace(tzinfo=zone)

    expires_at = points_dates.get_expires_at(settings, starts_at=starts_at.astimezone(UTC))

    expected = None if ends is None else datetime.fromisoformat(ends).replace(tzinfo=zone)
    assert expires_at == expected


LOCKING = {
    "timezone": "UTC",
    "allTimeNotLocked": False,
    "pointsDaysLocked": 3,
    "pointsDaysExpiryAfter": "after_x_days",
    "pointsDaysActiveCount": 30,
}


def test_pe_6_validity_starts_when_the_lock_ends(alice):
    """PA-2, PE-5."""
    alice.store.setting_values = LOCKING
    granted_at = datetime(2018, 1, 1, 10, tzinfo=UTC)

    lot = points.add(customer=alice, amount=Decimal(40), issuer="admin", now=granted_at)

    assert lot.is_locked
    assert lot.active_from == datetime(2018, 1, 4, 10, tzinfo=UTC)
    assert lot.expires_at == datetime(2018, 2, 3, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("jobs_run", [True, False])
def test_pe_7_pending_points_unlock_and_expire_whatever_the_jobs_do(alice, jobs_run):
    alice.store.setting_values = LOCKING
    granted_at = datetime(2018, 1, 1, 10, tzinfo=UTC)
    points.add(customer=alice, amount=Decimal(40), issuer="admin", now=granted_at)

    def seen(*moment):
        now = datetime(*moment, tzinfo=UTC)
        if jobs_run:
            points_jobs.unlock_due(now)
            points_jobs.expire_due(now)
        figures = balances.get_figures(alice.wallet_id, now)
        return figures.locked, figures.points, figures.expired

    assert seen(2018, 1, 4, 9, 59) == (40, 0, 0)
    assert seen(2018, 1, 4, 10) == (0, 40, 0)
    assert seen(2018, 2, 3, 23, 59, 58) == (0, 40, 0)
    assert seen(2018, 2, 3, 23, 59, 59) == (0, 0, 40)


def test_pe_9_points_expiring_next_month(alice):
    now = datetime(2021, 3, 20, 12, tzinfo=UTC)
    days = {(4, 14): "33", (4, 15): "116.9", (4, 17): "12", (3, 31): "5", (5, 1): "7"}
    for (month, day), amount in days.items():
        ends = datetime(2021, month, day, 23, 59, 59, tzinfo=UTC)
        points.add(customer=alice, amount=Decimal(amount), issuer="admin", now=now, expires_at=ends)

    figures = balances.get_figures(alice.wallet_id, now)

    assert figures.expiring_next_month == Decimal("161.9")
    assert figures.expiring_breakdown == {
        date(2021, 4, 14): 33,
        date(2021, 4, 15): Decimal("116.9"),
        date(2021, 4, 17): 12,
    }


def test_pa_3_activates_pending_points_once(alice):
    alice.store.setting_values = LOCKING
    lot = points.add(customer=alice, amount=Decimal(40), issuer="admin", now=NOON)

    points.activate(store=alice.store, transfer_uuid=lot.uuid, now=NOON)

    assert balances.get_figures(alice.wallet_id, NOON).points == 40
    with pytest.raises(NotPending):
        points.activate(store=alice.store, transfer_uuid=lot.uuid, now=NOON)


def test_pa_4_pending_points_cannot_be_expired(alice):
    alice.store.setting_values = LOCKING
    lot = points.add(customer=alice, amount=Decimal(40), issuer="admin", now=NOON)

    with pytest.raises(NotExpirable):
        points.expire(store=alice.store, transfer_uuid=lot.uuid, now=NOON)


def test_pa_17_receiver_gets_one_lot_for_each_consumed(alice, bob):
    ends = NOON + timedelta(days=9)
    points.add(customer=alice, amount=Decimal(20), issuer="admin", now=NOON, expires_at=ends)
    points.add(customer=alice, amount=Decimal(200), issuer="admin", now=NOON)

    posting = points.transfer(sender=alice, receiver=bob, amount=Decimal(100), now=NOON)

    received = PointsTransfer.objects.of_customer(bob).order_by("id")
    assert [(lot.type, lot.value, lot.expires_at) for lot in received] == [
        ("p2p_adding", 20, ends),
        ("p2p_adding", 80, None),
    ]
    sent = PointsTransfer.objects.of_customer(alice).get(type="p2p_spending")
    assert (sent.uuid, sent.value) == (posting.uuid, 100)
    figures = balances.get_figures(bob.wallet_id, NOON)
    # PA-18: received points can be spent, but do not count as earned.
    assert (figures.points, figures.p2p, figures.total_earned) == (100, 100, 0)


def test_pa_16_refuses_sending_to_oneself(alice):
    points.add(customer=alice, amount=Decimal(20), issuer="admin", now=NOON)

    with pytest.raises(points.SameWallet, match="transferring points to yourself is forbidden"):
        points.transfer(sender=alice, receiver=alice, amount=Decimal(5), now=NOON)


def test_tx_20_takes_back_from_the_sales_own_pending_lot_first(alice):
    sale = uuid7()
    points.add(customer=alice, amount=Decimal(10), issuer="admin", now=NOON)
    alice.store.setting_values = LOCKING
    lot = points.add(
        customer=alice, amount=Decimal(70), issuer="system", transaction_uuid=sale, now=NOON
    )
    assert balances.points_of_transaction(sale, NOON) == 70

    posting = points.take_back(
        customer=alice, sale_uuid=sale, return_uuid=uuid7(), amount=Decimal(35), now=NOON
    )

    lot.refresh_from_db()
    assert (posting.amount, lot.remaining, lot.is_locked) == (35, 35, True)
    figures = balances.get_figures(alice.wallet_id, NOON)
    assert (figures.points, figures.locked, figures.used) == (10, 35, 35)


def test_tx_20_shows_what_was_asked_for_where_nothing_is_there(alice):
    posting = points.take_back(
        customer=alice, sale_uuid=uuid7(), return_uuid=uuid7(), amount=Decimal(35), now=NOON
    )

    assert (posting.amount, posting.requested_amount) == (0, 35)
    assert PointsTransfer.objects.get(uuid=posting.uuid).value == 35


@pytest.mark.parametrize(
    ("grace_days", "points_then", "expired_then"),
    [pytest.param(30, 10, 0, id="30-days"), pytest.param(0, 0, 10, id="at-once")],
)
def test_a_reverted_spend_gives_back_units_after_their_date(
    alice, grace_days, points_then, expired_then
):
    alice.store.setting_values |= {"pointsReturnGraceDays": grace_days}
    ends = NOON + timedelta(days=1)
    points.add(customer=alice, amount=Decimal(10), issuer="admin", now=NOON, expires_at=ends)
    posting = points.spend(customer=alice, amount=Decimal(10), issuer="admin", now=NOON)
    later = NOON + timedelta(days=2)

    points.revert(store=alice.store, posting=posting, now=later)

    figures = balances.get_figures(alice.wallet_id, later)
    assert (figures.points, figures.expired, figures.used) == (points_then, expired_then, 0)
    assert checks.find_differences() == []
