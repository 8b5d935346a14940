"""What the list of rewards is narrowed by."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.cockpit.filters import WindowFilter
from campaigns.models import CODE_TYPES, CampaignCategory
from campaigns.selectors import campaign_figures


class NowFilter(WindowFilter):
    """Which rewards could be had now, by their dates and their switch."""

    start, end = "active_from", "active_to"


class CategoryFilter(admin.SimpleListFilter):
    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        store = request.store  # type: ignore[attr-defined]
        rows = CampaignCategory.objects.in_store(store).prefetch_related("translations")
        return [(str(row.pk), str(row)) for row in rows]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value() or ""
        if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
            return queryset
        return queryset.filter(category_ids__contains=[int(chosen)])


class StockFilter(admin.SimpleListFilter):
    """Pools with too few codes, or none."""

    title = gettext_lazy("codes left")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", gettext_lazy("Few or none")), ("none", gettext_lazy("None"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in {"low", "none"}:
            return queryset
        pools = campaign_figures.with_free_codes(
            queryset.filter(type__in=CODE_TYPES, is_single_coupon=False)
        )
        is_empty = Q(free_codes__lte=0)
        if self.value() == "none":
            return pools.filter(is_empty)
        return pools.filter(is_empty | Q(free_codes__lt=F("low_stock_threshold")))
