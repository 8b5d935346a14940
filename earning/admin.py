"""Earning rules: one form for each type, and what each rule has given."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST
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
from accounts.cockpit.pages import Column, EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Level, Pos, Resource, Segment
from campaigns.models import CODE_TYPES, RewardCampaign, RewardType
from earning import invitations_admin, place_drawing, qr_codes
from earning.models import (
    PURCHASE_TYPES,
    EarningRule,
    InclusionType,
    LimitPeriod,
    ReferralEvent,
    RewardedPerson,
    RuleExecution,
    RuleType,
    RuleUse,
    StoreEvent,
)
from earning.selectors import rule_statistics
from earning.services import rules
from earning.services.rule_validation import LATITUDE_MAX, LONGITUDE_MAX
from earning.services.rules import LabelMultiplier, Limit, RuleData, Target

EXECUTIONS_SHOWN = 20
# What a purchase can bring at once.
INSTANT_TYPES = (*CODE_TYPES, RewardType.PERCENTAGE_DISCOUNT_CODE)

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
    RuleType.INSTANT_REWARD: (
        "redeem",
        gettext_lazy("A purchase brings a reward at once, such as a voucher for the next one."),
    ),
    RuleType.EVENT: (
        "event",
        gettext_lazy("Points for a new account, a sign-in, a first purchase or the newsletter."),
    ),
    RuleType.CUSTOM_EVENT: (
        "bolt",
        gettext_lazy("Points for an event that your own systems report, such as a review."),
    ),
    RuleType.QRCODE: (
        "qr_code_2",
        gettext_lazy("Points for scanning a code that hangs in a shop or stands on a receipt."),
    ),
    RuleType.GEOLOCATION: (
        "location_on",
        gettext_lazy("Points for being near a place, such as a shop on its opening day."),
    ),
    RuleType.REFERRAL: (
        "group_add",
        gettext_lazy("Points for customers who bring others, and for those who come."),
    ),
}


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


class InstantRewardForm(RuleForm):
    """ER-14, INS-1: which reward a purchase brings."""

    type = RuleType.INSTANT_REWARD

    reward_campaign = forms.ChoiceField(
        label=gettext_lazy("Reward"),
        help_text=gettext_lazy(
            "Its price is charged, and its limits count; who cannot have it gets nothing, and the "
            "purchase goes on."
        ),
    )

    type_section = Section(
        gettext_lazy("Instant reward"),
        ("reward_campaign",),
        TYPE_TEXTS[RuleType.INSTANT_REWARD][1],
    )

    def initial_values(self) -> dict[str, Any]:
        values = super().initial_values()
        if self.instance is not None and self.instance.reward_campaign is not None:
            values["reward_campaign"] = str(self.instance.reward_campaign.uuid)
        return values

    def prepare(self) -> None:
        super().prepare()
        kept = self.instance.reward_campaign_id if self.instance is not None else None
        found = RewardCampaign.objects.in_store(self.store).filter(
            Q(is_active=True) | Q(pk=kept), type__in=INSTANT_TYPES
        )
        field = self.fields["reward_campaign"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (str(row.uuid), f"{row.name} ({word(row.get_type_display())})")
            for row in found.prefetch_related("translations")
        ]
        if not field.choices:
            field.help_text = _("No reward is active now.")

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"reward_campaign": data["reward_campaign"]}


def points_field() -> forms.DecimalField:
    return forms.DecimalField(
        label=gettext_lazy("Points"), min_value=0, max_digits=14, decimal_places=2
    )


class OccasionForm(RuleForm):
    """What rules have that are not about purchases: a fixed amount."""

    last_fields = ("photo",)

    def prepare(self) -> None:
        super().prepare()
        # An unticked box says no; this one would say so of something that the type has not.
        del self.fields["is_last_executed"]

    def clean(self) -> dict[str, Any]:
        return super().clean() | {"is_last_executed": False}


class EventForm(OccasionForm):
    type = RuleType.EVENT

    event_name = forms.ChoiceField(label=gettext_lazy("Event"))
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("Event"), ("event_name", "points_amount"), TYPE_TEXTS[RuleType.EVENT][1]
    )

    def prepare(self) -> None:
        super().prepare()
        field = self.fields["event_name"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(event.value, word(event.label)) for event in StoreEvent]
        field.help_text = _(
            "Of several rules for one event the best pays. New accounts have no level yet: their "
            "rule is for everybody."
        )

    def rule_data(self, data: dict[str, Any]) -> RuleData:
        if rules.is_for_everybody(self.type, data["event_name"]):
            data = data | {"levels": [], "segments": []}
        return super().rule_data(data)

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"event_name": data["event_name"], "points_amount": data["points_amount"]}


class LimitedForm(OccasionForm):
    """A rule that each customer may use only so often."""

    renamed = {"limit.period": "limit_period", "limit.uses": "limit_uses"}

    limit_is_active = forms.BooleanField(
        label=gettext_lazy("Limited"),
        required=False,
        help_text=gettext_lazy("Off: each customer may use the rule as often as they like."),
    )
    limit_uses = forms.IntegerField(
        label=gettext_lazy("Uses of each customer"), required=False, min_value=0
    )
    limit_period = forms.ChoiceField(
        label=gettext_lazy("in each"),
        required=False,
        help_text=gettext_lazy("By the calendar: a week begins on Monday, a month on the 1st."),
    )

    def prepare(self) -> None:
        super().prepare()
        field = self.fields["limit_period"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *((each.value, word(each.label)) for each in LimitPeriod)]

    def limit_data(self, data: dict[str, Any]) -> dict[str, Any]:
        limit = Limit(data["limit_is_active"], data["limit_period"], data["limit_uses"])
        return {"limit": limit, "points_amount": data["points_amount"]}


LIMIT_FIELDS = ("points_amount", "limit_is_active", "limit_uses", "limit_period")


class CustomEventForm(LimitedForm):
    type = RuleType.CUSTOM_EVENT

    event_name = forms.CharField(
        label=gettext_lazy("Name of the event"),
        max_length=255,
        help_text=gettext_lazy("As your systems report it. Only one rule can have it."),
    )
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("Custom event"),
        ("event_name", *LIMIT_FIELDS),
        TYPE_TEXTS[RuleType.CUSTOM_EVENT][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return self.limit_data(data) | {"event_name": data["event_name"]}


class QrCodeForm(LimitedForm):
    type = RuleType.QRCODE

    code = forms.CharField(
        label=gettext_lazy("Content of the code"),
        max_length=255,
        help_text=gettext_lazy("Capital and small letters differ. Save it, then print the code."),
    )
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("QR code"), ("code", *LIMIT_FIELDS), TYPE_TEXTS[RuleType.QRCODE][1]
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return self.limit_data(data) | {"code": data["code"]}


class GeolocationForm(LimitedForm):
    type = RuleType.GEOLOCATION

    latitude = forms.DecimalField(
        label=gettext_lazy("Latitude"),
        min_value=-LATITUDE_MAX,
        max_value=LATITUDE_MAX,
        help_text=gettext_lazy("In degrees; south of the equator negative."),
    )
    longitude = forms.DecimalField(
        label=gettext_lazy("Longitude"),
        min_value=-LONGITUDE_MAX,
        max_value=LONGITUDE_MAX,
        help_text=gettext_lazy("In degrees; west of Greenwich negative."),
    )
    radius = forms.DecimalField(
        label=gettext_lazy("Radius in km"), min_value=1, max_digits=14, decimal_places=2
    )
    points_amount = forms.DecimalField(
        label=gettext_lazy("Points"), min_value=1, max_digits=14, decimal_places=2
    )

    type_section = Section(
        gettext_lazy("Geolocation"),
        ("latitude", "longitude", "radius", *LIMIT_FIELDS),
        TYPE_TEXTS[RuleType.GEOLOCATION][1],
    )

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        place = {name: data[name] for name in ("latitude", "longitude", "radius")}
        return self.limit_data(data) | place


class ReferralForm(OccasionForm):
    type = RuleType.REFERRAL

    event_name = forms.ChoiceField(label=gettext_lazy("What the invited person does"))
    reward_type = forms.ChoiceField(label=gettext_lazy("Who gets the points"))
    points_amount = points_field()

    type_section = Section(
        gettext_lazy("Customer referral"),
        ("event_name", "reward_type", "points_amount"),
        TYPE_TEXTS[RuleType.REFERRAL][1],
    )

    def prepare(self) -> None:
        super().prepare()
        for name, choices in (("event_name", ReferralEvent), ("reward_type", RewardedPerson)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(each.value, word(each.label)) for each in choices]

    def type_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {name: data[name] for name in ("event_name", "reward_type", "points_amount")}


FORMS: dict[str, type[RuleForm]] = {
    form.type: form
    for form in (
        PointsForm,
        MultiplyForProductForm,
        MultiplyByLabelsForm,
        ProductPurchaseForm,
        InstantRewardForm,
        EventForm,
        CustomEventForm,
        QrCodeForm,
        GeolocationForm,
        ReferralForm,
    )
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
    form_template = "cockpit/rule.html"
    empty_state = EmptyState(
        gettext_lazy("No rules yet"),
        gettext_lazy("Without a rule a purchase earns nothing. Begin with points for spending."),
        "rule",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                "levels__translations", "segments", "pos", "reward_campaign__translations"
            )
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
            (rule_type, word(rule_type.label), *texts) for rule_type, texts in TYPE_TEXTS.items()
        ]
        question = _("What should the rule do? The type cannot be changed later.")
        context = {"choices": choices, "question": question}
        return self.render(request, "cockpit/rule_types.html", context)

    def form_view(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        if subject is not None:
            return super().form_view(request, subject)
        form_class = FORMS.get(request.GET["type"])
        if form_class is None:
            raise Http404(request.GET["type"])
        return self.form_answer(request, form_class, None)

    def form_context(self, request: CockpitRequest, form: CommandForm) -> dict[str, Any]:
        context = super().form_context(request, form)
        if isinstance(form, GeolocationForm):
            context |= place_context(form)
            context |= {
                "side_template": "cockpit/_place.html",
                "live_url": reverse("admin:earning_earningrule_place"),
            }
        return context

    def place_view(self, request: CockpitRequest) -> HttpResponse:
        """Answer the drawing of the place that somebody is typing. Nothing is written."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        form = GeolocationForm(request.POST, store=request.store, actor=request.actor)
        return TemplateResponse(request, "cockpit/_place.html", place_context(form))

    def form_class_of(self, subject: EarningRule) -> type[CommandForm]:
        return FORMS[subject.type]

    def tools(self, request: CockpitRequest, subject: EarningRule) -> Sequence[Tool]:
        if subject.type != RuleType.QRCODE:
            return ()
        return (Tool(_("Print the code"), self.object_url(subject, "code"), "qr_code_2"),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.code_view)
        place = self.admin_site.admin_view(require_POST(self.place_view))
        return [
            path("place/", place, name="earning_earningrule_place"),
            path("<path:object_id>/code/", view, name="earning_earningrule_code"),
            *super().get_urls(),
        ]

    def code_view(self, request: CockpitRequest, object_id: str) -> HttpResponse:
        """Answer a QR rule's code as a picture that prints sharply in any size."""
        rights.require(request.actor, self.resource)
        rule = self.get_found(request, object_id)
        if rule.type != RuleType.QRCODE:
            raise Http404(f"Rule {object_id} has no code.")
        answer = HttpResponse(qr_codes.draw(rule.code), content_type="image/svg+xml")
        answer["Content-Disposition"] = f'inline; filename="qr-code-{rule.uuid}.svg"'
        return answer

    def panels(self, request: CockpitRequest, subject: EarningRule) -> Sequence[Panel]:
        return (
            given_panel(subject),
            Panel(
                _("In short"),
                [
                    Fact(_("Type"), self.type_name(subject)),
                    Fact(_("Gives"), self.effect(subject)),
                    Fact(_("For whom"), self.for_whom(subject)),
                    Fact(_("Where"), ", ".join(map(str, subject.pos.all())) or _("everywhere")),
                    Fact(_("When"), self.dates(subject)),
                    Fact(_("Limited"), limit_of(subject)),
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
        if subject.type not in PURCHASE_TYPES:
            return (uses_table(subject),)
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
                    for execution in executions.order_by("-evaluation_id")[:EXECUTIONS_SHOWN]
                ],
                empty=_("This rule has given nothing yet."),
            ),
        )


