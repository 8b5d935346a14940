"""Webhooks are sent …"""

import json
import socket
import time
from collections import defaultdict
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.utils import timezone

from loyalty.core.actors import SYSTEM
from loyalty.core.models import DeliveryState, Store, WebhookDelivery, WebhookLane
from loyalty.core.webhooks import addresses, deliveries, queue, sending, signing
from loyalty.core.webhooks.queue import Message
from tests.support.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

ALICE, BOB = uuid4(), uuid4()


def enqueue(store: Store, *numbers: int, lane: UUID = ALICE) -> list[WebhookDelivery]:
    messages = [Message("test.told", {"number": n, "name": "Zoë"}, lane) for n in numbers]
    queue.enqueue(store, messages)
    return list(WebhookDelivery.objects.filter(lane_key=lane).order_by("pk"))[-len(numbers) :]


def numbers_of(receiver: Receiver) -> list[int]:
    return [message.data["number"] for message in receiver.received]


def test_as_a_post_with_the_documented_header(hooked: Store, receiver: Receiver):
    """NT-1, WEB-1."""
    hooked.setting_values |= {"webhookHeaderName": "X-Token", "webhookHeaderValue": "s3cret"}
    hooked.save()
    [delivery] = enqueue(hooked, 1)

    assert sending.deliver_due() == 1

    [received] = receiver.received
    assert received.path == "/hooks"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"] == "OpenLoyalty"
    assert received.headers["x-token"] == "s3cret"
    assert received.body.decode() == delivery.body
    assert json.loads(received.body) == {"type": "test.told", "data": {"number": 1, "name": "Zoë"}}


def test_signed_by_the_standard_scheme(hooked: Store, receiver: Receiver):
    [delivery] = enqueue(hooked, 1)

    sending.deliver_due()

    [received] = receiver.received
    assert received.id == f"msg_{delivery.uuid.hex}"
    assert received.is_signed_with(signing.get_present(hooked).value)
    assert not received.is_signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")


def test_signed_with_the_old_secret_too_for_a_day(hooked: Store, receiver: Receiver):
    old = signing.get_present(hooked).value
    new = signing.rotate(store=hooked, actor=SYSTEM).value
    enqueue(hooked, 1)

    sending.deliver_due()

    [received] = receiver.received
    assert received.is_signed_with(old)
    assert received.is_signed_with(new)


def test_signed_with_the_new_secret_alone_after_that(hooked: Store, receiver: Receiver):
    long_ago = timezone.now() - timedelta(hours=25)
    old = signing.get_present(hooked, now=long_ago).value
    new = signing.rotate(store=hooked, actor=SYSTEM, now=long_ago).value
    enqueue(hooked, 1)

    sending.deliver_due()

    [received] = receiver.received
    assert received.is_signed_with(new)
    assert not received.is_signed_with(old)


def test_and_written_down(hooked: Store, receiver: Receiver):
    receiver.answers = lambda received: (202, {}, b"thank you\x00")
    [delivery] = enqueue(hooked, 1)

    sending.deliver_due()

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.last_status == 202
    assert delivery.ended_at is not None
    [attempt] = delivery.attempts
    assert attempt["status"] == 202
    assert attempt["error"] == ""
    assert attempt["answer"] == "thank you\ufffd"
    assert isinstance(attempt["ms"], int)
    assert not WebhookLane.objects.exclude(next_attempt_at=None, lease=None).exists()


def test_in_order_for_each_customer(hooked: Store, receiver: Receiver):
    lanes = [uuid4() for _ in range(20)]
    for number in range(30):
        messages = [Message("test.told", {"lane": str(k), "number": number}, k) for k in lanes]
        queue.enqueue(hooked, messages)

    assert sending.deliver_due() == 600

    heard = defaultdict(list)
    for message in receiver.received:
        heard[message.data["lane"]].append(message.data["number"])
    assert heard == {str(lane): list(range(30)) for lane in lanes}


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        pytest.param((500, {}, b"oops"), 500, "Answered 500.", id="500"),
        pytest.param((404, {}, b""), 404, "Answered 404.", id="404"),
        pytest.param((410, {}, b""), 410, "Answered 410.", id="410"),
    ],
)
def test_again_after_a_failure(hooked: Store, receiver: Receiver, answer, status, error):
    receiver.answers = lambda received: answer
    [delivery] = enqueue(hooked, 1)

    sending.deliver_due()

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.WAITING
    assert delivery.attempt_count == 1
    assert delivery.last_status == status
    assert delivery.attempts[0]["error"] == error
    wait = delivery.next_attempt_at - timezone.now()
    assert timedelta(seconds=3) < wait <= timedelta(seconds=5)


