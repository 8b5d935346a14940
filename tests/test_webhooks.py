"""
What happens is told to receivers of webhooks: each type of NT-1, from the fact to the receiver.

The table of what is sent at which fact is `loyalty.webhooks`.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.events import LEVEL_EXPIRING_SOON
from accounts.services import customers, level_moves, notice_jobs, points
from loyalty import webhooks
from loyalty.core import events
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Event, Store, WebhookDelivery
from tests.factories import CustomerFactory, LevelFactory, PosFactory, StoreFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory, line

pytestmark = pytest.mark.django_db

HOOKED = {"webhooks": True, "uriWebhooks": "https://hooks.example.com/"}


@pytest.fixture
def shop() -> Store:
    return StoreFactory(setting_values=HOOKED)


def told(store: Store, *types: str) -> list[dict[str, Any]]:
    """Return the messages that the facts so far make, oldest first; those of some types."""
    facts = Event.objects.filter(store=store, type__in=webhooks.BUILDERS).order_by("pk")
    webhooks.queue_messages(list(facts.select_related("store")))
    deliveries = WebhookDelivery.objects.in_store(store).order_by("pk")
    messages = [json.loads(delivery.body) for delivery in deliveries]
    return [message for message in messages if not types or message["type"] in types]


def test_customer_registered(shop: Store):
    """NT-1."""
    alice = CustomerFactory(
        shop,
        first_name="Alice",
        last_name="Doe",
        email="alice@example.com",
        phone="+48601234567",
        loyalty_card_number="C-1",
        address={"city": "Wrocław"},
    )

    [message] = told(shop, "customer.registered")

    assert message["data"].keys() == {"customerId", "data"}
    assert message["data"]["customerId"] == str(alice.uuid)
    data = message["data"]["data"]
    assert data.pop("createdAt")
    assert data == {
        "firstName": "Alice",
        "lastName": "Doe",
        "gender": "not_disclosed",
        "email": "alice@example.com",
        "phone": "+48601234567",
        "birthDate": None,
        "loyaltyCardNumber": "C-1",
        "address": {
            "street": None,
            "address1": None,
            "address2": None,
            "postal": None,
            "city": "Wrocław",
            "province": None,
            "country": None,
        },
        "company": {},
        "labels": [],
        "agreement1": True,
        "agreement2": False,
        "agreement3": False,
    }


def test_customer_updated(shop: Store):
    """NT-1."""
    alice = CustomerFactory(shop)
    customers.update(customer=alice, changes=customers.Changes(first_name="Alicia"), actor=SYSTEM)

    assert told(shop, "customer.updated") == [
        {"type": "customer.updated", "data": {"customerId": str(alice.uuid)}}
    ]


def test_customer_deactivated(shop: Store):
    """NT-1."""
    alice = CustomerFactory(shop)
    customers.deactivate(customer=alice, actor=SYSTEM)

    assert told(shop, "customer.deactivated") == [
        {"type": "customer.deactivated", "data": {"customerId": str(alice.uuid)}}
    ]


def test_customer_level_changed_by_hand(shop: Store):
    """NT-1, LV-13: no person's move is automatic."""
    alice = CustomerFactory(shop)
    gold = LevelFactory(shop, name="Gold", condition_value=100, reward_value="0.1")
    level_moves.assign_manually(customer=alice, level=gold, actor=SYSTEM)

    *_first, message = told(shop, "customer.level_changed", "customer.level_changed_automatically")

    assert message == {
        "type": "customer.level_changed",
        "data": {"customerId": str(alice.uuid), "levelId": str(gold.uuid), "levelName": "Gold"},
    }


def test_customer_level_changed_automatically(shop: Store):
    """NT-1, LV-13."""
    alice = CustomerFactory(shop)
    gold = LevelFactory(shop, name="Gold", condition_value=100, reward_value="0.1")
    SaleFactory(alice, "150")

    *_first, moved, automatically = told(
        shop, "customer.level_changed", "customer.level_changed_automatically"
    )

    data = {"customerId": str(alice.uuid), "levelId": str(gold.uuid), "levelName": "Gold"}
    assert moved == {"type": "customer.level_changed", "data": data}
    assert automatically == {
        "type": "customer.level_changed_automatically",
        "data": data | {"levelMove": "up"},
    }


def test_first_level_is_no_move_up(shop: Store):
    CustomerFactory(shop)

    types = [message["type"] for message in told(shop)]

    assert types.count("customer.level_changed") == 1
    assert "customer.level_changed_automatically" not in types


