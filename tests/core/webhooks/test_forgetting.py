"""Of webhooks is forgotten …"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from loyalty.core import tasks
from loyalty.core.models import DeliveryState, Store, WebhookDelivery, WebhookLane
from loyalty.core.webhooks import log, queue
from loyalty.core.webhooks.queue import Message

pytestmark = pytest.mark.django_db

ATTEMPT = {"at": "2026-01-01T00:00:00+00:00", "status": 200, "error": "", "answer": "hi", "ms": 1}


def old(store: Store, days: int, state: DeliveryState = DeliveryState.DELIVERED) -> WebhookDelivery:
    lane, then = uuid4(), timezone.now() - timedelta(days=days)
    queue.enqueue(store, [Message("a", {"email": "alice@example.com"}, lane)], now=then)
    is_over = state != DeliveryState.WAITING
    WebhookLane.objects.filter(key=lane).update(next_attempt_at=None if is_over else then)
    WebhookDelivery.objects.filter(lane_key=lane).update(
        state=state, ended_at=then if is_over else None, attempts=[ATTEMPT]
    )
    return WebhookDelivery.objects.get(lane_key=lane)


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.FAILED])
def test_what_was_said_after_two_weeks(store: Store, state: DeliveryState):
    kept, forgotten = old(store, 13, state), old(store, 15, state)

    log.forget()

    kept.refresh_from_db()
    forgotten.refresh_from_db()
    assert "alice@example.com" in kept.body
    assert kept.attempts == [ATTEMPT]
    assert forgotten.body == ""
    assert forgotten.attempts == [ATTEMPT | {"answer": ""}]


def test_all_after_ninety_days(store: Store):
    kept, forgotten = old(store, 89), old(store, 91)

    log.forget()

    assert list(WebhookDelivery.objects.values_list("pk", flat=True)) == [kept.pk]
    assert list(WebhookLane.objects.values_list("key", flat=True)) == [kept.lane_key]
    assert forgotten.pk != kept.pk


def test_nothing_of_what_still_waits(store: Store):
    waiting = old(store, 100, DeliveryState.WAITING)

    log.forget()

    waiting.refresh_from_db()
    assert "alice@example.com" in waiting.body
    assert WebhookLane.objects.filter(key=waiting.lane_key).exists()


def test_chunk_by_chunk(store: Store, monkeypatch):
    monkeypatch.setattr(log, "CHUNK", 2)
    for _ in range(5):
        old(store, 20)

    tasks.forget_webhooks()

    assert not WebhookDelivery.objects.exclude(body="").exists()
