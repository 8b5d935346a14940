"""Tills do not wait for one another, and never sell twice. Source: TX-1, the ledger's locks."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import OperationalError, connection, transaction

from accounts.ledger.models import WalletBalance
from accounts.services import customer_locks, customers, points
from loyalty.core.actors import SYSTEM
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import (
    SaleFactory,
    TransactionFactory,
    UnmatchedSaleFactory,
    document,
    register,
    return_of,
)
from tests.support import totals
from transactions.models import Transaction
from transactions.services import matching, purchases

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.ledger]

WAIT_SECONDS = 20


def at_once(*calls):
    """Run calls in threads that start together; return what each returned or raised."""
    start = threading.Barrier(len(calls))

    def run(call):
        try:
            start.wait(WAIT_SECONDS)
            return call()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def earners(count: int):
    store = StoreFactory()
    customers = [CustomerFactory(store) for _ in range(count)]
    EarningRuleFactory(store=store)
    for customer in customers:
        customer.store = store
    return store, customers


def test_of_one_number_sent_twice_at_once_one_is_stored():
    store, [alice, bob] = earners(2)

    outcomes = at_once(
        *(
            lambda buyer=buyer: register(store, document(buyer, "10.00", number="INV/7"))
            for buyer in (alice, bob, alice, bob, None, None)
        )
    )

    refused = [one for one in outcomes if isinstance(one, purchases.DocumentNumberUsed)]
    [stored] = [one for one in outcomes if isinstance(one, Transaction)]
    assert len(refused) == 5
    assert list(Transaction.objects.all()) == [stored]
    sold = sum(one.transactions_count for one in (refreshed(alice), refreshed(bob)))
    assert sold == (1 if stored.customer else 0)


def refreshed(customer):
    customer.refresh_from_db()
    return customer


def test_a_customer_blocked_while_we_waited_is_nobody():
    """TX-7: the till found somebody active, and waited for whoever was blocking them."""
    store, [alice] = earners(1)
    is_blocked = threading.Event()

    def block():
        with transaction.atomic():
            customers.deactivate(customer=alice, actor=SYSTEM)
            is_blocked.set()
            wait_until_somebody_waits()

    def buy():
        assert is_blocked.wait(WAIT_SECONDS)
        return register(store, document(alice, "10.00"))

    _, sale = at_once(block, buy)

    assert sale.customer is None


def wait_until_somebody_waits(*, or_else: threading.Event | None = None):
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if or_else is not None and or_else.is_set():
            return
        with connection.cursor() as cursor:
            # In a transaction the server shows the connections of its first look again and again.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(
                "select count(*) from pg_locks l join pg_stat_activity a using (pid)"
                " where not l.granted and a.datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waited.")


@pytest.mark.parametrize("is_whole", [False, True], ids=["who is changed", "who is forgotten"])
def test_what_names_a_customer_waits_only_for_who_forgets_them(is_whole):
    """The names are checked at commit, when whoever has written them holds other locks already."""
    store, [alice] = earners(1)

    def name():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '500ms'")
            cursor.execute("set constraints all immediate")
            TransactionFactory(store, customer=alice)

    with transaction.atomic():
        customer_locks.lock([alice.pk], is_whole=is_whole)
        [answer] = at_once(name)

    assert isinstance(answer, OperationalError) == is_whole, answer


def test_purchases_of_others_finish_while_one_customer_is_locked():
    _, [alice, bob, carol] = earners(3)
    is_locked, may_end = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            customer_locks.lock([alice.pk])
            is_locked.set()
            assert may_end.wait(WAIT_SECONDS)
        connection.close()

    def buy(customer):
        try:
            return SaleFactory(customer, "10.00")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        holding = pool.submit(hold)
        assert is_locked.wait(WAIT_SECONDS)
        waiting = pool.submit(buy, alice)
        others = [pool.submit(buy, one).result(WAIT_SECONDS) for one in (bob, carol)]
        was_waiting = not waiting.done()
        may_end.set()
        holding.result(WAIT_SECONDS)
        waiting.result(WAIT_SECONDS)

    assert len(others) == 2
    assert was_waiting
    assert Transaction.objects.count() == 3


def test_purchases_of_one_customer_at_once_all_count():
    _, [alice] = earners(1)

    at_once(*(lambda: SaleFactory(alice, "10.00") for _ in range(6)))

    customer = refreshed(alice)
    assert customer.transactions_amount == Decimal(60)
    assert totals.stored(customer) == totals.recount(customer)
    assert WalletBalance.objects.get(wallet=customer.wallet_id).active == Decimal(60)


def test_purchases_and_spends_of_one_customer_do_not_deadlock():
    _, [alice] = earners(1)
    SaleFactory(alice, "100.00")

    def spend():
        points.spend(customer=alice, amount=Decimal(10), issuer="admin")

    outcomes = at_once(
        *[lambda: SaleFactory(alice, "10.00"), spend, spend] * 3,
    )

    assert not [one for one in outcomes if isinstance(one, Exception)]
    # 100, three times 10 more, six times 10 less.
    assert WalletBalance.objects.get(wallet=alice.wallet_id).active == Decimal(70)


def test_of_two_returns_at_once_only_as_much_as_was_bought_comes_back():
    store, [alice] = earners(1)
    sale = SaleFactory(alice, "30.00")

    outcomes = at_once(*(lambda: register(store, return_of(sale, "20.00")) for _ in range(4)))

    refused = [one for one in outcomes if isinstance(one, purchases.ReturnExceedsSale)]
    assert len(refused) == 3
    assert refreshed(alice).transactions_amount == Decimal(10)


def test_of_two_returns_of_nobody_at_once_only_as_much_as_was_bought_comes_back():
    sale = UnmatchedSaleFactory(StoreFactory(), "30.00")

    outcomes = at_once(*(lambda: register(sale.store, return_of(sale, "20.00")) for _ in range(4)))

    refused = [one for one in outcomes if isinstance(one, purchases.ReturnExceedsSale)]
    assert len(refused) == 3


def test_of_two_who_claim_a_document_at_once_one_gets_it():
    store, customers = earners(4)
    sale = UnmatchedSaleFactory(store, "30.00")

    outcomes = at_once(
        *(
            lambda customer=customer: matching.claim(
                store=store,
                document_number=sale.document_number,
                customer=customer,
                actor=SYSTEM,
            )
            for customer in customers
        )
    )

    refused = [one for one in outcomes if isinstance(one, matching.AlreadyAssigned)]
    assert len(refused) == 3
    assert sum(refreshed(one).transactions_count for one in customers) == 1


def test_a_return_that_comes_while_its_sale_is_claimed_is_not_lost():
    store, [alice] = earners(1)
    sale = UnmatchedSaleFactory(store, "30.00")

    at_once(
        lambda: matching.claim(
            store=store, document_number=sale.document_number, customer=alice, actor=SYSTEM
        ),
        lambda: register(store, return_of(sale, "10.00")),
    )

    # Whoever was first: the return is there, and the totals say what they must.
    back = Transaction.objects.get(revised=sale)
    customer = refreshed(alice)
    assert totals.stored(customer) == totals.recount(customer)
    assert customer.transactions_amount == (20 if back.customer else 30)