def test_transaction_registered(shop: Store):
    """NT-1: with the key `postId`, as receivers know it."""
    alice = CustomerFactory(shop, email="alice@example.com")
    corner = PosFactory(shop)
    sale = SaleFactory(
        alice,
        number="R-7",
        pos_uuid=corner.uuid,
        purchase_place="Wrocław",
        lines=(line("12.50", sku="TEA", maker="Leaf", labels=[("kind", "green")]),),
    )

    [message] = told(shop, "transaction.registered")

    assert message == {
        "type": "transaction.registered",
        "data": {
            "transactionId": str(sale.uuid),
            "transactionData": {
                "documentNumber": "R-7",
                "documentType": "sell",
                "purchaseDate": "2026-03-14T11:30:00+0100",
                "purchasePlace": "Wrocław",
            },
            "customerData": {
                "email": "alice@example.com",
                "name": alice.name,
                "nip": "",
                "phone": "",
                "loyaltyCardNumber": "",
                "address": {},
            },
            "items": [
                {
                    "sku": {"code": "TEA"},
                    "name": "Tea",
                    "quantity": 1,
                    "grossValue": 12.5,
                    "category": "drinks",
                    "maker": "Leaf",
                    "labels": [{"key": "kind", "value": "green"}],
                }
            ],
            "postId": str(corner.uuid),
        },
    }


def test_transaction_of_nobody(shop: Store):
    """NT-1: without a point of sale `postId` is null; it has a lane of its own."""
    sale = UnmatchedSaleFactory(shop)

    [message] = told(shop)

    assert message["type"] == "transaction.registered"
    assert message["data"]["postId"] is None
    delivery = WebhookDelivery.objects.get()
    assert delivery.lane_key == sale.uuid
    assert delivery.customer_id is None


def test_transaction_assigned_to_customer(shop: Store):
    """NT-1."""
    alice = CustomerFactory(shop)
    sale = SaleFactory(alice)

    registered, assigned = told(shop, "transaction.registered", "transaction.assigned_to_customer")

    assert registered["type"] == "transaction.registered"
    assert assigned == {
        "type": "transaction.assigned_to_customer",
        "data": {"transactionId": str(sale.uuid), "customerId": str(alice.uuid)},
    }
    assert set(WebhookDelivery.objects.values_list("lane_key", flat=True)) == {alice.uuid}


POINTS = "account.available_points_amount_changed"


def changes(store: Store) -> list[tuple[Any, Any, str]]:
    return [
        (m["data"]["amount"], m["data"]["amount_change"], m["data"]["amount_change_type"])
        for m in told(store, POINTS)
    ]


def add(customer: Any, amount: Any, **fields: Any) -> Any:
    return points.add(customer=customer, amount=Decimal(amount), issuer="admin", **fields)


def test_available_points_amount_changed(shop: Store):
    """NT-1, PA-24."""
    alice = CustomerFactory(shop)
    add(alice, "12.5")

    assert told(shop, POINTS) == [
        {
            "type": POINTS,
            "data": {
                "customerId": str(alice.uuid),
                "amount": 12.5,
                "amount_change": 12.5,
                "amount_change_type": "add",
            },
        }
    ]


def test_points_spent_and_blocked(shop: Store):
    """PA-24."""
    alice = CustomerFactory(shop)
    add(alice, 100)
    points.spend(customer=alice, amount=Decimal(30), issuer="admin")
    points.block(customer=alice, amount=Decimal(20), issuer="admin")

    assert changes(shop) == [(100, 100, "add"), (70, 30, "subtract"), (50, 20, "subtract")]


def test_points_transferred(shop: Store):
    """PA-24: both sides."""
    alice, bob = CustomerFactory(shop), CustomerFactory(shop, first_name="Bob")
    add(alice, 100)
    points.transfer(sender=alice, receiver=bob, amount=Decimal(40))

    assert changes(shop) == [
        (100, 100, "add"),
        (60, 40, "p2p_subtract"),
        (40, 40, "p2p_add"),
    ]


def test_locked_points_raise_nothing_until_they_unlock(shop: Store):
    """PA-24: adding a locked lot raises nothing, unlocking a change of 0."""
    shop.setting_values |= {"allTimeNotLocked": False, "pointsDaysLocked": 3}
    shop.save()
    alice = CustomerFactory(shop)
    lot = add(alice, 50)
    assert changes(shop) == []

    points.activate(store=shop, transfer_uuid=lot.uuid)

    assert changes(shop) == [(50, 0, "subtract")]


def test_expired_and_cancelled_points_are_told_with_a_change_of_zero(shop: Store):
    """PA-24."""
    alice = CustomerFactory(shop)
    expiring, cancelled = add(alice, 10), add(alice, 20)
    points.expire(store=shop, transfer_uuid=expiring.uuid)
    points.cancel(store=shop, transfer_uuid=cancelled.uuid)

    assert changes(shop)[2:] == [(20, 0, "subtract"), (0, 0, "subtract")]


def test_points_taken_back_by_a_return(shop: Store):
    """PA-24: by what was taken, which need not be what was asked for."""
    alice = CustomerFactory(shop)
    sale = SaleFactory(alice, "100")
    add(alice, 30, transaction_uuid=sale.uuid)
    points.spend(customer=alice, amount=Decimal(10), issuer="admin")
    before = len(changes(shop))
    ReturnFactory(sale, "100")

    [change] = changes(shop)[before:]

    assert change == (0, 20, "subtract")


