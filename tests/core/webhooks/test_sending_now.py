"""A waiting webhook that somebody sends now goes …"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, DeliveryState, Store, WebhookDelivery, WebhookLane
from loyalty.core.webhooks import deliveries, log, queue, sending
from loyalty.core.webhooks.queue import Message
from tests.support.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = uuid4()


def enqueue(store: Store, *numbers: int) -> list[WebhookDelivery]:
    queue.enqueue(store, [Message("test.told", {"number": n}, ALICE) for n in numbers])
    return list(WebhookDelivery.objects.order_by("pk"))


def failing(store: Store, receiver: Receiver, *numbers: int) -> list[WebhookDelivery]:
    """Return deliveries of which the first has failed once, and waits."""
    receiver.answers = lambda received: (500, {}, b"")
    found = enqueue(store, *numbers)
    sending.deliver_due()
    receiver.answers = lambda received: (200, {}, b"")
    receiver.received.clear()
    return found


def numbers_of(receiver: Receiver) -> list[int]:
    return [message.data["number"] for message in receiver.received]


def deeds() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(entity_type="WebhookDelivery").order_by("pk")
    return list(entries.values_list("event_type", "entity_id"))


def test_before_its_next_attempt(hooked: Store, receiver: Receiver):
    [delivery] = failing(hooked, receiver, 1)
    assert sending.deliver_due() == 0

    log.send_now(delivery=delivery, actor=SYSTEM)

    assert sending.deliver_due() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt_count) == (DeliveryState.DELIVERED, 2)
    assert deeds() == [("SendWebhookNow", str(delivery.uuid))]


def test_after_what_waits_before_it(hooked: Store, receiver: Receiver):
    [_, second] = failing(hooked, receiver, 1, 2)

    log.send_now(delivery=second, actor=SYSTEM)

    assert sending.deliver_due() == 2
    assert numbers_of(receiver) == [1, 2]


def test_once_for_eight_clicks_at_once(hooked: Store, receiver: Receiver):
    [delivery] = failing(hooked, receiver, 1)

    def click(_: int) -> None:
        try:
            log.send_now(delivery=delivery, actor=SYSTEM)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(click, range(8)))

    assert len(deeds()) == 1
    assert sending.deliver_due() == 1
    assert numbers_of(receiver) == [1]


def test_not_while_a_worker_sends_it(hooked: Store, receiver: Receiver):
    [delivery] = failing(hooked, receiver, 1)
    later = timezone.now() + timedelta(seconds=6)
    [lane] = deliveries.claim(10, now=later)

    with time_machine.travel(later), pytest.raises(log.BeingSent):
        log.send_now(delivery=delivery, actor=SYSTEM)

    assert WebhookLane.objects.get().lease == lane.lease
    assert deliveries.claim(10, now=later) == []
    assert deeds() == []


def test_when_the_worker_that_had_it_was_killed(hooked: Store, receiver: Receiver):
    [delivery] = failing(hooked, receiver, 1)
    deliveries.claim(10, now=timezone.now() + timedelta(seconds=6))
    over = timezone.now() + timedelta(seconds=6) + deliveries.LEASE

    with time_machine.travel(over):
        log.send_now(delivery=delivery, actor=SYSTEM)
        assert sending.deliver_due() == 1

    assert numbers_of(receiver) == [1]


def test_not_when_it_is_over(hooked: Store, receiver: Receiver):
    [delivery] = enqueue(hooked, 1)
    sending.deliver_due()

    with pytest.raises(log.NotWaiting):
        log.send_now(delivery=delivery, actor=SYSTEM)

    assert sending.deliver_due() == 0
    assert deeds() == []


def test_not_when_webhooks_are_switched_off(store: Store):
    [delivery] = enqueue(store, 1)

    with pytest.raises(log.SwitchedOff):
        log.send_now(delivery=delivery, actor=SYSTEM)

    assert deeds() == []
