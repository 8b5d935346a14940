"""Categories: the headings under which customers find rewards."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.admin.segments import active_chip
from accounts.cockpit import formats
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.pages import EmptyState, Fact, Panel, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import in_language, language_name
from accounts.models import Resource
from campaigns.models import (
    CampaignCategory,
    CampaignCategoryTranslation,
    RewardCampaign,
)
from campaigns.services import categories
from campaigns.services.categories import CategoryData
from loyalty.core.selectors.languages import content_languages


class CategoryForm(CommandForm):
    """A whole category: its name in each language, its place, and whether it is shown."""

    sort_order = forms.IntegerField(
        label=gettext_lazy("Place in the list"),
        min_value=0,
        max_value=2**31 - 1,
        help_text=gettext_lazy("The smaller the number, the further to the front."),
    )
    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: customers do not see this heading; its rewards stay."),
    )

    def initial_values(self) -> dict[str, Any]:
        category: CampaignCategory | None = self.instance
        if category is None:
            return {"is_active": True, "sort_order": 0}
        names = {f"name_{text.locale}": text.name for text in category.translations.all()}
        return names | {"sort_order": category.sort_order, "is_active": category.is_active}

    def prepare(self) -> None:
        # The default language stands first.
        self.languages = content_languages()
        names = []
        for code, language in self.languages:
            names.append(f"name_{code}")
            self.fields[f"name_{code}"] = forms.CharField(
                label=in_language(_("Name"), language_name(code) or language),
                max_length=255,
                required=not names[:-1],
            )
        self.sections = (  # type: ignore[misc]  # depends on the languages
            Section(_("Name"), tuple(names)),
            Section(_("Place"), ("sort_order", "is_active")),
        )

    def run(self, data: dict[str, Any]) -> CampaignCategory:
        whole = CategoryData(
            names=self._names(data), sort_order=data["sort_order"], is_active=data["is_active"]
        )
        if self.instance is None:
            return categories.create(store=self.store, data=whole, actor=self.actor)
        return categories.update(category=self.instance, data=whole, actor=self.actor)

    def _names(self, data: dict[str, Any]) -> dict[str, str]:
        """Return the names typed, and those in languages that this form does not know."""
        known = {code for code, _language in self.languages}
        stored = self.instance.translations.all() if self.instance is not None else ()
        kept = {text.locale: text.name for text in stored if text.locale not in known}
        return kept | {code: data[f"name_{code}"] for code in known if data[f"name_{code}"]}


@admin.register(CampaignCategory)
class CategoryAdmin(CockpitAdmin):
    resource = Resource.REWARD_CAMPAIGN
    add_form = edit_form = CategoryForm
    list_display = ("name", "figure_rewards", "figure_place", "state")
    list_filter = ("is_active",)
    search_fields = ("name",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("A part of the name")
    ordering = ("sort_order", "pk")
    sortable_by = ("figure_place",)
    audit_type = "CampaignCategory"
    empty_state = EmptyState(
        gettext_lazy("No categories yet"),
        gettext_lazy("Add headings under which customers find your rewards."),
        "category",
    )

    def get_references(self, request: HttpRequest) -> "QuerySet[Any]":
        return self.get_queryset(request)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        found: QuerySet[Any] = super().get_queryset(request).prefetch_related("translations")
        return found

    @property
    def plural(self) -> str:
        return _("Categories of rewards")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        texts = CampaignCategoryTranslation.objects.filter(
            category=OuterRef("pk"), name__folded_contains=search_term.strip()
        )
        return queryset.filter(Exists(texts)), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        counts = rewards_in([row.pk for row in rows])
        for row in rows:
            row.reward_count = counts[row.pk]
        changelist.result_list = rows
        return changelist

    @admin.display(description=gettext_lazy("Rewards"))
    def figure_rewards(self, category: Any) -> str:
        return formats.figure(formats.whole(category.reward_count))

    def tools(self, request: CockpitRequest, subject: CampaignCategory) -> Sequence[Tool]:
        rewards = reverse("admin:campaigns_rewardcampaign_changelist")
        return (Tool(_("Rewards"), f"{rewards}?category={subject.pk}", "redeem"),)

    @admin.display(description=gettext_lazy("Name"))
    def name(self, category: CampaignCategory) -> str:
        return str(category)

    @admin.display(description=gettext_lazy("Place in the list"), ordering="sort_order")
    def figure_place(self, category: CampaignCategory) -> str:
        return formats.figure(formats.whole(category.sort_order))

    @admin.display(description=gettext_lazy("State"))
    def state(self, category: CampaignCategory) -> str:
        return active_chip(category.is_active)

    def panels(self, request: CockpitRequest, subject: CampaignCategory) -> Sequence[Panel]:
        count = rewards_in([subject.pk])[subject.pk]
        return (
            Panel(
                _("Category"),
                [
                    Fact(_("Rewards"), formats.whole(count)),
                    Fact(_("Place in the list"), formats.whole(subject.sort_order)),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Created"), formats.time_tag(subject.created_at)),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )


def rewards_in(category_ids: Sequence[int]) -> Counter[int]:
    """Return how many rewards each category has. One query."""
    found = RewardCampaign.objects.filter(category_ids__overlap=list(category_ids))
    rows = found.order_by().values_list("category_ids", flat=True)
    return Counter(pk for ids in rows for pk in ids)
