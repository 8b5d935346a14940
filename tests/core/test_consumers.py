"""Consumers of the event store see every committed fact, in order, at least once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from loyalty.core import consumers, events, tasks
from loyalty.core.consumers import Consumer
from loyalty.core.models import ConsumerCursor, Event, uuid7

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 60


def fact(name: str, type: str = "test.happened") -> Event:
    with transaction.atomic():
        return events.append(
            type, store=None, subject=uuid7(), payload={"name": name}, now=timezone.now()
        )


@dataclass
class Ear:
    """A consumer that writes down what it hears."""

    heard: list[str] = field(default_factory=list)
    facts: frozenset[str] | None = frozenset({"test.happened"})
    deaf_to: str | None = None

    @property
    def consumer(self) -> Consumer:
        return Consumer(name="ear", handle=self.handle, facts=self.facts)

    def handle(self, event: Event) -> None:
        if event.payload["name"] == self.deaf_to:
            raise RuntimeError("cannot hear")
        self.heard.append(event.payload["name"])


def relay(ear: Ear, count: int, *, chunk: int = 500) -> int:
    """
    Relay until `count` facts were heard; return how many were handed over.

    Transactions in other databases of the server hold the horizon back as well, so on a server
    that others use the facts may come a while later.
    """
    end = time.monotonic() + DEADLINE
    handled = 0
    while len(ear.heard) < count and time.monotonic() < end:
        handled += consumers.relay(ear.consumer, chunk=chunk)
        time.sleep(0.01)
    return handled


def until(work: Callable[[], int]) -> int:
    """Repeat until there is something to count."""
    end = time.monotonic() + DEADLINE
    while not (count := work()) and time.monotonic() < end:
        time.sleep(0.01)
    return count


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_hears_each_fact_once_and_in_order():
    ear = Ear()
    for name in "abcdefg":
        fact(name)

    assert relay(ear, 7, chunk=3) == 7
    assert consumers.relay(ear.consumer, chunk=3) == 0
    assert "".join(ear.heard) == "abcdefg"


def test_hears_only_what_it_asked_for():
    ear = Ear()
    fact("other", type="test.other")
    fact("mine")

    relay(ear, 1)

    assert ear.heard == ["mine"]


def test_hears_everything_where_it_names_nothing():
    ear = Ear(facts=None)
    fact("one", type="test.one")
    fact("two", type="test.two")

    relay(ear, 2)

    assert ear.heard == ["one", "two"]


def test_does_not_skip_an_earlier_transaction_that_commits_later():
    """Two real connections: the one that began first, and has the lower id, commits last."""
    ear = Ear()
    has_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            fact("slow")
            has_written.set()
            assert may_commit.wait(DEADLINE)

    thread = in_thread(slow)
    assert has_written.wait(DEADLINE)
    fact("quick")

    consumers.relay(ear.consumer)
    heard_meanwhile = list(ear.heard)
    may_commit.set()
    thread.join(DEADLINE)
    relay(ear, 2)

    # The quick one waits for the slow one, and then both come, in order.
    assert heard_meanwhile == []
    assert ear.heard == ["slow", "quick"]


def test_a_sequence_number_alone_would_have_skipped_it():
    """Why positions are transaction numbers: here the first id is committed after a higher one."""
    has_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            fact("slow")
            has_written.set()
            assert may_commit.wait(DEADLINE)

    thread = in_thread(slow)
    assert has_written.wait(DEADLINE)
    quick = fact("quick")
    highest_seen = Event.objects.filter(type="test.happened").latest("pk").pk
    may_commit.set()
    thread.join(DEADLINE)

    late = Event.objects.get(payload__name="slow")
    assert highest_seen == quick.pk
    assert late.pk < highest_seen


def test_a_fact_of_a_rolled_back_transaction_is_never_heard():
    ear = Ear()
    with transaction.atomic():
        fact("undone")
        transaction.set_rollback(True)
    fact("done")

    relay(ear, 1)

    assert ear.heard == ["done"]


def test_goes_on_behind_the_last_fact_that_went_well():
    ear = Ear(deaf_to="c")
    for name in "abcd":
        fact(name)

    with pytest.raises(RuntimeError):
        relay(ear, 4)
    ear.deaf_to = None
    relay(ear, 4)

    assert ear.heard == ["a", "b", "c", "d"]


def test_is_never_run_twice_at_once():
    ear = Ear()
    fact("a")
    is_inside, may_end = threading.Event(), threading.Event()

    def wait(event: Event) -> None:
        is_inside.set()
        assert may_end.wait(DEADLINE)
        ear.handle(event)

    slow = Consumer(name="ear", handle=wait, facts=ear.facts)
    thread = in_thread(lambda: until(lambda: consumers.relay(slow)))
    assert is_inside.wait(DEADLINE)

    assert consumers.relay(ear.consumer) == 0

    may_end.set()
    thread.join(DEADLINE)
    assert ear.heard == ["a"]


def test_under_many_writers_nothing_is_lost_or_heard_twice():
    ear = Ear()
    written = [f"{writer}-{number}" for writer in range(6) for number in range(15)]

    def write(writer: int) -> None:
        for number in range(15):
            fact(f"{writer}-{number}")

    threads = [in_thread(lambda writer=writer: write(writer)) for writer in range(6)]
    while any(thread.is_alive() for thread in threads):
        consumers.relay(ear.consumer, chunk=7)
    relay(ear, len(written), chunk=7)

    assert sorted(ear.heard) == sorted(written)


def test_the_task_brings_the_others_up_to_date_when_one_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    broken, sound = Ear(deaf_to="a"), Ear()
    monkeypatch.setattr(
        consumers,
        "_consumers",
        (
            Consumer("broken", broken.handle),
            Consumer("sound", sound.handle),
        ),
    )
    event = fact("a")

    assert until(tasks.relay_events) == 1
    # The fact may have been settled between the turn of the one and that of the other.
    tasks.relay_events()
    assert sound.heard == ["a"]
    assert "Consumer broken stopped" in caplog.text
    # Up to the fact it may have come: all before it is settled.
    behind = ConsumerCursor.objects.get(name="broken").position
    assert event.position is not None
    assert behind < event.position


def test_the_task_leaves_one_in_peace_for_a_while_that_asked_for_patience(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    asked = []

    def refuse(event: Event) -> None:
        asked.append(event.pk)
        raise consumers.TryLater("The mail server is away.")

    monkeypatch.setattr(consumers, "_consumers", (Consumer("patient", refuse),))
    monkeypatch.setattr(consumers, "_paused_until", {})
    fact("a")

    until(lambda: tasks.relay_events() + len(asked))
    tasks.relay_events()
    monkeypatch.setattr(consumers, "_paused_until", {})
    tasks.relay_events()

    assert len(asked) == 2
    assert asked[0] == asked[1]
    assert "Consumer patient waits 30 s: The mail server is away." in caplog.text
    assert "Traceback" not in caplog.text


def test_two_consumers_cannot_share_a_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consumers, "_consumers", ())
    one = Consumer(name="same", handle=lambda event: None)

    with pytest.raises(AssertionError, match="share one cursor"):
        consumers.install([one, one])


# Numbers that this server will not give in a thousand years.
FAR = 2**60


def restored(name: str, position: int) -> int:
    """Write a fact as the restoring of a dump does: with another server's number; return its id."""
    columns = "uuid, type, subject, payload, recorded_at, position"
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into core_event ({columns})"  # ours
            " values (%s, 'test.happened', %s, jsonb_build_object('name', %s::text), now(),"
            " %s::text::xid8) returning id",
            [uuid7(), uuid7(), name, str(position)],
        )
        return int(cursor.fetchone()[0])


