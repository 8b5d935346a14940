"""Which rules there are, and which are open to a customer."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import access
from accounts.models import Customer, SegmentMembership
from earning.models import EarningRule
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

    Rules of single POS are among them: the customer may go there.
    """
    running = Q(is_all_time_active=True) | Q(start_at__lte=now, end_at__gte=now)
    on_level = EarningRule.levels.through.objects.filter(
        earningrule=OuterRef("pk"), level=customer.level_id
    )
    memberships = SegmentMembership.objects.filter(customer=customer, segment__is_active=True)
    in_segment = EarningRule.segments.through.objects.filter(
        earningrule=OuterRef("pk"), segment__in=memberships.values("segment")
    )
    rules = list_rules(customer.store, is_active=True)
    return rules.filter(running).filter(Exists(on_level) | Exists(in_segment))


def _with_names(rules: "QuerySet[Any]") -> "QuerySet[Any]":
    return rules.prefetch_related("levels__translations", "segments", "pos")