def test_with_growing_pauses_then_given_up(hooked: Store, receiver: Receiver):
    receiver.answers = lambda received: (503, {}, b"")
    [delivery, after] = enqueue(hooked, 1, 2)
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(deliveries.ATTEMPTS_MAX):
            assert sending.deliver_due() >= 1
            delivery.refresh_from_db()
            if delivery.next_attempt_at is None:
                break
            pauses.append(delivery.next_attempt_at - timezone.now())
            clock.move_to(delivery.next_attempt_at - timedelta(seconds=1))
            assert sending.deliver_due() == 0
            clock.move_to(delivery.next_attempt_at)

    assert [pause.total_seconds() for pause in pauses] == [5, 30, 120, 600, 3600, 21600]
    assert delivery.state == DeliveryState.FAILED
    assert len(delivery.attempts) == 7
    # Given up, it holds up its successor no longer.
    assert numbers_of(receiver) == [1] * 7 + [2]
    after.refresh_from_db()
    assert after.attempt_count == 1


def test_to_a_customer_only_after_their_former_one(hooked: Store, receiver: Receiver):
    receiver.answers = lambda received: (500 if received.data["number"] == 1 else 200, {}, b"")
    enqueue(hooked, 1, 2, 3)
    enqueue(hooked, 11, 12, lane=BOB)

    sending.deliver_due()

    # Bob's go on; Alice's wait for her first.
    assert sorted(numbers_of(receiver)) == [1, 11, 12]
    receiver.received.clear()
    receiver.answers = lambda received: (200, {}, b"")
    with time_machine.travel(timezone.now() + timedelta(seconds=6)):
        sending.deliver_due()
    assert numbers_of(receiver) == [1, 2, 3]


def test_without_following_redirects(hooked: Store, receiver: Receiver):
    target = receiver.url.replace("/hooks", "/elsewhere")
    receiver.answers = lambda received: (302, {"Location": target}, b"")
    [delivery] = enqueue(hooked, 1)

    sending.deliver_due()

    assert [message.path for message in receiver.received] == ["/hooks"]
    delivery.refresh_from_db()
    assert delivery.attempts[0]["error"] == "Answered 302; redirects are not followed."
    assert delivery.state == DeliveryState.WAITING


def test_without_waiting_long_for_an_answer(hooked: Store, receiver: Receiver, monkeypatch):
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 0.3)
    receiver.answers = lambda received: 3.0 if received.data["number"] == 1 else (200, {}, b"")
    [hanging] = enqueue(hooked, 1)
    enqueue(hooked, 11, lane=BOB)
    begun = time.monotonic()

    sending.deliver_due()

    assert time.monotonic() - begun < 2
    hanging.refresh_from_db()
    assert hanging.state == DeliveryState.WAITING
    assert hanging.last_status is None
    assert hanging.attempts[0]["error"] == "No answer within 0.3 seconds."
    assert WebhookDelivery.objects.get(lane_key=BOB).state == DeliveryState.DELIVERED


def test_and_only_the_beginning_of_an_answer_is_read(hooked: Store, receiver: Receiver):
    receiver.answers = lambda received: (200, {}, b"x" * 5_000_000)
    [delivery] = enqueue(hooked, 1)

    sending.deliver_due()

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.attempts[0]["answer"] == "x" * 1024


def test_to_nobody_where_nobody_listens(hooked: Store):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    hooked.setting_values |= {"uriWebhooks": f"http://127.0.0.1:{port}/"}
    hooked.save()
    [delivery] = enqueue(hooked, 1)

    sending.deliver_due()

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.WAITING
    assert "Cannot connect" in delivery.attempts[0]["error"]


