"""
Which facts are told to receivers of webhooks, and who knows how: the one table of both.

A new message: a function in the context where its facts live, and a line here.
"""

from collections import defaultdict
from collections.abc import Sequence

from accounts.api.open_loyalty import webhooks as of_customers
from accounts.events import LEVEL_EXPIRING_SOON, POINTS_EXPIRING_SOON
from campaigns.api.open_loyalty import webhooks as of_rewards
from campaigns.events import COUPON_EXPIRING_SOON
from loyalty.core.consumers import Consumer
from loyalty.core.models import Event, Store
from loyalty.core.webhooks import queue
from loyalty.core.webhooks.queue import Builder, Message
from transactions.api.open_loyalty import webhooks as of_purchases

BUILDERS: dict[str, Builder] = {
    "customer.registered": of_customers.customer_registered,
    "customer.updated": of_customers.customer_updated,
    "customer.deactivated": of_customers.customer_deactivated,
    "customer.moved_to_level": of_customers.customer_moved_to_level,
    POINTS_EXPIRING_SOON: of_customers.expiring_points,
    LEVEL_EXPIRING_SOON: of_customers.expiring_levels,
    COUPON_EXPIRING_SOON: of_rewards.expiring_coupons,
    "transaction.registered": of_purchases.transaction_registered,
    "transaction.assigned": of_purchases.transaction_assigned,
    # PA-24. A reset is told by the expiry of what it takes.
    "points.added": of_customers.available_points_changed,
    "points.spent": of_customers.available_points_changed,
    "points.blocked": of_customers.available_points_changed,
    "points.unblocked": of_customers.available_points_changed,
    "points.transferred": of_customers.available_points_changed,
    "points.reverted": of_customers.available_points_changed,
    "points.returned": of_customers.available_points_changed,
    "points.unlocked": of_customers.available_points_changed,
    "points.expired": of_customers.available_points_changed,
    "points.canceled": of_customers.available_points_changed,
}

# The types of messages, as receivers tell them apart (NT-1, WEB-2).
TYPES = (
    "customer.registered",
    "customer.updated",
    "customer.deactivated",
    "customer.level_changed",
    "customer.level_changed_automatically",
    "transaction.registered",
    "transaction.assigned_to_customer",
    "account.available_points_amount_changed",
    "account.expiring_points_notification",
    "account.expiring_level_notification",
    "campaign.coupon_expiration",
)


def queue_messages(facts: Sequence[Event]) -> None:
    """
    Write down what is to be sent of some facts, in their order, for stores that want it.

    A fact that comes again, as after a crash, is not queued again.
    """
    by_store: dict[int, list[Event]] = defaultdict(list)
    for fact in facts:
        if fact.store_id is not None:
            by_store[fact.store_id].append(fact)
    for group in by_store.values():
        store = group[0].store
        assert store is not None
        if store.settings.webhooks and store.settings.uri_webhooks:
            queue.enqueue(store, _messages(store, group))


def _messages(store: Store, facts: Sequence[Event]) -> list[Message]:
    """Let each builder read its facts at once, then bring all messages into the facts' order."""
    by_builder: dict[Builder, list[Event]] = defaultdict(list)
    for fact in facts:
        by_builder[BUILDERS[fact.type]].append(fact)
    places = {fact.pk: place for place, fact in enumerate(facts)}
    messages = [
        message for builder, group in by_builder.items() for message in builder(store, group)
    ]
    return sorted(messages, key=lambda message: places[message.fact.pk] if message.fact else -1)


CONSUMER = Consumer("webhooks", handle_many=queue_messages, facts=frozenset(BUILDERS))
