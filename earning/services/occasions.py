"""
Points for what is not a purchase: events, scanned codes, places. Source: ER-18…26.

Each command locks the customer until commit before it counts their uses, so that of two calls at
once for the last use one is paid and one refused.
"""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q

from accounts.models import Customer
from accounts.services import customer_locks, points
from earning import engine
from earning.models import EVENTS_ONCE, RuleUse, StoreEvent
from earning.services import awards, rule_sets
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import audit

ZERO = Decimal(0)


class UnknownEvent(DomainError):
    """event does not exist"""

    code = "unknown_event"


class LimitExceeded(DomainError):
    """limit exceeded"""

    code = "limit_exceeded"


def report_event(
    *, customer: Customer, name: str, actor: Actor | None = None, now: datetime | None = None
) -> Decimal:
    """
    Pay for an event of the store's own (ER-20) and return the points; 0 to who may not earn.

    `actor`: who reports it, where that is not the customer; it goes to the audit trail.

    :raises UnknownEvent: no rule of this name is for this customer, here and now.
    :raises LimitExceeded: the customer has used the rule up in its period.
    """
    occasion = engine.Happening(name, is_custom=True)
    return _report(customer, occasion, named=name, only_rule=None, actor=actor, now=now)


def scan(
    *,
    customer: Customer,
    code: str,
    rule_uuid: UUID | None = None,
    actor: Actor | None = None,
    now: datetime | None = None,
) -> Decimal:
    """
    Pay for a scanned code, by every rule with this code (ER-21) or by one, and return the sum.

    `actor`: as in `report_event`.

    :raises UnknownEvent: no such rule is for this customer, here and now.
    :raises LimitExceeded: the customer has used up all of them (ER-23).
    """
    occasion = engine.Scan(code)
    return _report(customer, occasion, named="qrcode", only_rule=rule_uuid, actor=actor, now=now)


def visit(
    *,
    customer: Customer,
    latitude: Decimal,
    longitude: Decimal,
    rule_uuid: UUID | None = None,
    actor: Actor | None = None,
    now: datetime | None = None,
) -> Decimal:
    """
    Pay for being somewhere, by every rule in whose radius it is (ER-22) or by one.

    Returns the sum. `actor`: as in `report_event`.

    :raises UnknownEvent: no such rule is for this customer, here and now.
    :raises LimitExceeded: the customer has used up all of them (ER-23).
    """
    place = engine.Presence(latitude, longitude)
    return _report(customer, place, named="geolocation", only_rule=rule_uuid, actor=actor, now=now)


def happened(*, store: Store, customer_id: int, event: StoreEvent, now: datetime) -> Decimal:
    """
    Pay for an event that the platform itself saw: only the best rule (ER-18). Returns the points.

    Events that count once for life are not paid again. Asks nothing of the database where no
    active rule waits for the event. The caller's transaction wrote what happened.
    """
    assert connection.in_atomic_block, "What happened is written together with its points."
    if not is_paid(store, event):
        return ZERO
    customer = customer_locks.lock_for_purchase(customer_id, store=store)
    if event in EVENTS_ONCE and _was_paid(customer, event):
        return ZERO
    found = _evaluate(
        customer,
        engine.Happening(event.value),
        asks_status=event is not StoreEvent.ACCOUNT_CREATED,
        now=now,
    )
    return _pay(customer, found, named=event.value, now=now)


def is_paid(store: Store, event: StoreEvent) -> bool:
    """Tell whether an active rule of the store waits for an event that the platform sees."""
    return event.value in rule_sets.get_rules(store).occasions.events


@transaction.atomic
def _report(
    customer: Customer,
    occasion: engine.Occasion,
    *,
    named: str,
    only_rule: UUID | None,
    actor: Actor | None,
    now: datetime | None,
) -> Decimal:
    now = now or clock.now()
    locked = customer_locks.lock_for_purchase(customer.pk, store=customer.store)
    found = _evaluate(locked, occasion, only_rule=only_rule, now=now)
    if found.refusal is not None:
        return ZERO
    if not found.is_known:
        raise UnknownEvent
    if found.is_used_up:
        raise LimitExceeded
    paid = _pay(locked, found, named=named, now=now)
    if actor is not None:
        audit.record(
            actor,
            store=customer.store,
            event_type="ReportOccasion",
            entity_type="Customer",
            entity_id=customer.uuid,
            data={"occasion": named, "points": audit.plain(paid)},
            now=now,
        )
    return paid


def _was_paid(customer: Customer, event: StoreEvent) -> bool:
    return RuleUse.objects.filter(customer=customer, occasion=event.value).exists()


def _evaluate(
    customer: Customer,
    occasion: engine.Occasion,
    *,
    now: datetime,
    only_rule: UUID | None = None,
    asks_status: bool = True,
) -> engine.OccasionEvaluation:
    """Ask the engine about a locked customer."""
    store_rules = rule_sets.get_rules(customer.store)
    rules = store_rules.occasions
    facts = engine.CustomerFacts(
        level_id=customer.level_id,
        segment_ids=awards.segments_of(customer) if rules.mentions_segments else frozenset(),
        status=customer.status,
    )
    context = engine.OccasionContext(
        occasion=occasion,
        happened_at=now,
        customer=facts,
        pos_id=customer.pos_id if rules.mentions_pos else None,
        uses=_count_uses(customer, rules.limits_about(occasion), now=now),
        only_rule=str(only_rule) if only_rule else None,
        decimals=store_rules.decimals,
        earning_statuses=frozenset(customer.store.settings.customer_statuses_earning),
        asks_status=asks_status,
    )
    return engine.evaluate_occasion(rules, context)


def _count_uses(
    customer: Customer, limits: dict[int, engine.Limit], *, now: datetime
) -> dict[int, int]:
    """Return how often a customer has used limited rules in their present periods (ER-25)."""
    if not limits:
        return {}
    by_period: dict[engine.Period, list[int]] = defaultdict(list)
    for rule_id, limit in limits.items():
        by_period[limit.period].append(rule_id)
    in_period = Q()
    for period, rule_ids in by_period.items():
        since = engine.start_of(period, now, customer.store.zone)
        in_period |= Q(rule_id__in=rule_ids, used_at__gte=since)
    uses = RuleUse.objects.filter(in_period, customer=customer).values("rule_id")
    return dict(uses.annotate(count=Count("pk")).values_list("rule_id", "count").order_by())


def _pay(
    customer: Customer, found: engine.OccasionEvaluation, *, named: str, now: datetime
) -> Decimal:
    """Give the points of each rule that pays, and count its use. Returns the sum."""
    for outcome in found.effective:
        lot = points.add(
            customer=customer,
            amount=outcome.points,
            issuer="system",
            comment=outcome.name[: awards.COMMENT_MAX],
            now=now,
        )
        RuleUse.objects.create(
            store=customer.store,
            rule_id=outcome.rule_id,
            customer=customer,
            occasion=named,
            points=outcome.points,
            lot_uuid=lot.uuid,
            used_at=now,
        )
    return found.points
