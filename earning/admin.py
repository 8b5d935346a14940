"""Earning rules: one form for each type, and what each rule has given."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import (
    CommandForm,
    LabelsField,
    LinesField,
    LocalDateTimeField,
    Section,
)
from accounts.cockpit.pages import Column, EmptyState, Fact, Panel, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Level, Pos, Resource, Segment
from earning.models import EarningRule, InclusionType, RuleExecution, RuleType
from earning.services import rules
from earning.services.rules import LabelMultiplier, RuleData, Target

EXECUTIONS_SHOWN = 20

TYPE_TEXTS = {
    RuleType.POINTS: (
        "payments",
        gettext_lazy("Points for every unit of currency spent: 2 points for each euro."),
    ),
    RuleType.MULTIPLY_FOR_PRODUCT: (
        "close",
        gettext_lazy(
            "Chosen products, or products with chosen labels, bring several times the points."
        ),
    ),
    RuleType.MULTIPLY_BY_PRODUCT_LABELS: (
        "label",
        gettext_lazy("Each label has a factor of its own: organic twice, own brand three times."),
    ),
    RuleType.PRODUCT_PURCHASE: (
        "shopping_bag",
        gettext_lazy("A fixed number of points whenever a chosen product is bought."),
    ),
}


class RuleForm(CommandForm):
    """What every rule has; the subclasses add what its type needs."""

    type: ClassVar[RuleType]
    type_section: ClassVar[Section]

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    description = forms.CharField(label=gettext_lazy("Description"), widget=forms.Textarea)
    is_active = forms.BooleanField(label=gettext_lazy("Active"), required=False)
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
            Section(_("Order and picture"), ("is_last_executed", "photo")),
        )

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


def pairs(labels: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label["key"], label["value"]) for label in labels)


class PointsForm(RuleForm):
    type = RuleType.POINTS

    point_value = forms.DecimalField(
        label=gettext_lazy("Points per unit"),
        min_value=0,
        max_digits=14,
        decimal_places=2,
    )
    min_order_value = forms.DecimalField(
        label=gettext_lazy("Smallest purchase"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
    )
    excludes_delivery_cost = forms.BooleanField(
        label=gettext_lazy("Not for delivery"),
        required=False,
        help_text=gettext_lazy("Delivery costs (SKUs of the store settings) bring no points."),
    )
    excluded_skus = LinesField(
        label=gettext_lazy("Not for SKUs"),
        required=False,
        help_text=gettext_lazy("One in each line."),
    )
    inclusion_type = forms.ChoiceField(
        label=gettext_lazy("Labels"),
        choices=[
            (InclusionType.NONE.value, gettext_lazy("do not matter")),
            (InclusionType.INCLUDE.value, gettext_lazy("only lines with a label below")),
            (InclusionType.EXCLUDE.value, gettext_lazy("not lines with a label below")),
        ],
    )
    included_labels = LabelsField(
        label=gettext_lazy("Only with labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )
    excluded_labels = LabelsField(
        label=gettext_lazy("Not with labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )

    type_section = Section(
        gettext_lazy("General spending"),
        (
            "point_value",
            "min_order_value",
            "excludes_delivery_cost",
            "excluded_skus",
            "inclusion_type",
            "included_labels",
            "excluded_labels",
        ),
        TYPE_TEXTS[RuleType.POINTS][1],
    )

    def prepare(self) -> None:
        super().prepare()
        self.fields["point_value"].help_text = _("For each %(currency)s.") % {
            "currency": self.store.currency
        }

    def type_defaults(self) -> dict[str, Any]:
        return {"excludes_delivery_cost": True, "inclusion_type": InclusionType.NONE}

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "point_value": data["point_value"],
            "min_order_value": data["min_order_value"],
            "excludes_delivery_cost": data["excludes_delivery_cost"],
            "excluded_skus": tuple(data["excluded_skus"]),
            "inclusion_type": InclusionType(data["inclusion_type"]),
            "included_labels": pairs(data["included_labels"]),
            "excluded_labels": pairs(data["excluded_labels"]),
        }


class MultiplyForProductForm(RuleForm):
    type = RuleType.MULTIPLY_FOR_PRODUCT

    sku_ids = LinesField(
        label=gettext_lazy("SKUs"), required=False, help_text=gettext_lazy("One in each line.")
    )
    labels = LabelsField(
        label=gettext_lazy("or labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )
    multiplier = forms.DecimalField(
        label=gettext_lazy("Times"), min_value=0, max_digits=14, decimal_places=2
    )

    type_section = Section(
        gettext_lazy("Multiply for product"),
        ("sku_ids", "labels", "multiplier"),
        TYPE_TEXTS[RuleType.MULTIPLY_FOR_PRODUCT][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "sku_ids": tuple(data["sku_ids"]),
            "labels": pairs(data["labels"]),
            "multiplier": data["multiplier"],
        }


class MultiplyByLabelsForm(RuleForm):
    type = RuleType.MULTIPLY_BY_PRODUCT_LABELS

    label_multipliers = LabelsField(
        label=gettext_lazy("Labels"),
        parts=("key", "value", "multiplier"),
        help_text=gettext_lazy("One in each line: key: value: factor"),
    )

    type_section = Section(
        gettext_lazy("Multiply by product labels"),
        ("label_multipliers",),
        TYPE_TEXTS[RuleType.MULTIPLY_BY_PRODUCT_LABELS][1],
    )

    def clean_label_multipliers(self) -> list[LabelMultiplier]:
        try:
            return [
                LabelMultiplier(row["key"], row["value"], Decimal(row["multiplier"]))
                for row in self.cleaned_data["label_multipliers"]
            ]
        except InvalidOperation as error:
            raise forms.ValidationError(_("A factor is a number, such as 2 or 1.5.")) from error

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"label_multipliers": tuple(data["label_multipliers"])}


class ProductPurchaseForm(RuleForm):
    type = RuleType.PRODUCT_PURCHASE

    sku_ids = LinesField(label=gettext_lazy("SKUs"), help_text=gettext_lazy("One in each line."))
    points_amount = forms.DecimalField(
        label=gettext_lazy("Points"), min_value=0, max_digits=14, decimal_places=2
    )

    type_section = Section(
        gettext_lazy("Product purchase"),
        ("sku_ids", "points_amount"),
        TYPE_TEXTS[RuleType.PRODUCT_PURCHASE][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"sku_ids": tuple(data["sku_ids"]), "points_amount": data["points_amount"]}


FORMS: dict[str, type[RuleForm]] = {
    form.type: form
    for form in (PointsForm, MultiplyForProductForm, MultiplyByLabelsForm, ProductPurchaseForm)
}


class RunningFilter(admin.SimpleListFilter):
    """Which rules count for a purchase made now."""

    title = gettext_lazy("now")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("live", gettext_lazy("Live")),
            ("scheduled", gettext_lazy("Scheduled")),
            ("ended", gettext_lazy("Ended")),
            ("off", gettext_lazy("Off")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        dated = Q(is_active=True, is_all_time_active=False)
        match self.value():
            case "live":
                inside = Q(is_all_time_active=True) | Q(start_at__lte=now, end_at__gte=now)
                return queryset.filter(inside, is_active=True)
            case "scheduled":
                return queryset.filter(dated, start_at__gt=now)
            case "ended":
                return queryset.filter(dated, end_at__lt=now)
            case "off":
                return queryset.filter(is_active=False)
        return queryset


def running_state(rule: EarningRule) -> tuple[str, str]:
    """Return in one word whether a rule counts now, and the word's tone."""
    now = timezone.now()
    if not rule.is_active:
        return _("Off"), "neutral"
    if rule.is_all_time_active:
        return _("Live"), "good"
    if rule.start_at and rule.start_at > now:
        return _("Scheduled"), "info"
    if rule.end_at and rule.end_at < now:
        return _("Ended"), "neutral"
    return _("Live"), "good"


