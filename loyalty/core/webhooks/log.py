"""What people do with deliveries: send them again, try the receiver, let them be forgotten."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.core import clock, sql
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.jobs import Run
from loyalty.core.models import DeliveryState, Store, WebhookDelivery, WebhookLane, uuid7
from loyalty.core.services import audit
from loyalty.core.webhooks import deliveries, queue
from loyalty.core.webhooks.queue import Message

TEST_TYPE = "webhook.test"
REPLAYED, SENT_NOW = "ReplayWebhook", "SendWebhookNow"
BODIES_KEPT_FOR = timedelta(days=14)
ENTRIES_KEPT_FOR = timedelta(days=90)
CHUNK = 1_000


class BodyForgotten(DomainError):
    """The body of this delivery is no longer kept, so it cannot be sent again."""

    code = "webhook_body_forgotten"


class StillWaiting(DomainError):
    """This delivery is still waiting to be sent."""

    code = "webhook_still_waiting"


class BeingSent(DomainError):
    """This delivery is being sent at this moment."""

    code = "webhook_being_sent"


class NotWaiting(DomainError):
    """This delivery no longer waits: it was sent, or given up."""

    code = "webhook_not_waiting"


class SwitchedOff(DomainError):
    """Webhooks are switched off. Switch them on and say where they go first."""

    code = "webhooks_switched_off"


@transaction.atomic
def replay(*, delivery: WebhookDelivery, actor: Actor, now: datetime | None = None) -> None:
    """
    Send a delivery again, under the `webhook-id` that it had. Locks it, then its lane.

    It goes before what waits for the same customer, as it is older.

    :raises StillWaiting: it is not over yet. :raises BodyForgotten: there is nothing to send.
    :raises SwitchedOff: nothing would be sent.
    """
    now = now or clock.now()
    _refuse_switched_off(delivery.store)
    locked = WebhookDelivery.objects.select_for_update(of=("self",), no_key=True).get(
        pk=delivery.pk
    )
    if locked.state == DeliveryState.WAITING:
        raise StillWaiting
    if not locked.body:
        raise BodyForgotten
    _queue_again([locked.pk])
    deliveries.wake(locked.store_id, [locked.lane_key], now=now)
    _record(actor, delivery.store, REPLAYED, locked.uuid, now, {"type": locked.type})


@transaction.atomic
def send_now(*, delivery: WebhookDelivery, actor: Actor, now: datetime | None = None) -> None:
    """
    Send a waiting delivery at once instead of at its next attempt, which this one is.

    What waits for the same customer before it goes first. Locks its lane, as workers do: of two who
    ask at once the second finds it due, and changes nothing.

    :raises NotWaiting: it is over. :raises BeingSent: a worker has its lane.
    :raises SwitchedOff: nothing would be sent.
    """
    _refuse_switched_off(delivery.store)
    lane = WebhookLane.objects.select_for_update(of=("self",), no_key=True).get(
        store=delivery.store_id, key=delivery.lane_key
    )
    # After the lock: who waited for it would take what is due by now for what is still to come.
    now = now or clock.now()
    # Under the lock of its lane nobody ends it.
    waiting = WebhookDelivery.objects.filter(lane_key=lane.key, store=lane.store_id)
    waiting = waiting.filter(state=DeliveryState.WAITING)
    if lane.next_attempt_at is None or not waiting.filter(pk=delivery.pk).exists():
        raise NotWaiting
    if lane.next_attempt_at <= now:
        return
    if lane.lease is not None:
        raise BeingSent
    waiting.exclude(next_attempt_at=None).update(next_attempt_at=now)
    deliveries.wake(lane.store_id, [lane.key], now=now)
    _record(actor, delivery.store, SENT_NOW, delivery.uuid, now, {"type": delivery.type})


@transaction.atomic
def replay_failed(*, store: Store, actor: Actor, now: datetime | None = None) -> int:
    """
    Send all failed deliveries again whose bodies are kept; return how many. In order per lane.

    :raises SwitchedOff: nothing would be sent.
    """
    now = now or clock.now()
    _refuse_switched_off(store)
    failed = WebhookDelivery.objects.in_store(store).filter(state=DeliveryState.FAILED)
    count = 0
    lane_keys: set[UUID] = set()
    rows = list(
        failed.exclude(body="").select_for_update().order_by("pk").values_list("pk", "lane_key")
    )
    for begin in range(0, len(rows), CHUNK):
        chunk = rows[begin : begin + CHUNK]
        _queue_again([pk for pk, _ in chunk])
        lane_keys |= {key for _, key in chunk}
        count += len(chunk)
    if lane_keys:
        deliveries.wake(store.pk, lane_keys, now=now)
    _record(actor, store, "ReplayFailedWebhooks", store.uuid, now, {"count": count})
    return count


@transaction.atomic
def send_test(*, store: Store, actor: Actor, now: datetime | None = None) -> WebhookDelivery:
    """
    Queue a message that tells of nothing, to try the receiver with.

    :raises SwitchedOff: nothing would be sent.
    """
    now = now or clock.now()
    _refuse_switched_off(store)
    lane_key = uuid7()
    data = {"storeCode": store.code, "sentAt": now.isoformat(timespec="seconds")}
    queue.enqueue(store, [Message(TEST_TYPE, data, lane_key)], now=now)
    _record(actor, store, "TestWebhook", store.uuid, now, {})
    return WebhookDelivery.objects.get(lane_key=lane_key)


def forget(*, now: datetime | None = None, run: Run | None = None) -> None:
    """
    Forget bodies and answers that are over for 14 days, and entries of 90.

    Bodies hold personal data, and nobody sends them again after that. By chunks, each its own
    transaction; may be stopped. Lanes of which nothing is kept go with them.
    """
    now, run = now or clock.now(), run or Run()
    limits = {"body_limit": now - BODIES_KEPT_FOR, "limit": now - ENTRIES_KEPT_FOR, "chunk": CHUNK}
    _repeat(run, "bodies", FORGET_BODIES, limits)
    _repeat(run, "entries", FORGET_ENTRIES, limits)
    _repeat(run, "lanes", FORGET_LANES, limits)


def count_of(store: Store) -> dict[str, int]:
    """Return how many deliveries of a store wait, and how many have failed."""
    states = (DeliveryState.WAITING, DeliveryState.FAILED)
    rows = WebhookDelivery.objects.in_store(store)
    return {state.value: rows.filter(state=state).count() for state in states}


def time_of(attempt: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(attempt["at"])


def _repeat(run: Run, word: str, statement: str, arguments: dict[str, object]) -> None:
    changed = CHUNK
    while changed == CHUNK:
        with run.chunk() as done:
            changed = len(sql.write(statement, arguments))
            # Lanes are no news.
            done[word] = changed if word != "lanes" else 0


def _queue_again(ids: Collection[int]) -> None:
    WebhookDelivery.objects.filter(pk__in=ids).update(
        state=DeliveryState.WAITING, attempt_count=0, next_attempt_at=None, ended_at=None
    )


def _refuse_switched_off(store: Store) -> None:
    if not store.settings.webhooks or not store.settings.uri_webhooks:
        raise SwitchedOff


def _record(
    actor: Actor, store: Store, deed: str, id: UUID, now: datetime, data: dict[str, object]
) -> None:
    audit.record(
        actor,
        store=store,
        event_type=deed,
        entity_type="WebhookDelivery" if deed in {REPLAYED, SENT_NOW} else "Webhooks",
        entity_id=id,
        data=data,
        now=now,
    )


FORGET_BODIES = """
update core_webhookdelivery set body = '', attempts = (
    select coalesce(jsonb_agg(a || '{"answer": ""}'), '[]') from jsonb_array_elements(attempts) a
)
where id in (
    select id from core_webhookdelivery
    where created_at < %(body_limit)s::timestamptz and ended_at < %(body_limit)s::timestamptz
        and body <> ''
    order by created_at limit %(chunk)s::integer
) and state <> 'waiting'
returning id
"""

FORGET_ENTRIES = """
delete from core_webhookdelivery where id in (
    select id from core_webhookdelivery
    where created_at < %(limit)s::timestamptz and ended_at < %(limit)s::timestamptz
    order by created_at limit %(chunk)s::integer
) and state <> 'waiting'
returning id
"""

# Skips what anybody holds: who adds to a lane has its lock, or makes it anew.
FORGET_LANES = """
delete from core_webhooklane where id in (
    select lane.id from core_webhooklane lane
    where next_attempt_at is null and lease is null and not exists (
        select from core_webhookdelivery d
        where d.lane_key = lane.key and d.store_id = lane.store_id
    )
    limit %(chunk)s::integer for update skip locked
)
returning id
"""
