"""The part of a form that asks whom something is meant for."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audience import Target
from accounts.cockpit.forms import CommandForm
from accounts.models import Level, Segment


class AudienceForm(CommandForm):
    """Customers on some levels, or customers in some segments."""

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

    def audience_values(self, levels: Collection[Any], segments: Collection[Any]) -> dict[str, Any]:
        """Return what the fields show of the ids of levels and segments."""
        target = Target.SEGMENT if segments and not levels else Target.LEVEL
        return {
            "target": target.value,
            "levels": [str(uuid) for uuid in levels],
            "segments": [str(uuid) for uuid in segments],
        }

    def everybody_values(self) -> dict[str, Any]:
        """Return what the fields show of something new: everybody is on a level."""
        levels = Level.objects.in_store(self.store).values_list("uuid", flat=True)
        return self.audience_values(levels, ())

    def prepare(self) -> None:
        super().prepare()
        levels = Level.objects.in_store(self.store).prefetch_related("translations")
        self.offer("levels", levels)
        self.offer("segments", Segment.objects.in_store(self.store))

    def offer(self, name: str, rows: Iterable[Any]) -> None:
        """Let a field choose among rows, by their ids."""
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(row.uuid), str(row)) for row in rows]
        if not field.choices:
            field.help_text = _("There are none yet.")

    def audience(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return `target`, `levels` and `segments` as commands take them; what is hidden is not."""
        target = Target(data.get("target") or Target.LEVEL)
        is_by_level = target == Target.LEVEL
        return {
            "target": target,
            "levels": tuple(data.get("levels") or ()) if is_by_level else (),
            "segments": () if is_by_level else tuple(data.get("segments") or ()),
        }