@admin.register(EarningRule)
class EarningRuleAdmin(CockpitAdmin):
    resource = Resource.EARNING_RULE
    add_form = edit_form = RuleForm
    list_display = ("name", "type_name", "effect", "for_whom", "dates", "state")
    list_filter = (RunningFilter, ("type", ChoicesDropdownFilter))
    search_fields = ("name", "description")
    search_help_text = gettext_lazy("Name or description")
    ordering = ("-is_active", "-edited_at", "-pk")
    sortable_by = ("name",)
    audit_type = "EarningRule"
    empty_state = EmptyState(
        gettext_lazy("No rules yet"),
        gettext_lazy("Without a rule a purchase earns nothing. Begin with points for spending."),
        "rule",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return (
            super()
            .get_queryset(request)
            .prefetch_related("levels__translations", "segments", "pos")
        )

    @admin.display(description=gettext_lazy("Type"))
    def type_name(self, rule: EarningRule) -> str:
        return word(rule.get_type_display())

    @admin.display(description=gettext_lazy("Gives"))
    def effect(self, rule: EarningRule) -> str:
        return effect_of(rule)

    @admin.display(description=gettext_lazy("For whom"))
    def for_whom(self, rule: EarningRule) -> str:
        names = [str(row) for row in (*rule.levels.all(), *rule.segments.all())]
        return ", ".join(names) or _("everybody")

    @admin.display(description=gettext_lazy("When"))
    def dates(self, rule: EarningRule) -> str:
        if rule.is_all_time_active:
            return _("always")
        return f"{formats.day(rule.start_at)} – {formats.day(rule.end_at)}"

    @admin.display(description=gettext_lazy("State"))
    def state(self, rule: EarningRule) -> str:
        return formats.chip(*running_state(rule))

    def add_view(
        self, request: CockpitRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for the type first: it decides the form, and cannot be changed later."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        if "type" in request.GET:
            return self.form_view(request, None)
        choices = [
            (rule_type, word(rule_type.label), *TYPE_TEXTS[rule_type]) for rule_type in RuleType
        ]
        return self.render(request, "cockpit/rule_types.html", {"choices": choices})

    def form_view(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        if subject is not None:
            return super().form_view(request, subject)
        form_class = FORMS.get(request.GET["type"])
        if form_class is None:
            raise Http404(request.GET["type"])
        return self.form_answer(request, form_class, None)

    def form_class_of(self, subject: EarningRule) -> type[CommandForm]:
        return FORMS[subject.type]

    def panels(self, request: CockpitRequest, subject: EarningRule) -> Sequence[Panel]:
        return (
            Panel(
                _("In short"),
                [
                    Fact(_("Type"), self.type_name(subject)),
                    Fact(_("Gives"), self.effect(subject)),
                    Fact(_("For whom"), self.for_whom(subject)),
                    Fact(_("Where"), ", ".join(map(str, subject.pos.all())) or _("everywhere")),
                    Fact(_("When"), self.dates(subject)),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Last edited"), formats.time_tag(subject.edited_at)),
                    Fact(_("Id"), subject.uuid),
                ],
                note=_(
                    "Rules run in this order: general spending, factors, fixed points for "
                    "products; of one kind the last edited first."
                ),
            ),
        )

    def tables(self, request: CockpitRequest, subject: EarningRule) -> Sequence[Table]:
        executions = RuleExecution.objects.filter(rule=subject).select_related(
            "evaluation__customer"
        )
        return (
            Table(
                title=_("Last given"),
                columns=(Column(_("When")), Column(_("Customer")), Column(_("Points"), True)),
                rows=[
                    (
                        formats.time_tag(execution.evaluation.evaluated_at),
                        execution.evaluation.customer.name,
                        formats.signed_figure(execution.points),
                    )
                    for execution in executions.order_by("-pk")[:EXECUTIONS_SHOWN]
                ],
                empty=_("This rule has given nothing yet."),
            ),
        )


def effect_of(rule: EarningRule) -> str:
    """Say in a few words what a rule gives."""
    match rule.type:
        case RuleType.POINTS:
            return _("%(points)s per unit of currency") % {
                "points": formats.points(rule.point_value)
            }
        case RuleType.MULTIPLY_FOR_PRODUCT:
            return _("× %(factor)s on %(count)s products or labels") % {
                "factor": formats.points(rule.multiplier),
                "count": len(rule.sku_ids) + len(rule.labels),
            }
        case RuleType.MULTIPLY_BY_PRODUCT_LABELS:
            return _("factors for %(count)s labels") % {"count": len(rule.label_multipliers)}
        case RuleType.PRODUCT_PURCHASE:
            return _("%(points)s points for %(count)s products") % {
                "points": formats.points(rule.points_amount),
                "count": len(rule.sku_ids),
            }
    return formats.EMPTY
