"""Filters that know the store: its days, its levels, its points of sale; and what people read."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from accounts.cockpit.vocabulary import word
from accounts.models import Level, Pos, Segment, SegmentMembership
from loyalty.core import clock


class ChoiceFilter(ChoicesDropdownFilter):  # type: ignore[misc]  # the theme is not typed
    """One of a field's states or kinds, in the reader's language."""

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for part in super().choices(changelist):
            field = part["form"].fields[self.lookup_kwarg]
            field.choices = [(code, word(label)) for code, label in field.choices]
            yield part


class DayRangeFilter(RangeDateFilter):  # type: ignore[misc]  # the theme is not typed
    """From one day to another of the store's time zone, both included."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        zone = request.store.zone  # type: ignore[attr-defined]
        first = _day(self.used_parameters.get(f"{self.parameter_name}_from"))
        last = _day(self.used_parameters.get(f"{self.parameter_name}_to"))
        if first is not None:
            start = clock.start_of_day(first, zone)
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": start})
        if last is not None:
            end = clock.start_of_day(last + timedelta(days=1), zone)
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": end})
        return queryset


def _day(text: Any) -> date | None:
    """Return a day as the address or the browser's picker writes it; None for anything else."""
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None


class LevelFilter(admin.RelatedFieldListFilter):
    """The levels of the current store, not of all."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, Any]]:
        store = request.store  # type: ignore[attr-defined]
        levels = Level.objects.in_store(store).prefetch_related("translations")
        return [(level.pk, level.name) for level in levels]


class PosFilter(admin.RelatedFieldListFilter):
    """The points of sale of the current store."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, Any]]:
        store = request.store  # type: ignore[attr-defined]
        return [(pos.pk, pos.name) for pos in Pos.objects.in_store(store)]


class SegmentFilter(admin.SimpleListFilter):
    """Customers in one of the current store's segments."""

    title = gettext_lazy("segment")
    parameter_name = "segment__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        store = request.store  # type: ignore[attr-defined]
        return list(
            Segment.objects.in_store(store).order_by("name", "pk").values_list("pk", "name")
        )

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value() or ""
        if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
            return queryset
        members = SegmentMembership.objects.filter(segment=int(chosen))
        return queryset.filter(pk__in=members.values("customer"))


class WindowFilter(admin.SimpleListFilter):
    """What counts now, by a switch and a window; subclasses name the window's two columns."""

    title = gettext_lazy("state now")
    parameter_name = "now"
    start: ClassVar[str]
    end: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("live", gettext_lazy("Live")),
            ("scheduled", gettext_lazy("Scheduled")),
            ("ended", gettext_lazy("Ended")),
            ("off", gettext_lazy("Off")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        on, off = queryset.filter(is_active=True), queryset.filter(is_active=False)
        dated = on.filter(is_all_time_active=False)
        match self.value():
            case "live":
                # Both ends included (VIS-1).
                inside = Q(**{f"{self.start}__lte": now, f"{self.end}__gte": now})
                return on.filter(Q(is_all_time_active=True) | inside)
            case "scheduled":
                return dated.filter(**{f"{self.start}__gt": now})
            case "ended":
                return dated.filter(**{f"{self.end}__lt": now})
            case "off":
                return off
        return queryset
