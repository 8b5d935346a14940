"""What points do whoever moves them: the rules PA-5…24 and PE-5…8 that no worked figure shows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.ledger.errors import NotCancellable
from accounts.models import CustomerStatus, PointsTransfer, TransferType
from accounts.selectors import balances, transfers
from accounts.services import points, points_jobs
from tests.factories.accounts import CustomerFactory, SellerFactory
from tests.factories.core import StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
FOREVER = {"pointsDaysExpiryAfter": "all_time_active", "allTimeNotLocked": True, "timezone": "UTC"}


@pytest.fixture
def store():
    return StoreFactory(setting_values=dict(FOREVER))


@pytest.fixture
def alice(store):
    return CustomerFactory(store, email="alice@example.com", phone="+48601234567")


def add(customer, amount, *, now=NOON, **options):
    return points.add(customer=customer, amount=Decimal(amount), issuer="admin", now=now, **options)


def spend(customer, amount, *, now=NOON):
    return points.spend(customer=customer, amount=Decimal(amount), issuer="admin", now=now)


def points_of(customer, now=NOON):
    return balances.get_figures(customer.wallet_id, now).points


def make_received(alice, bob):
    add(bob, 5)
    points.transfer(sender=bob, receiver=alice, amount=Decimal(5), now=NOON)
    return PointsTransfer.objects.of_customer(alice).get(type=TransferType.P2P_ADDING).uuid


def make_sent(alice, bob):
    add(alice, 5)
    return points.transfer(sender=alice, receiver=bob, amount=Decimal(5), now=NOON).uuid


def make_spending(alice, bob):
    add(alice, 5)
    return spend(alice, 5).uuid


def make_expired(alice, bob):
    lot = add(alice, 5)
    points.expire(store=alice.store, transfer_uuid=lot.uuid, now=NOON)
    return lot.uuid


def make_cancelled(alice, bob):
    lot = add(alice, 5)
    points.cancel(store=alice.store, transfer_uuid=lot.uuid, now=NOON)
    return lot.uuid


def make_unblocked(alice, bob):
    add(alice, 5)
    held = points.block(customer=alice, amount=Decimal(5), issuer="admin", now=NOON)
    points.cancel(store=alice.store, transfer_uuid=held.uuid, now=NOON)
    return held.uuid


@pytest.mark.parametrize(
    "make",
    [make_received, make_sent, make_spending, make_expired, make_cancelled, make_unblocked],
)
def test_refuse_to_be_cancelled_pa5(store, alice, make):
    uuid = make(alice, CustomerFactory(store))
    before = balances.get_figures(alice.wallet_id, NOON)

    with pytest.raises(NotCancellable, match="this transfer cannot be canceled"):
        points.cancel(store=store, transfer_uuid=uuid, now=NOON)

    assert balances.get_figures(alice.wallet_id, NOON) == before


def test_are_cancelled_while_pending_too_pa5(store, alice):
    store.setting_values |= {"allTimeNotLocked": False, "pointsDaysLocked": 3}
    alice.store = store
    lot = add(alice, 5)

    points.cancel(store=store, transfer_uuid=lot.uuid, now=NOON)

    figures = balances.get_figures(alice.wallet_id, NOON)
    assert (figures.locked, figures.total_earned) == (0, 0)
    assert PointsTransfer.objects.get(uuid=lot.uuid).state_at(NOON) == "canceled"


def test_are_spent_in_one_transfer_and_lots_are_never_split_pa11(alice):
    add(alice, 10)
    add(alice, 20)

    spent = spend(alice, 15)

    rows = PointsTransfer.objects.of_customer(alice).order_by("created_at", "id")
    assert sorted((row.type, row.value) for row in rows) == [
        ("adding", 10),
        ("adding", 20),
        ("spending", 15),
    ]
    assert rows.get(type="spending").uuid == spent.uuid


@pytest.mark.parametrize("name", ["uuid", "email", "phone"])
def test_reach_whom_an_identifier_names_pa15(store, alice, name):
    assert transfers.find_party(store, str(getattr(alice, name))) == alice


def test_reach_by_the_exact_identifier_only_pa15(store, alice):
    for identifier in ("alice", "alice@example", "+4860123456", "601234567", ""):
        assert transfers.find_party(store, identifier) is None


def test_know_the_two_sides_of_a_transfer_pa15_pa17(store, alice):
    bob = CustomerFactory(store)
    add(alice, 10)

    sent = points.transfer(sender=alice, receiver=bob, amount=Decimal(10), now=NOON)

    got = PointsTransfer.objects.of_customer(bob).get()
    around = transfers.get_surroundings([got])
    assert (got.posting.issuer, got.posting.comment) == ("api", "")
    assert around.sender_of(got) == alice.uuid
    assert PointsTransfer.objects.get(uuid=sent.uuid).type == "p2p_spending"


@pytest.mark.parametrize("who", ["staff", "seller", "integration"])
def test_tell_who_moved_them_pa20(store, alice, who):
    person = {
        "staff": lambda: StaffFactory(),
        "seller": lambda: SellerFactory(store, may_transfer_points=True),
        "integration": lambda: StaffFactory(api_key="A-permanent-token"),
    }[who]()
    client, headers = ApiClient(person), {}
    if who == "integration":
        client, headers = ApiClient(), {"HTTP_X_AUTH_TOKEN": "A-permanent-token"}

    answer = client.post(
        f"{store.code}/points/transfer/add",
        {"transfer": {"customer": str(alice.uuid), "points": "9"}},
        **headers,
    )

    transfer = PointsTransfer.objects.get(uuid=answer.data["pointsTransferId"])
    expected = {"staff": "admin", "seller": "seller", "integration": "api"}
    assert transfer.posting.issuer == expected[who]


def test_of_a_blocked_customer_move_by_hand_pa23(alice):
    alice.status = CustomerStatus.BLOCKED
    alice.save()

    add(alice, 10)
    spend(alice, 4)

    assert points_of(alice) == 6


@pytest.mark.parametrize("amount", ["0.005", "1.999"])
def test_of_more_decimals_than_their_type_has_are_refused_pa22(alice, amount):
    with pytest.raises(points.InvalidAmount, match="at most 2 decimals"):
        add(alice, amount)

    assert points_of(alice) == 0


def test_below_one_are_legal_for_the_system_pa19(alice):
    add(alice, "0.30")

    assert points_of(alice) == Decimal("0.30")


def test_last_from_the_end_of_their_lock_pe5(store, alice):
    store.setting_values |= {
        "allTimeNotLocked": False,
        "pointsDaysLocked": 3,
        "pointsDaysExpiryAfter": "at_the_end_of_the_month",
    }
    alice.store = store

    # C10: locked on 30 March until 2 April, so the month is April.
    lot = add(alice, 10, now=datetime(2026, 3, 30, 12, tzinfo=UTC))

    assert lot.expires_at == datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC)


def test_keep_the_end_that_was_set_when_they_came_pe5(store, alice):
    store.setting_values |= {"pointsDaysExpiryAfter": "after_x_days", "pointsDaysActiveCount": 10}
    alice.store = store
    earlier = add(alice, 10)
    store.setting_values |= {"pointsDaysActiveCount": 20}
    later = add(alice, 10)

    earlier.refresh_from_db()
    assert earlier.expires_at == datetime(2026, 3, 20, 23, 59, 59, tzinfo=UTC)
    assert later.expires_at == datetime(2026, 3, 30, 23, 59, 59, tzinfo=UTC)


def test_expire_by_the_job_when_they_are_active_and_due_pe8(store, alice):
    bob = CustomerFactory(store)
    soon = NOON + timedelta(days=1)
    add(alice, 10, expires_at=soon)
    add(alice, 20, expires_at=soon + timedelta(days=1))
    points.transfer(sender=alice, receiver=bob, amount=Decimal(4), now=NOON)

    assert points_jobs.expire_due(soon - timedelta(seconds=1)) == 0
    assert points_jobs.expire_due(soon) == 2
    assert points_jobs.expire_due(soon) == 0

    states = {
        (row.customer.pk, row.value): row.state_at(NOON)
        for row in PointsTransfer.objects.in_store(store).exclude(type="p2p_spending")
    }
    assert states == {
        (alice.pk, 10): "expired",
        (alice.pk, 20): "active",
        (bob.pk, 4): "expired",
    }
    assert points_of(alice, soon) == 20


@pytest.mark.parametrize("runs_jobs", [True, False])
@pytest.mark.parametrize(
    ("setting_values", "ends"),
    [
        pytest.param({"pointsDaysExpiryAfter": "all_time_active"}, None, id="PE-1"),
        pytest.param(
            {"pointsDaysExpiryAfter": "after_x_days", "pointsDaysActiveCount": 40},
            (2026, 4, 22),
            id="PE-2",
        ),
        pytest.param(
            {"pointsDaysExpiryAfter": "at_the_end_of_the_month"}, (2026, 3, 31), id="PE-3"
        ),
        pytest.param(
            {"pointsDaysExpiryAfter": "at_the_end_of_the_year"}, (2026, 12, 31), id="PE-4"
        ),
    ],
)
def test_live_through_every_mode_of_expiry(store, alice, setting_values, ends, runs_jobs):
    """Granted on 10 March, pending to the 13th, 4 of 10 spent, the rest ends by the mode."""
    store.setting_values |= {"allTimeNotLocked": False, "pointsDaysLocked": 3} | setting_values
    alice.store = store
    add(alice, 10)

    def seen(now):
        if runs_jobs:
            points_jobs.unlock_due(now)
            points_jobs.expire_due(now)
        figures = balances.get_figures(alice.wallet_id, now)
        return figures.locked, figures.points, figures.used, figures.expired

    unlocked_at = NOON + timedelta(days=3)
    assert seen(unlocked_at - timedelta(seconds=1)) == (10, 0, 0, 0)
    assert seen(unlocked_at) == (0, 10, 0, 0)
    spend(alice, 4, now=unlocked_at)
    if ends is None:
        assert seen(NOON + timedelta(days=36_500)) == (0, 6, 4, 0)
    else:
        ends_at = datetime(*ends, 23, 59, 59, tzinfo=UTC)
        assert seen(ends_at - timedelta(seconds=1)) == (0, 6, 4, 0)
        assert seen(ends_at) == (0, 0, 4, 6)
