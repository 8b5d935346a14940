"""A worker that is killed while it sends …"""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from uuid import uuid4

import pytest

from loyalty.core import clock
from loyalty.core.models import DeliveryState, Store, WebhookDelivery, WebhookLane
from loyalty.core.webhooks import queue, sending
from loyalty.core.webhooks.queue import Message
from tests.running.test_worker import database_url
from tests.support.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

WORK = """
import django
django.setup()
from loyalty.core.webhooks import sending
sending.deliver_due(seconds=60)
"""
SECONDS_MAX = 40


def start_worker(folder) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "loyalty.settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(folder),
        "SECRET_KEY": "of a test",
        "WEBHOOKS_ALLOW_PRIVATE": "1",
    }
    return subprocess.Popen([sys.executable, "-c", WORK], env=environment)


def test_loses_nothing_and_keeps_each_customers_order(hooked: Store, receiver: Receiver, tmp_path):
    lanes = [uuid4() for _ in range(10)]
    for number in range(40):
        queue.enqueue(
            hooked,
            [Message("test.told", {"lane": str(k), "number": number}, k) for k in lanes],
        )

    def answer(received):
        time.sleep(0.01)
        return (200, {}, b"")

    receiver.answers = answer
    worker = start_worker(tmp_path)
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while len(receiver.received) < 100:
            assert time.monotonic() < deadline, "It took too long."
            time.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait()
    time.sleep(0.2)
    assert len(receiver.received) < 400
    assert WebhookDelivery.objects.filter(state=DeliveryState.WAITING).exists()
    held = WebhookLane.objects.exclude(lease=None)
    assert held.exists()
    # Nobody takes what it held before its lease ends; here it ends.
    assert sending.deliver_due() == 0
    held.update(next_attempt_at=clock.now())

    receiver.answers = lambda received: (200, {}, b"")
    sending.deliver_due(seconds=30)

    assert not WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
    first_heard = defaultdict(list)
    seen = set()
    for message in receiver.received:
        if message.id not in seen:
            seen.add(message.id)
            first_heard[message.data["lane"]].append(message.data["number"])
    assert first_heard == {str(lane): list(range(40)) for lane in lanes}
