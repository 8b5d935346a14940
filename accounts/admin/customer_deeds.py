"""What staff do with many customers at once: the questions of each, and what will follow."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selections
from accounts.cockpit import formats
from accounts.cockpit.forms import Section
from accounts.cockpit.many import ManyForm, ThingForm
from accounts.cockpit.pages import Fact
from accounts.ledger.models import PointType
from accounts.models import Level, Pos, Segment
from loyalty.core.models import Store

TEXT_MAX = 255
REASON_LENGTH_MAX = 500
# Of a number of points that people type.
WHOLE_DIGITS_MAX = 12


class LabelForm(ManyForm):
    kind = selections.AddLabel

    label_key = forms.CharField(label=gettext_lazy("Label"), max_length=TEXT_MAX)
    label_value = forms.CharField(label=gettext_lazy("Value"), max_length=TEXT_MAX, required=False)
    sections = (Section("", ("label_key", "label_value")),)

    def options(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {"key": data["label_key"], "value": data["label_value"]}

    @classmethod
    def facts(cls, store: Store, options: Mapping[str, Any]) -> Sequence[Fact]:
        return [Fact(_("Label"), f"{options['key']}: {options['value']}")]

    def texts(self, count: int) -> Sequence[Any]:
        return [_("The labels that they have stay."), *_left_alone()]


class LevelForm(ThingForm):
    kind = selections.AssignLevel
    thing_key = "level"

    level = forms.ChoiceField(label=gettext_lazy("Level"))
    sections = (Section("", ("level",)),)

    @classmethod
    def things(cls, store: Store) -> Any:
        active = Level.objects.in_store(store).filter(is_active=True)
        return active.prefetch_related("translations")

    def texts(self, count: int) -> Sequence[Any]:
        return [
            _(
                "From now on neither purchases nor points move them, up or down, until the level "
                "of each is set back to automatic."
            ),
            *_left_alone(),
        ]


class PosForm(ThingForm):
    kind = selections.AssignPos
    thing_key = "pos"

    pos = forms.ChoiceField(label=gettext_lazy("Point of sale"))
    sections = (Section("", ("pos",)),)

    @classmethod
    def things(cls, store: Store) -> Any:
        return Pos.objects.in_store(store).order_by("name")

    def texts(self, count: int) -> Sequence[Any]:
        return [_("It takes the place of the point of sale that they have."), *_left_alone()]


class ActivateForm(ManyForm):
    kind = selections.Activate

    def texts(self, count: int) -> Sequence[Any]:
        return [_("These customers can sign in, earn and spend points."), *_left_alone()]


class BlockForm(ManyForm):
    kind = selections.Block
    style = "danger"

    def texts(self, count: int) -> Sequence[Any]:
        return [
            _("Nobody can sign in as one of these customers, and purchases no longer find them."),
            _("Points and history stay. Activating undoes it."),
            *_left_alone(),
        ]


class PointsForm(ManyForm):
    kind = selections.AddPoints

    comment = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH_MAX,
        help_text=gettext_lazy(
            "Each customer sees it beside the points; the audit trail keeps it."
        ),
    )
    sections = (Section("", ("points", "comment")),)

    def prepare(self) -> None:
        decimals = PointType.objects.in_store(self.store).get(is_default=True).decimals
        self.fields["points"] = forms.DecimalField(
            label=_("Points for each"),
            min_value=Decimal(1).scaleb(-decimals),
            max_digits=WHOLE_DIGITS_MAX + decimals,
            decimal_places=decimals,
        )

    def options(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {"points": str(data["points"]), "comment": data["comment"]}

    @classmethod
    def facts(cls, store: Store, options: Mapping[str, Any]) -> Sequence[Fact]:
        return [
            Fact(_("Points for each"), formats.points(Decimal(options["points"]))),
            Fact(_("Reason"), options["comment"]),
        ]

    def texts(self, count: int) -> Sequence[Any]:
        total = formats.points(self.cleaned_data["points"] * count)
        return [
            _("That makes %(points)s points in all.") % {"points": total},
            _("They unlock and expire as the store's settings say."),
            _("Each customer gets them once, even when the work is stopped and goes on."),
            *_left_alone(),
        ]


class SegmentForm(ThingForm):
    kind = selections.ListInSegment
    thing_key = "segment"

    segment = forms.ChoiceField(
        label=gettext_lazy("Segment"),
        help_text=gettext_lazy("Offered are those with a list of customers among their criteria."),
    )
    sections = (Section("", ("segment",)),)

    @classmethod
    def things(cls, store: Store) -> Any:
        listed = [{"criteria": [{"type": "customer_list"}]}]
        return Segment.objects.in_store(store).filter(parts__contains=listed)

    def texts(self, count: int) -> Sequence[Any]:
        return [
            _("They come into its list. Who is a member follows from all of its criteria."),
            *_left_alone(),
        ]


def _left_alone() -> list[str]:
    return [_("Who is deleted or anonymized is left alone.")]


FORMS = (LabelForm, LevelForm, PosForm, SegmentForm, PointsForm, ActivateForm, BlockForm)
