"""What the form of every earning rule has."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.cockpit.forms import CommandForm, LocalDateTimeField, Section
from accounts.models import Level, Pos, Segment
from earning.models import EarningRule, RuleType
from earning.services import rules
from earning.services.rules import RuleData, Target


class RuleForm(CommandForm):
    """What every rule has; the subclasses add what its type needs."""

    type: ClassVar[RuleType]
    type_section: ClassVar[Section]
    # The order of execution matters to rules about purchases only.
    last_fields: ClassVar[tuple[str, ...]] = ("is_last_executed", "photo")

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    description = forms.CharField(label=gettext_lazy("Description"), widget=forms.Textarea)
    is_active = forms.BooleanField(label=pgettext_lazy("it is on", "Active"), required=False)
    target = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        choices=[
            (Target.LEVEL.value, gettext_lazy("customers on these levels")),
            (Target.SEGMENT.value, gettext_lazy("customers in these segments")),
        ],
    )
    levels = forms.MultipleChoiceField(
        label=gettext_lazy("Levels"), required=False, widget=forms.CheckboxSelectMultiple
    )
    segments = forms.MultipleChoiceField(
        label=gettext_lazy("Segments"), required=False, widget=forms.CheckboxSelectMultiple
    )
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
            levels = Level.objects.in_store(self.store).values_list("uuid", flat=True)
            return {
                "is_active": True,
                "is_all_time_active": True,
                "target": Target.LEVEL.value,
                "levels": [str(uuid) for uuid in levels],
            } | self.type_defaults()
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
        for name in ("levels", "segments", "pos"):
            values[name] = [str(row.uuid) for row in getattr(rule, name).all()]
        is_for_segments = values["segments"] and not values["levels"]
        values["target"] = (Target.SEGMENT if is_for_segments else Target.LEVEL).value
        return values

    def type_defaults(self) -> dict[str, Any]:
        return {}

    def prepare(self) -> None:
        levels = Level.objects.in_store(self.store).prefetch_related("translations")
        for name, rows in (
            ("levels", levels),
            ("segments", Segment.objects.in_store(self.store)),
            ("pos", Pos.objects.in_store(self.store)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(str(row.uuid), str(row)) for row in rows]
            if not field.choices:
                field.help_text = _("There are none yet.")
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
        target = data["target"]
        return RuleData(
            name=data["name"],
            description=data["description"],
            is_active=data["is_active"],
            is_all_time_active=data["is_all_time_active"],
            start_at=data["start_at"],
            end_at=data["end_at"],
            target=Target(target),
            levels=tuple(data["levels"]) if target == Target.LEVEL else (),
            segments=tuple(data["segments"]) if target == Target.SEGMENT else (),
            pos=tuple(data["pos"]),
            is_last_executed=data["is_last_executed"],
            **self.type_data(data),
        )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of `RuleData` that only this type has."""
        raise NotImplementedError


def points_field() -> forms.DecimalField:
    return forms.DecimalField(
        label=gettext_lazy("Points"), min_value=0, max_digits=14, decimal_places=2
    )
