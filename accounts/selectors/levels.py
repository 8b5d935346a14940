"""Levels, as lists show them."""

from collections.abc import Collection

from django.db.models import Count, OuterRef, QuerySet, Subquery

from accounts.models import Customer, CustomerStatus, Level, LevelTranslation
from accounts.selectors.ladder import DEFAULT_LOCALE
from loyalty.core.models import Store


def list_levels(store: Store) -> QuerySet[Level]:
    """Return the store's levels with `sort_name`, their texts and rewards: three queries."""
    name = LevelTranslation.objects.filter(level=OuterRef("pk"), locale=DEFAULT_LOCALE)
    return (
        Level.objects.in_store(store)
        .annotate(sort_name=Subquery(name.values("name")[:1]))
        .prefetch_related("translations", "special_rewards")
    )


def count_members(level_ids: Collection[int]) -> dict[int, int]:
    """Return how many customers each level has, the deleted left out. One query."""
    members = Customer.objects.filter(level__in=level_ids).exclude(status=CustomerStatus.DELETED)
    rows = members.order_by().values_list("level").annotate(Count("pk"))
    return {level_id: count for level_id, count in rows if level_id is not None}
