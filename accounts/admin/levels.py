"""Levels: the ladder of the program."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.admin.segments import active_chip
from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm, LocalDateTimeField, Section, ShareField
from accounts.cockpit.pages import EmptyState, Fact, Panel, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import in_language, language_name
from accounts.models import Customer, Level, Resource
from accounts.services import levels
from accounts.services.levels import LevelData, LevelText, SpecialRewardData
from loyalty.core.selectors.languages import content_languages
from loyalty.core.store_settings import TierBasis

# Rows for special rewards beyond those that a level has.
SPARE_REWARDS = 1
SPECIAL_PARTS = ("name", "value", "code", "is_active", "start_at", "end_at")
# Those that nobody fills in by chance.
SAID_PARTS = ("value", "code", "start_at", "end_at")
ZERO = Decimal(0)


class LevelForm(CommandForm):
    """A whole level: texts in each language, threshold, reward, special rewards, picture."""

    condition_value = forms.DecimalField(
        label=gettext_lazy("Reached from"), min_value=0, max_digits=20, decimal_places=4
    )
    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: nobody is moved here any more; its members stay."),
    )
    min_order = forms.DecimalField(
        label=gettext_lazy("Smallest order"),
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=4,
        help_text=gettext_lazy("For information only: the till decides what to do with it."),
    )
    reward_name = forms.CharField(
        label=gettext_lazy("Name of the reward"), max_length=255, required=False
    )
    reward_value = ShareField(label=gettext_lazy("Discount, %"), required=False, max_value=100)
    reward_code = forms.CharField(
        label=gettext_lazy("Code for the till"), max_length=255, required=False
    )
    photo = forms.FileField(label=gettext_lazy("Picture"), required=False)
    removes_photo = forms.BooleanField(label=gettext_lazy("Remove the picture"), required=False)

    renamed = {"file": "photo"}

    def initial_values(self) -> dict[str, Any]:
        level: Level | None = self.instance
        if level is None:
            return {"is_active": True, "reward_value": None}
        names = ("condition_value", "is_active", "min_order", "reward_name", "reward_code")
        values = {name: getattr(level, name) for name in names}
        values["condition_value"] = _plain(level.condition_value)
        values["min_order"] = _plain(level.min_order)
        values["reward_value"] = level.reward_value
        for text in level.translations.all():
            values[f"name_{text.locale}"] = text.name
            values[f"description_{text.locale}"] = text.description
        for number, reward in enumerate(level.special_rewards.all()):
            for part in SPECIAL_PARTS:
                values[f"special_{number}_{part}"] = getattr(reward, part)
        return values

    def prepare(self) -> None:
        basis = self.store.settings.tier_assign_type
        self.fields["condition_value"].help_text = (
            _("Points a customer needs; 0 for the level that everybody starts in.")
            if basis == TierBasis.POINTS
            else _(
                "What a customer has spent, in %(currency)s; 0 for the level everybody starts in."
            )
            % {"currency": self.store.currency}
        )
        self.languages = self._add_texts()
        self.reward_count = self._add_rewards()
        if self.instance is None or not self.instance.photo:
            del self.fields["removes_photo"]
        rewards = [
            Section(
                _("Special reward %(number)s") % {"number": number + 1},
                tuple(f"special_{number}_{part}" for part in SPECIAL_PARTS),
                _("An extra that tills and apps can show. Without a name it is not kept."),
            )
            for number in range(self.reward_count)
        ]
        texts = [
            Section(
                in_language(_("Name"), language_name(code) or language),
                (f"name_{code}", f"description_{code}"),
            )
            for code, language in self.languages
        ]
        self.sections = (  # type: ignore[misc]  # depends on the level
            *texts,
            Section(_("Threshold"), ("condition_value", "is_active", "min_order")),
            Section(
                _("Reward"),
                ("reward_name", "reward_value", "reward_code", "photo", "removes_photo"),
                _("A discount that the till gives to members of this level."),
            ),
            *rewards,
        )

    def _add_texts(self) -> list[tuple[str, str]]:
        # The default language stands first.
        languages = content_languages()
        for code, _language in languages:
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name"), max_length=255, required=code == languages[0][0]
            )
            self.fields[f"description_{code}"] = forms.CharField(
                label=_("Description"), required=False, widget=forms.Textarea
            )
        return languages

    def _add_rewards(self) -> int:
        stored = 0 if self.instance is None else len(self.instance.special_rewards.all())
        count = stored + SPARE_REWARDS
        for number in range(count):
            self.fields |= {
                f"special_{number}_name": forms.CharField(
                    label=_("Name"), max_length=255, required=False
                ),
                f"special_{number}_value": ShareField(
                    label=_("Value, %"), required=False, max_value=100
                ),
                f"special_{number}_code": forms.CharField(
                    label=_("Code"), max_length=255, required=False
                ),
                f"special_{number}_is_active": forms.BooleanField(
                    label=pgettext("it is on", "Active"), required=False, initial=True
                ),
                f"special_{number}_start_at": LocalDateTimeField(label=_("From"), required=False),
                f"special_{number}_end_at": LocalDateTimeField(label=_("Until"), required=False),
            }
        return count

    def clean(self) -> dict[str, Any]:
        """Refuse special rewards that would be dropped or never given; the API takes them."""
        data = self.cleaned_data
        for number in range(self.reward_count):
            row = {part: data.get(f"special_{number}_{part}") for part in SPECIAL_PARTS}
            is_named = bool((row["name"] or "").strip())
            is_new = number == self.reward_count - SPARE_REWARDS
            is_said = any(row[part] for part in SAID_PARTS)
            if is_named and not (row["code"] or "").strip():
                self.add_error(f"special_{number}_code", _("A special reward needs a code."))
            if is_new and is_said and not is_named:
                self.add_error(f"special_{number}_name", _("Name the reward, or empty its fields."))
            if row["start_at"] and row["end_at"] and row["end_at"] <= row["start_at"]:
                self.add_error(f"special_{number}_end_at", _("The end should be after the start."))
        return data

    def run(self, data: dict[str, Any]) -> Level:
        whole = self._level_data(data)
        if self.instance is None:
            level = levels.create(store=self.store, data=whole, actor=self.actor)
        else:
            level = levels.update(level=self.instance, data=whole, actor=self.actor)
        if data.get("photo"):
            level = levels.set_photo(level=level, upload=data["photo"], actor=self.actor)
        elif data.get("removes_photo"):
            level = levels.remove_photo(level=level, actor=self.actor)
        return level

    def _level_data(self, data: dict[str, Any]) -> LevelData:
        stored = self.instance.translations.all() if self.instance is not None else ()
        known = {code for code, _language in self.languages}
        # What is said in languages that this form does not show is kept (TRN-5).
        texts = {
            text.locale: LevelText(name=text.name, description=text.description)
            for text in stored
            if text.locale not in known
        }
        texts |= {
            code: LevelText(name=data[f"name_{code}"], description=data[f"description_{code}"])
            for code, _language in self.languages
            if data[f"name_{code}"] or data[f"description_{code}"]
        }
        rewards = tuple(
            SpecialRewardData(
                name=data[f"special_{number}_name"],
                value=data[f"special_{number}_value"] or ZERO,
                code=data[f"special_{number}_code"],
                is_active=data[f"special_{number}_is_active"],
                start_at=data[f"special_{number}_start_at"],
                end_at=data[f"special_{number}_end_at"],
            )
            for number in range(self.reward_count)
            if data[f"special_{number}_name"].strip()
        )
        return LevelData(
            translations=texts,
            condition_value=data["condition_value"],
            is_active=data["is_active"],
            min_order=data["min_order"],
            reward_name=data["reward_name"],
            reward_value=data["reward_value"] or ZERO,
            reward_code=data["reward_code"],
            special_rewards=rewards,
        )


def _plain(amount: Any) -> Any:
    """Return an amount without the decimals that say nothing, as people type it."""
    return None if amount is None else f"{amount:f}".rstrip("0").rstrip(".") or "0"


@admin.register(Level)
class LevelAdmin(CockpitAdmin):
    resource = Resource.LEVEL
    add_form = edit_form = LevelForm
    list_display = ("name", "figure_condition", "reward", "figure_members", "state")
    list_filter = ("is_active",)
    ordering = ("condition_value", "pk")
    sortable_by = ("figure_condition",)
    audit_type = "Level"
    empty_state = EmptyState(
        gettext_lazy("No levels yet"),
        gettext_lazy("Customers need an entry level, reached from 0, before they can register."),
        "stairs",
    )

    def get_references(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).prefetch_related("translations")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        members = (
            Customer.objects.filter(level=OuterRef("pk"), store=OuterRef("store"))
            .order_by()
            .values("level")
            .annotate(count=Count("*"))
            .values("count")
        )
        rows = super().get_queryset(request).prefetch_related("translations", "special_rewards")
        counted: QuerySet[Any] = rows.annotate(member_count=Coalesce(Subquery(members), 0))
        return counted

    @admin.display(description=gettext_lazy("Name"))
    def name(self, level: Level) -> str:
        return level.name

    @admin.display(description=gettext_lazy("Reached from"), ordering="condition_value")
    def figure_condition(self, level: Level) -> str:
        return formats.figure(formats.points(level.condition_value))

    @admin.display(description=gettext_lazy("Reward"))
    def reward(self, level: Level) -> str:
        if not level.reward_value:
            return level.reward_name or formats.EMPTY
        return f"{level.reward_name} {formats.percent(level.reward_value)}".strip()

    @admin.display(description=gettext_lazy("Customers"))
    def figure_members(self, level: Any) -> str:
        return formats.figure(formats.whole(level.member_count))

    @admin.display(description=gettext_lazy("State"))
    def state(self, level: Level) -> str:
        return active_chip(level.is_active)

    def list_tabs(self, request: CockpitRequest) -> Sequence[tuple[Any, str, bool]]:
        return [
            (_("All levels"), "", True),
            (_("Over time"), reverse("admin:level_statistics"), False),
        ]

    def tools(self, request: CockpitRequest, subject: Level) -> Sequence[Tool]:
        if not rights.may(request.actor, Resource.CUSTOMER):
            return ()
        url = reverse("admin:accounts_customer_changelist")
        return (Tool(_("Customers"), f"{url}?level__id__exact={subject.pk}", "group"),)

    def panels(self, request: CockpitRequest, subject: Any) -> Sequence[Panel]:
        return (
            Panel(
                _("Level"),
                [
                    Fact(_("Customers"), formats.whole(subject.member_count)),
                    Fact(_("Reached from"), formats.points(subject.condition_value)),
                    Fact(_("Reward"), self.reward(subject)),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Created"), formats.time_tag(subject.created_at)),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )
