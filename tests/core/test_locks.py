"""Who loses a circle of waiting commands begins again, and nothing is done twice."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from loyalty.core import locks
from loyalty.core.models import Store
from tests.accounts.ledger.test_threads import at_once
from tests.factories import StoreFactory

pytestmark = [pytest.mark.ledger, pytest.mark.django_db(transaction=True)]

WAIT_SECONDS = 20


@pytest.fixture(autouse=True)
def _deadlocks_are_survived(monkeypatch):
    monkeypatch.setattr(locks, "DEADLOCKS_MAX", 3)


@pytest.fixture
def rename():
    """Return a command that renames one store and then another, and meets its like in between."""
    met = threading.Barrier(2)
    begun = []

    def command(first: Store, second: Store) -> str:
        is_meeting = len(begun) < 2
        begun.append(first.pk)
        with transaction.atomic():
            add_a_letter(first)
            if is_meeting:
                met.wait(WAIT_SECONDS)
            add_a_letter(second)
        return "done"

    command.begun = begun
    return command


def add_a_letter(store: Store) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update core_store set name = name || '+' where id = %s", [store.pk])


def names(*stores: Store) -> list[str]:
    return [Store.objects.get(pk=store.pk).name for store in stores]


def test_the_loser_of_a_deadlock_begins_again(rename):
    one, two = StoreFactory(name="A"), StoreFactory(name="B")
    again = locks.again_after_deadlock(rename)

    answers = at_once(lambda: again(one, two), lambda: again(two, one))

    assert answers == ["done", "done"]
    assert len(rename.begun) == 3
    assert names(one, two) == ["A++", "B++"]


def test_within_a_transaction_its_owner_begins_again(rename):
    one, two = StoreFactory(name="A"), StoreFactory(name="B")
    again = locks.again_after_deadlock(rename)

    @locks.again_after_deadlock
    def outer(first: Store, second: Store) -> str:
        with transaction.atomic():
            return again(first, second)

    answers = at_once(lambda: outer(one, two), lambda: outer(two, one))

    assert answers == ["done", "done"]
    assert len(rename.begun) == 3
    assert names(one, two) == ["A++", "B++"]


def test_other_breakdowns_are_not_tried_again():
    begun = []

    @locks.again_after_deadlock
    def command() -> None:
        begun.append(1)
        with connection.cursor() as cursor:
            cursor.execute("set statement_timeout = 1")
            cursor.execute("select pg_sleep(1)")

    with pytest.raises(OperationalError):
        command()
    connection.close()

    assert begun == [1]
