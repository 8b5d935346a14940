"""The queue of webhooks takes …"""

from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from loyalty.core import events
from loyalty.core.models import Event, Store, WebhookDelivery, WebhookLane
from loyalty.core.webhooks import queue
from loyalty.core.webhooks.queue import Message

pytestmark = pytest.mark.django_db


def fact(store: Store) -> Event:
    with transaction.atomic():
        event = events.append(
            "test.told", store=store, subject=uuid4(), payload={}, now=timezone.now()
        )
    event.refresh_from_db()
    return event


def test_messages_in_order(store: Store):
    lane = uuid4()

    assert queue.enqueue(store, [Message("a", {"n": n}, lane) for n in (3, 1, 2)]) == 3

    bodies = WebhookDelivery.objects.order_by("pk").values_list("body", flat=True)
    assert list(bodies) == [f'{{"type":"a","data":{{"n":{n}}}}}' for n in (3, 1, 2)]
    assert WebhookLane.objects.get().key == lane


def test_a_fact_once(store: Store):
    told = fact(store)
    message = Message("a", {"n": 1}, uuid4(), fact=told)
    queue.enqueue(store, [message])

    # Built anew after a crash, from data that have changed meanwhile.
    assert queue.enqueue(store, [Message("a", {"n": 2}, uuid4(), fact=told)]) == 0

    assert WebhookDelivery.objects.get().body == '{"type":"a","data":{"n":1}}'


def test_identical_messages_of_one_transaction_once(store: Store):
    """NT-1: identical payloads within one request are sent once."""
    with transaction.atomic():
        first, second = fact(store), fact(store)
    lane = uuid4()

    assert first.position == second.position
    both = [Message("a", {"n": 1}, lane, fact=first), Message("a", {"n": 1}, lane, fact=second)]
    assert queue.enqueue(store, both) == 1


@pytest.mark.django_db(transaction=True)
def test_identical_messages_of_two_transactions_twice(store: Store):
    """NT-1."""
    lane = uuid4()
    both = [Message("a", {}, lane, fact=fact(store)), Message("a", {}, lane, fact=fact(store))]

    assert queue.enqueue(store, both) == 2


def test_several_types_of_one_fact(store: Store):
    told = fact(store)

    messages = [Message(name, {}, uuid4(), fact=told) for name in ("a", "b")]
    assert queue.enqueue(store, messages) == 2


def test_two_stores_apart(store: Store):
    from tests.factories import StoreFactory

    other, lane = StoreFactory(), uuid4()
    queue.enqueue(store, [Message("a", {}, lane)])
    queue.enqueue(other, [Message("a", {}, lane)])

    assert WebhookDelivery.objects.in_store(store).count() == 1
    assert WebhookLane.objects.count() == 2