def given_panel(rule: EarningRule) -> Panel:
    """Return what a rule has given: two queries, however much it is."""
    given = rule_statistics.sum_given(rule)
    is_cut = given.count == rule_statistics.COUNTED_MAX
    return Panel(
        _("What it has given"),
        [
            Fact(_("How often"), f"{formats.whole(given.count)}{'+' if is_cut else ''}"),
            Fact(_("Points"), f"{formats.points(given.points)}{'+' if is_cut else ''}"),
            Fact(_("Last time"), formats.time_tag(given.last_at)),
        ],
        note=_("Only the latest are counted.") if is_cut else "",
    )


def place_context(form: GeolocationForm) -> dict[str, Any]:
    """Return the drawing of a form's place; None where its fields say none."""
    names = ("latitude", "longitude", "radius")
    if form.is_bound:
        form.is_valid()
        values = [form.cleaned_data.get(name) for name in names]
    else:
        values = [form.initial.get(name) for name in names]
    latitude, longitude, radius = values
    if latitude is None or longitude is None or radius is None:
        return {"place": None}
    place = place_drawing.draw(latitude, longitude, radius)
    return {"place": place, "radius": formats.points(radius)}


def uses_table(rule: EarningRule) -> Table:
    uses = RuleUse.objects.filter(rule=rule).select_related("customer").order_by("-pk")
    return Table(
        title=_("Last given"),
        columns=(Column(_("When")), Column(_("Customer")), Column(_("Points"), True)),
        rows=[
            (formats.time_tag(use.used_at), use.customer.name, formats.signed_figure(use.points))
            for use in uses[:EXECUTIONS_SHOWN]
        ],
        empty=_("This rule has given nothing yet."),
    )