def test_stores_without_webhooks_are_told_nothing():
    store = StoreFactory(setting_values=HOOKED | {"webhooks": False})
    CustomerFactory(store)

    assert told(store) == []


def test_facts_of_two_stores_go_their_own_ways(shop: Store):
    other = StoreFactory(setting_values=HOOKED)
    CustomerFactory(shop)
    CustomerFactory(other)

    facts = list(Event.objects.filter(type__in=webhooks.BUILDERS).order_by("pk"))
    webhooks.queue_messages(facts)

    assert WebhookDelivery.objects.in_store(shop).count() == len(
        WebhookDelivery.objects.in_store(other)
    )
    ours = {str(lane) for lane in WebhookDelivery.objects.in_store(shop).values_list("lane_key")}
    theirs = {str(lane) for lane in WebhookDelivery.objects.in_store(other).values_list("lane_key")}
    assert not ours & theirs


def test_queries_do_not_grow_with_the_facts(shop: Store, django_assert_num_queries):
    def facts_of(count: int) -> list[Event]:
        begin = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for _ in range(count):
            alice = CustomerFactory(shop)
            SaleFactory(alice, "10", "20")
            add(alice, 5, now=timezone.now() + timedelta(seconds=count))
        new = Event.objects.filter(pk__gt=begin, type__in=webhooks.BUILDERS).order_by("pk")
        return list(new.select_related("store"))

    few, many = facts_of(2), facts_of(10)
    webhooks.queue_messages(few)  # the levels are read once

    # Customers twice, documents and lines twice, and the insert in its savepoint.
    with django_assert_num_queries(9):
        webhooks.queue_messages(many)


def test_expiring_points_notification(shop: Store):
    """NT-1, PE-10: one list of all whom the job has warned at once."""
    shop.setting_values |= {"pointsDaysExpiryAfter": "after_x_days", "pointsDaysActiveCount": 10}
    shop.save()
    noon = datetime(2026, 3, 1, 11, tzinfo=UTC)
    alice = CustomerFactory(shop, email="alice@example.com", phone="+48601234567")
    bob = CustomerFactory(shop, first_name="Bob", loyalty_card_number="C-2")
    for customer, amount in ((alice, "12.5"), (bob, "40")):
        add(customer, amount, now=noon)

    notice_jobs.warn_of_expiring_points(noon + timedelta(hours=1))

    [message] = told(shop, "account.expiring_points_notification")
    first, second = message["data"]
    assert first == {
        "customerId": str(alice.uuid),
        "customerEmail": "alice@example.com",
        "customerPhone": "+48601234567",
        "customerLoyaltyCardNumber": None,
        "customerFirstName": "Alice",
        "customerLastName": alice.last_name,
        "points": 12.5,
        "pointsWillExpire": "2026-03-11T23:59:59+01:00",
    }
    assert second["customerId"] == str(bob.uuid)
    assert second["customerLoyaltyCardNumber"] == "C-2"
    assert second["points"] == 40


def test_expiring_level_notification(shop: Store):
    """NT-1, LV-17."""
    alice = CustomerFactory(shop, email="alice@example.com")
    entry = alice.level
    assert entry is not None
    gold = LevelFactory(shop, name="Gold", condition_value=100, reward_value="0.1")
    with transaction.atomic():
        events.append(
            LEVEL_EXPIRING_SOON,
            store=shop,
            subject=alice.uuid,
            customer_id=alice.pk,
            payload={
                "customerId": str(alice.uuid),
                "levelId": str(gold.uuid),
                "futureLevelId": str(entry.uuid),
                "endsAt": "2026-03-11T23:59:59+01:00",
            },
            now=timezone.now(),
        )

    shop.refresh_from_db()
    assert told(shop, "account.expiring_level_notification") == [
        {
            "type": "account.expiring_level_notification",
            "data": [
                {
                    "customerId": str(alice.uuid),
                    "customerEmail": "alice@example.com",
                    "customerPhone": None,
                    "customerLoyaltyCardNumber": None,
                    "customerFirstName": "Alice",
                    "customerLastName": alice.last_name,
                    "levelId": str(gold.uuid),
                    "levelName": "Gold",
                    "futureLevelId": str(entry.uuid),
                    "futureLevelName": entry.name,
                }
            ],
        }
    ]


def test_types_are_the_documented_ones():
    """WEB-2."""
    assert sorted(webhooks.TYPES) == [
        "account.available_points_amount_changed",
        "account.expiring_level_notification",
        "account.expiring_points_notification",
        "campaign.coupon_expiration",
        "customer.deactivated",
        "customer.level_changed",
        "customer.level_changed_automatically",
        "customer.registered",
        "customer.updated",
        "transaction.assigned_to_customer",
        "transaction.registered",
    ]