def cursor_of_a_dump(position: int, event_id: int) -> None:
    ConsumerCursor.objects.create(name="ear", position=position, event_id=event_id)


def test_goes_on_where_a_dump_of_another_server_ends():
    ear = Ear()
    restored("early", 5)
    seen = restored("seen", FAR + 2)
    restored("unseen", FAR + 3)
    cursor_of_a_dump(FAR + 2, seen)
    fact("new")

    relay(ear, 2)
    fact("newer")
    relay(ear, 3)

    assert ear.heard == ["unseen", "new", "newer"]


def test_goes_on_where_the_cursor_of_a_dump_is_ahead_of_all_facts():
    ear = Ear()
    restored("seen", 5)
    cursor_of_a_dump(FAR, 2**63 - 1)
    fact("new")

    relay(ear, 1)
    consumers.relay(ear.consumer)

    assert ear.heard == ["new"]


def test_sees_the_rest_of_a_dump_when_it_was_stopped_in_between():
    ear = Ear(deaf_to="second")
    seen = restored("seen", FAR)
    restored("first", FAR + 1)
    restored("second", FAR + 2)
    cursor_of_a_dump(FAR, seen)
    fact("new")

    with pytest.raises(RuntimeError):
        consumers.relay(ear.consumer)
    ear.deaf_to = None
    relay(ear, 3)

    assert ear.heard == ["first", "second", "new"]


def test_facts_of_a_dump_are_settled_though_this_server_has_not_come_to_their_numbers():
    restored("early", 5)
    restored("late", FAR)

    assert Event.objects.settled().count() == 2


def test_facts_of_a_dump_stay_settled_while_a_transaction_has_their_number():
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select pg_current_xact_id()::text")
            [number] = cursor.fetchone()
            last = restored("late", int(number))
            ConsumerCursor.objects.create(name="ear", after_event_id=last)

            assert Event.objects.settled().count() == 1
    finally:
        other.close()
