"""The cockpit's pages of webhooks …"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from loyalty.core.models import AuditEntry, DeliveryState, WebhookDelivery, WebhookLane
from loyalty.core.webhooks import queue, signing
from loyalty.core.webhooks.queue import Message
from tests.factories import CustomerFactory, StoreFactory

LIST = reverse("admin:core_webhookdelivery_changelist")
PAGE = reverse("admin:webhooks")


@pytest.fixture
def hooked(store):
    store.setting_values |= {"webhooks": True, "uriWebhooks": "https://hooks.example.com/"}
    store.save()
    return store


def delivery_of(store, customer=None, *, type="customer.updated", **fields) -> WebhookDelivery:
    lane = uuid4()
    message = Message(type, {"name": "Zażółć"}, lane, customer_id=customer and customer.pk)
    queue.enqueue(store, [message])
    WebhookDelivery.objects.filter(lane_key=lane).update(**fields)
    return WebhookDelivery.objects.get(lane_key=lane)


def failed(store, customer=None, **fields) -> WebhookDelivery:
    attempt = {"at": timezone.now().isoformat(), "status": 500, "error": "Answered 500."}
    given = {
        "state": DeliveryState.FAILED,
        "attempts": [attempt | {"answer": "oops", "ms": 12}],
        "attempt_count": 7,
        "ended_at": timezone.now(),
    }
    return delivery_of(store, customer, **given | fields)


def address(delivery, view="change") -> str:
    return reverse(f"admin:core_webhookdelivery_{view}", args=[delivery.pk])


def act(client, deed):
    return client.post(reverse("admin:webhooks_act", args=[deed]), follow=True)


def test_list_filters(cockpit, hooked):
    alice = CustomerFactory(hooked, email="alice@example.com")
    failed(hooked, alice)
    delivery_of(hooked, type="customer.deactivated")
    delivery_of(StoreFactory(), type="customer.registered")
    client = cockpit()

    def found(query: str) -> list[str]:
        changelist = client.get(f"{LIST}?{query}").context["cl"]
        return [row.type for row in changelist.result_list]

    assert found("") == ["customer.deactivated", "customer.updated"]
    assert found("state__exact=failed") == ["customer.updated"]
    assert found("type=customer.deactivated") == ["customer.deactivated"]
    assert found("q=ALICE@example.com") == ["customer.updated"]
    assert found("q=eve@example.com") == []
    assert found("created_at_to=2020-01-01") == []


def test_list_reads_customers_at_once(cockpit, hooked, django_assert_max_num_queries):
    for _ in range(10):
        failed(hooked, CustomerFactory(hooked))
    client = cockpit()

    with django_assert_max_num_queries(16):
        client.get(LIST)


def test_detail_shows_body_and_attempts(cockpit, hooked):
    delivery = failed(hooked)

    text = cockpit().get(address(delivery)).content.decode()

    assert "Zażółć" in text
    assert "Answered 500." in text
    assert f"msg_{delivery.uuid.hex}" in text


def test_detail_keeps_customers_data_from_who_may_not_see_them(cockpit, hooked):
    text = cockpit("SETTINGS:VIEW").get(address(failed(hooked))).content.decode()

    assert "Zażółć" not in text
    assert "Shown to those who may see customers." in text


def test_replay_of_one(cockpit, hooked):
    delivery = failed(hooked)

    cockpit().post(address(delivery, "replay"))

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.WAITING
    assert delivery.attempt_count == 0
    assert len(delivery.attempts) == 1
    entry = AuditEntry.objects.get(event_type="ReplayWebhook")
    assert entry.entity_id == str(delivery.uuid)


def waiting(store) -> WebhookDelivery:
    """Return a delivery that is tried again in an hour."""
    soon = timezone.now() + timedelta(hours=1)
    delivery = failed(
        store, state=DeliveryState.WAITING, attempt_count=5, ended_at=None, next_attempt_at=soon
    )
    WebhookLane.objects.filter(key=delivery.lane_key).update(next_attempt_at=soon)
    return delivery


def test_sends_now_what_waits(cockpit, hooked):
    delivery = waiting(hooked)
    client = cockpit()

    page = client.get(address(delivery)).content.decode()
    told = [client.post(address(delivery, "now"), follow=True) for _ in range(2)]

    assert address(delivery, "now") in page
    assert ["as soon as a worker is free" in each.content.decode() for each in told] == [True, True]
    assert WebhookLane.objects.get(key=delivery.lane_key).next_attempt_at <= timezone.now()
    assert AuditEntry.objects.get(event_type="SendWebhookNow").entity_id == str(delivery.uuid)


def test_sends_nothing_now_for_who_may_only_look(cockpit, hooked):
    delivery = waiting(hooked)
    client = cockpit("SETTINGS:VIEW")

    assert address(delivery, "now") not in client.get(address(delivery)).content.decode()
    assert client.post(address(delivery, "now")).status_code == 403
    assert WebhookLane.objects.get(key=delivery.lane_key).next_attempt_at > timezone.now()


def test_sends_nothing_now_of_another_store(cockpit, hooked):
    delivery = waiting(StoreFactory())

    assert cockpit().post(address(delivery, "now")).status_code == 404
    assert WebhookLane.objects.get(key=delivery.lane_key).next_attempt_at > timezone.now()


def test_sends_nothing_now_that_is_over(cockpit, hooked):
    answer = cockpit().post(address(failed(hooked), "now"), follow=True)

    assert "no longer waits" in answer.content.decode()
    assert not AuditEntry.objects.filter(event_type="SendWebhookNow").exists()


def test_replay_of_all_failed(cockpit, hooked):
    mine = [failed(hooked), failed(hooked)]
    gone, others = failed(hooked, body=""), failed(StoreFactory())

    answer = act(cockpit(), "replay")

    assert "2 messages are sent again." in answer.content.decode()
    states = dict(WebhookDelivery.objects.values_list("pk", "state"))
    assert {states[d.pk] for d in mine} == {DeliveryState.WAITING}
    assert {states[gone.pk], states[others.pk]} == {DeliveryState.FAILED}
    assert AuditEntry.objects.get(event_type="ReplayFailedWebhooks").data == {"count": 2}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"body": ""}, "no longer kept", id="forgotten"),
        pytest.param({"state": DeliveryState.WAITING}, "still waiting", id="waiting"),
    ],
)
def test_replay_is_refused(cockpit, hooked, fields, words):
    delivery = failed(hooked, **fields)

    answer = cockpit().post(address(delivery, "replay"), follow=True)

    assert words in answer.content.decode()
    delivery.refresh_from_db()
    assert delivery.attempt_count == 7
    assert not AuditEntry.objects.filter(event_type="ReplayWebhook").exists()


def test_test_message(cockpit, hooked):
    act(cockpit(), "test")

    delivery = WebhookDelivery.objects.get()
    assert delivery.type == "webhook.test"
    assert AuditEntry.objects.filter(event_type="TestWebhook", store=hooked).exists()


def test_test_message_is_refused_when_switched_off(cockpit, store):
    answer = act(cockpit(), "test")

    assert "Webhooks are switched off." in answer.content.decode()
    assert not WebhookDelivery.objects.exists()
    assert not AuditEntry.objects.filter(event_type="TestWebhook").exists()


def test_secret_is_shown_and_changed(cockpit, hooked):
    old = signing.get_present(hooked).value
    client = cockpit()
    assert old in client.get(PAGE).content.decode()

    text = act(client, "rotate").content.decode()

    new = signing.get_present(hooked).value
    assert new != old
    assert new in text
    assert old in text
    entry = AuditEntry.objects.get(event_type="RotateWebhookSecret")
    assert old not in str(entry.data)
    assert new not in str(entry.data)


def test_secret_is_kept_from_who_may_only_look(cockpit, hooked):
    secret = signing.get_present(hooked).value

    assert secret not in cockpit("SETTINGS:VIEW").get(PAGE).content.decode()


@pytest.mark.parametrize("deed", ["test", "rotate", "replay"])
def test_deeds_need_the_right_to_modify(cockpit, hooked, deed):
    delivery = failed(hooked)
    secret = signing.get_present(hooked).value

    answer = cockpit("SETTINGS:VIEW").post(reverse("admin:webhooks_act", args=[deed]))

    assert answer.status_code == 403
    assert signing.get_present(hooked).value == secret
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
    assert WebhookDelivery.objects.count() == 1


def test_replay_needs_the_right_to_modify(cockpit, hooked):
    delivery = failed(hooked)

    assert cockpit("SETTINGS:VIEW").post(address(delivery, "replay")).status_code == 403

    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED


@pytest.mark.parametrize("url", [LIST, PAGE])
def test_pages_need_the_right_to_see_settings(cockpit, store, url):
    assert cockpit("CUSTOMER:VIEW").get(url).status_code == 403


def test_another_stores_delivery_does_not_exist(cockpit, hooked):
    delivery = failed(StoreFactory())

    assert cockpit().get(address(delivery)).status_code == 404
    assert cockpit().post(address(delivery, "replay")).status_code == 404
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
