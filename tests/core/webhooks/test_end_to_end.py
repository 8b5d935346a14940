"""From what a person does to the receiver, by the tasks that the schedule runs."""

import time

import pytest
from django.conf import settings as django_settings

from loyalty.core import tasks
from loyalty.core.models import Store
from loyalty.core.webhooks import signing
from tests.factories import CustomerFactory
from tests.support.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS_MAX = 60


def test_registration_is_told_once_and_signed(hooked: Store, receiver: Receiver, monkeypatch):
    woken = []
    monkeypatch.setattr(tasks.deliver_webhooks, "delay", lambda: woken.append(1))
    assert django_settings.WEBHOOKS_ALLOW_PRIVATE
    alice = CustomerFactory(hooked)

    # Another database of the server may hold the relay back for a while.
    deadline = time.monotonic() + SECONDS_MAX
    while len(receiver.received) < 2 and time.monotonic() < deadline:
        tasks.relay_events()
        tasks.deliver_webhooks()
        time.sleep(0.05)

    assert receiver.types == ["customer.registered", "customer.level_changed"]
    assert receiver.data_of("customer.registered")["customerId"] == str(alice.uuid)
    assert woken
    secret = signing.get_present(hooked).value
    assert all(message.is_signed_with(secret) for message in receiver.received)
