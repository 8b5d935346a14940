"""Which rules there are, and which are open to a customer."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts import access
from accounts.models import Customer, SegmentMembership
from earning import engine
from earning.models import EVENTS_ONCE, EarningRule, RuleType, RuleUse, StoreEvent
from loyalty.core.errors import NotFound
from loyalty.core.models import Store


def get_rule(store: Store, uuid_text: str) -> EarningRule:
    """Return a rule of the store with what a door prints of it. :raises NotFound:"""
    rule = _with_names(EarningRule.objects.in_store(store)).filter(uuid=access.parse(uuid_text))
    found: EarningRule | None = rule.first()
    if found is None:
        raise NotFound
    found.store = store
    return found


def list_rules(
    store: Store, *, is_active: bool | None = None, type: str | None = None
) -> "QuerySet[EarningRule]":
    """Return the store's rules, the newest first, with what a door prints of them."""
    rules = _with_names(EarningRule.objects.in_store(store))
    if is_active is not None:
        rules = rules.filter(is_active=is_active)
    return rules.filter(type=type) if type else rules


def list_open_to(customer: Customer, *, now: datetime) -> "QuerySet[EarningRule]":
    """
    Return the active rules that are meant for a customer today (ER-3, ER-4).

    Without those that the customer has used up for now (ER-26). Rules of single POS are among
    them: the customer may go there.
    """
    running = Q(is_all_time_active=True) | Q(start_at__lte=now, end_at__gte=now)
    on_level = EarningRule.levels.through.objects.filter(
        earningrule=OuterRef("pk"), level=customer.level_id
    )
    memberships = SegmentMembership.objects.filter(customer=customer, segment__is_active=True)
    in_segment = EarningRule.segments.through.objects.filter(
        earningrule=OuterRef("pk"), segment__in=memberships.values("segment")
    )
    rules = list_rules(customer.store, is_active=True).exclude(type=RuleType.INSTANT_REWARD)
    open_rules = rules.filter(running).filter(Exists(on_level) | Exists(in_segment))
    return open_rules.exclude(pk__in=_used_up(customer, now=now))


def list_to_earn_by(customer: Customer, *, now: datetime) -> "QuerySet[EarningRule]":
    """
    Return of the rules open to a customer those by which they themself can still earn.

    Without referral rules, which are meant for the newcomer, and without what pays once for life
    and has happened (ER-19).
    """
    happened = set(
        RuleUse.objects.filter(
            customer=customer, occasion__in=[event.value for event in EVENTS_ONCE]
        ).values_list("occasion", flat=True)
    )
    if customer.transactions_count:
        happened.add(StoreEvent.FIRST_PURCHASE.value)
    if customer.agreement2:
        happened.add(StoreEvent.NEWSLETTER.value)
    found = list_open_to(customer, now=now).exclude(type=RuleType.REFERRAL)
    return found.exclude(type=RuleType.EVENT, event_name__in=happened)


def uses_in_period(
    customer: Customer, rules: Iterable[EarningRule], *, now: datetime
) -> dict[int, list[RuleUse]]:
    """Return a customer's uses that count towards the limits of rules, by rule; one query."""
    limited = [rule.pk for rule in rules if rule.limit_is_active]
    uses: dict[int, list[RuleUse]] = defaultdict(list)
    if limited:
        for use in _counting_uses(customer, now=now).filter(rule__in=limited).order_by("pk"):
            uses[use.rule_id].append(use)
    return uses


def _used_up(customer: Customer, *, now: datetime) -> "QuerySet[EarningRule]":
    """Return the rules whose limit leaves the customer nothing in the present period (ER-26)."""
    uses = _counting_uses(customer, now=now).filter(rule=OuterRef("pk")).order_by()
    count = uses.values("rule").annotate(count=Count("pk")).values("count")
    limited = EarningRule.objects.in_store(customer.store).filter(limit_is_active=True)
    counted = limited.annotate(use_count=Coalesce(Subquery(count), 0))
    return counted.filter(use_count__gte=F("limit_uses"))


def _counting_uses(customer: Customer, *, now: datetime) -> "QuerySet[RuleUse]":
    """Return the customer's uses in the present period of each rule (ER-25)."""
    zone = customer.store.zone
    in_period = Q()
    for period in engine.Period:
        since = engine.start_of(period, now, zone)
        in_period |= Q(rule__limit_period=period.value, used_at__gte=since)
    return RuleUse.objects.filter(in_period, customer=customer)


def _with_names(rules: "QuerySet[Any]") -> "QuerySet[Any]":
    return rules.prefetch_related("levels__translations", "segments", "pos")