def limit_of(rule: EarningRule) -> str:
    """Say how often one customer may use a rule."""
    if not rule.limit_is_active:
        return _("no")
    return _("%(uses)s of each customer in each: %(period)s") % {
        "uses": formats.whole(rule.limit_uses or 0),
        "period": word(LimitPeriod(rule.limit_period).label),
    }


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
        case RuleType.EVENT:
            return _("%(points)s points: %(event)s") % {
                "points": formats.points(rule.points_amount),
                "event": word(StoreEvent(rule.event_name).label),
            }
        case RuleType.CUSTOM_EVENT | RuleType.QRCODE:
            return _("%(points)s points for “%(event)s”") % {
                "points": formats.points(rule.points_amount),
                "event": rule.event_name or rule.code,
            }
        case RuleType.GEOLOCATION:
            return _("%(points)s points within %(radius)s km") % {
                "points": formats.points(rule.points_amount),
                "radius": formats.points(rule.radius),
            }
        case RuleType.REFERRAL:
            return _("%(points)s points: %(event)s") % {
                "points": formats.points(rule.points_amount),
                "event": word(ReferralEvent(rule.event_name).label),
            }
        case RuleType.INSTANT_REWARD:
            return str(rule.reward_campaign)
    return formats.EMPTY


# The site finds screens through this module.
__all__ = ["EarningRuleAdmin", "invitations_admin"]
