"""Categories of rewards, as lists show them."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from campaigns.models import DEFAULT_LOCALE, CampaignCategory, CampaignCategoryTranslation
from loyalty.core.models import Store


def list_categories(
    store: Store,
    *,
    locale: str = DEFAULT_LOCALE,
    name: str | None = None,
    is_active: bool | None = None,
) -> "QuerySet[CampaignCategory]":
    """Return the store's categories with `sort_name`, by their order (CAT-2). Two queries."""
    found: Any = (
        CampaignCategory.objects.in_store(store)
        .annotate(
            asked=_name_in(locale),
            fallback=_name_in(DEFAULT_LOCALE),
        )
        .annotate(sort_name=Coalesce(NullIf("asked", Value("")), F("fallback")))
        .prefetch_related("translations")
    )
    if name:
        found = found.filter(sort_name__folded_contains=name)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    ordered: QuerySet[CampaignCategory] = found.order_by("sort_order", "pk")
    return ordered


def _name_in(locale: str) -> Subquery:
    rows = CampaignCategoryTranslation.objects.filter(category=OuterRef("pk"), locale=locale)
    return Subquery(rows.values("name")[:1])
