"""What the form of every earning rule has."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.cockpit.audience import AudienceForm
from accounts.cockpit.forms import LocalDateTimeField, Section
from accounts.models import Pos
from earning.models import EarningRule, RuleType
from earning.services import rules
from earning.services.rule_data import RuleData


class RuleForm(AudienceForm):
    """What every rule has; the subclasses add what its type needs."""

    type: ClassVar[RuleType]
    type_section: ClassVar[Section]
    # The order of execution matters to rules about purchases only.
    last_fields: ClassVar[tuple[str, ...]] = ("is_last_executed", "photo")

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    description = forms.CharField(label=gettext_lazy("Description"), widget=forms.Textarea)
    is_active = forms.BooleanField(label=pgettext_lazy("it is on", "Active"), required=False)
    pos = forms.MultipleChoiceField(
        label=gettext_lazy("Only at"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: everywhere."),
    )
    is_all_time_active = forms.BooleanField(
        label=gettext_lazy("Always"),
        required=False,
        help_text=gettext_lazy("Off: only for purchases made between the two dates."),
    )
    start_at = LocalDateTimeField(label=gettext_lazy("From"), required=False)
    end_at = LocalDateTimeField(label=gettext_lazy("Until"), required=False)
    is_last_executed = forms.BooleanField(
        label=gettext_lazy("Last rule"),
        required=False,
        help_text=gettext_lazy("When this rule gives points, no later rule is asked any more."),
    )
    photo = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("PNG or JPEG, at least 600 × 600 pixels."),
    )

    def initial_values(self) -> dict[str, Any]:
        rule: EarningRule | None = self.instance
        if rule is None:
            always = {"is_active": True, "is_all_time_active": True}
            return always | self.everybody_values() | self.type_defaults()
        names = (
            "name",
            "description",
            "is_active",
            "is_all_time_active",
            "start_at",
            "end_at",
            "is_last_executed",
            *self.type_section.fields,
        )
        values = {name: getattr(rule, name) for name in names}
        values["pos"] = [str(pos.uuid) for pos in rule.pos.all()]
        values |= self.audience_values(
            [level.uuid for level in rule.levels.all()],
            [segment.uuid for segment in rule.segments.all()],
        )
        return values

    def type_defaults(self) -> dict[str, Any]:
        return {}

    def prepare(self) -> None:
        super().prepare()
        self.offer("pos", Pos.objects.in_store(self.store))
        self.sections = (  # type: ignore[misc]  # depends on the type
            Section(_("Rule"), ("name", "description", "is_active")),
            self.type_section,
            Section(_("For whom and where"), ("target", "levels", "segments", "pos")),
            Section(
                _("When"),
                ("is_all_time_active", "start_at", "end_at"),
                _("Times are in %(zone)s.") % {"zone": self.store.settings.timezone},
            ),
            Section(
                _("Order and picture") if len(self.last_fields) > 1 else _("Picture"),
                self.last_fields,
            ),
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a window that never opens; the API takes one, as its documents print it."""
        data = self.cleaned_data
        start_at, end_at = data.get("start_at"), data.get("end_at")
        if not data.get("is_all_time_active") and start_at and end_at and end_at < start_at:
            self.add_error("end_at", _("The rule would end before it begins."))
        return data

    def run(self, data: dict[str, Any]) -> EarningRule:
        whole = self.rule_data(data)
        if self.instance is None:
            rule = rules.create(store=self.store, type=self.type, data=whole, actor=self.actor)
        else:
            rule = rules.update(rule=self.instance, data=whole, actor=self.actor)
        if data.get("photo"):
            rule = rules.set_photo(rule=rule, upload=data["photo"], actor=self.actor)
        return rule

    def rule_data(self, data: dict[str, Any]) -> RuleData:
        return RuleData(
            name=data["name"],
            description=data["description"],
            is_active=data["is_active"],
            is_all_time_active=data["is_all_time_active"],
            start_at=data["start_at"],
            end_at=data["end_at"],
            pos=tuple(data["pos"]),
            is_last_executed=data["is_last_executed"],
            **self.audience(data),
            **self.type_data(data),
        )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of `RuleData` that only this type has."""
        raise NotImplementedError


def points_field() -> forms.DecimalField:
    return forms.DecimalField(
        label=gettext_lazy("Points"), min_value=0, max_digits=14, decimal_places=2
    )
