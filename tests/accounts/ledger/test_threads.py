"""Many at once: nothing is spent twice, nobody deadlocks, and strangers do not wait."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.ledger import checks, wallets
from accounts.selectors import balances
from accounts.services import points, points_jobs
from tests.accounts.ledger.conftest import FOREVER, NOON, open_member
from tests.factories.core import default_store

pytestmark = [pytest.mark.ledger, pytest.mark.django_db(transaction=True)]

THREADS = 8


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that start together; return each one's answer or exception."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=10)
            return call()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, call) for call in calls]]


@pytest.fixture
def members():
    store = default_store()
    store.setting_values = FOREVER
    store.save(update_fields=["setting_values"])
    return [open_member(store) for _ in range(2)]


def add(customer, amount, **options):
    return points.add(
        customer=customer, amount=Decimal(amount), issuer="admin", now=NOON, **options
    )


def spend(customer, amount, **options):
    return points.spend(
        customer=customer, amount=Decimal(amount), issuer="admin", now=NOON, **options
    )


def active(customer):
    return balances.get_figures(customer.wallet_id, NOON).points


def test_exactly_the_affordable_number_of_spends_wins(members):
    alice, _ = members
    add(alice, 35)

    answers = at_once(*[lambda: spend(alice, 10)] * THREADS)

    refused = [answer for answer in answers if isinstance(answer, points.InsufficientPoints)]
    assert len(refused) == THREADS - 3
    assert active(alice) == 5
    assert checks.find_differences() == []


def test_a_key_used_at_once_posts_once(members):
    alice, _ = members

    answers = at_once(*[lambda: add(alice, 10, key="k")] * THREADS)

    assert len({lot.pk for lot in answers}) == 1
    assert active(alice) == 10


def test_opposite_transfers_do_not_deadlock(members):
    alice, bob = members
    add(alice, 100)
    add(bob, 100)

    def send(sender, receiver):
        def ten_times():
            for _ in range(10):
                points.transfer(sender=sender, receiver=receiver, amount=Decimal(3), now=NOON)

        return ten_times

    answers = at_once(*[send(alice, bob), send(bob, alice)] * 3)

    assert answers == [None] * 6
    assert (active(alice), active(bob)) == (100, 100)
    assert checks.find_differences() == []


def test_batches_of_the_same_wallets_in_any_order_do_not_deadlock(members):
    def batch(customers):
        grants = [points.Grant(customer=customer, amount=Decimal(1)) for customer in customers]
        return lambda: points.add_many(store=members[0].store, grants=grants, now=NOON)

    answers = at_once(*[batch(members), batch(members[::-1])] * 4)

    assert all(isinstance(answer, list) for answer in answers)
    assert active(members[0]) == 8


def test_nobody_waits_for_another_customer(members):
    alice, bob = members
    add(alice, 10)

    with transaction.atomic():
        wallets.lock([alice.wallet_id])

        # Would wait for ever, were anything of Alice's shared with Bob.
        def everything_of_bobs():
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("set local lock_timeout = '2s'")
                add(bob, 10)
                spend(bob, 3)
                points.block(customer=bob, amount=Decimal(2), issuer="admin", now=NOON)
            return active(bob)

        assert at_once(everything_of_bobs) == [5]


def test_the_expiry_run_and_a_spend_meet(members):
    alice, _ = members
    later = NOON.replace(day=20)
    add(alice, 10, expires_at=NOON.replace(day=15))
    add(alice, 7)

    answers = at_once(
        lambda: points_jobs.expire_due(later),
        lambda: points.spend(customer=alice, amount=Decimal(7), issuer="admin", now=later),
        lambda: points_jobs.expire_due(later),
    )

    assert not any(isinstance(answer, Exception) for answer in answers)
    figures = balances.get_figures(alice.wallet_id, later)
    assert (figures.points, figures.expired, figures.used) == (0, 10, 7)
    assert checks.find_differences() == []