def test_not_into_the_own_network(hooked: Store, receiver: Receiver, settings):
    [delivery] = enqueue(hooked, 1)
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    sending.deliver_due()

    assert receiver.received == []
    delivery.refresh_from_db()
    assert delivery.attempts[0]["error"] == addresses.INWARD


def test_not_where_a_name_has_come_to_lead_inward(
    hooked: Store, receiver: Receiver, settings, monkeypatch
):
    """A name that meant the world when it was saved, and means this machine by now."""
    port = int(receiver.url.rsplit(":", 1)[1].split("/")[0])
    real = socket.getaddrinfo

    def rebound(host, *arguments, **options):
        return real("127.0.0.1" if host == "rebound.example.com" else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    hooked.setting_values |= {"uriWebhooks": f"http://rebound.example.com:{port}/hooks"}
    hooked.save()
    [delivery] = enqueue(hooked, 1)
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    sending.deliver_due()

    assert receiver.received == []
    delivery.refresh_from_db()
    assert delivery.attempts[0]["error"] == addresses.INWARD


def test_not_after_they_were_switched_off(hooked: Store, receiver: Receiver):
    [delivery] = enqueue(hooked, 1)
    hooked.setting_values |= {"webhooks": False}
    hooked.save()

    sending.deliver_due()

    assert receiver.received == []
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
    assert delivery.attempts[0]["error"] == sending.SWITCHED_OFF


def test_not_again_by_a_second_worker(hooked: Store, receiver: Receiver):
    enqueue(hooked, 1, 2)
    now = timezone.now()
    [lane] = deliveries.claim(10, now=now)

    assert [delivery.attempt_count for delivery in lane.deliveries] == [0, 0]
    assert deliveries.claim(10, now=now) == []
    assert sending.deliver_due() == 0
    assert receiver.received == []


def test_again_when_a_lease_has_ended(hooked: Store, receiver: Receiver):
    enqueue(hooked, 1, 2)
    deliveries.claim(10, now=timezone.now() - deliveries.LEASE)

    assert sending.deliver_due() == 2

    assert numbers_of(receiver) == [1, 2]


def test_and_not_written_by_who_has_lost_the_lease(hooked: Store, receiver: Receiver):
    [delivery] = enqueue(hooked, 1)
    now = timezone.now()
    later = now + deliveries.LEASE
    [late] = deliveries.claim(10, now=now)
    deliveries.claim(10, now=later)
    attempt = deliveries.Attempt(late.deliveries[0], now, 500, "Answered 500.", "", 1)

    deliveries.finish([deliveries.Turn(late, [attempt])], now=later)

    delivery.refresh_from_db()
    assert delivery.attempts == []
    assert WebhookLane.objects.get().next_attempt_at == later + deliveries.LEASE


def test_also_what_came_while_the_lane_was_worked_off(hooked: Store, receiver: Receiver):
    enqueue(hooked, 1)

    def answer(received):
        if received.data["number"] == 1:
            from django.db import connection

            enqueue(hooked, 2)
            connection.close()
        return (200, {}, b"")

    receiver.answers = answer

    assert sending.deliver_due() == 2
    assert numbers_of(receiver) == [1, 2]


def test_less_to_a_receiver_that_is_silent(hooked: Store, receiver: Receiver, monkeypatch):
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(sending, "SILENT_MAX", 3)
    monkeypatch.setattr(sending, "LANES_MAX", 4)
    receiver.answers = lambda received: 2.0
    lanes = [uuid4() for _ in range(12)]
    for lane in lanes:
        enqueue(hooked, 1, lane=lane)

    tried = sending.deliver_due()

    assert tried == 4
    assert len(receiver.received) == 4
    held_back = WebhookDelivery.objects.filter(attempt_count=0)
    assert held_back.count() == 8
    # Nothing is lost by it.
    receiver.answers = lambda received: (200, {}, b"")
    with time_machine.travel(timezone.now() + timedelta(seconds=6)):
        sending.deliver_due()
    assert not WebhookDelivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
