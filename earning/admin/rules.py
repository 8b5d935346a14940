"""The cockpit's list of earning rules, and the page of each."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.filters import ChoiceFilter, WindowFilter
from accounts.cockpit.forms import CommandForm
from accounts.cockpit.pages import EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from earning.admin import place_drawing, qr_codes
from earning.admin.rule_figures import given_panel, given_table
from earning.admin.rule_forms import FORMS
from earning.admin.rule_forms.base import RuleForm
from earning.admin.rule_forms.limited import GeolocationForm
from earning.admin.words import TYPE_TEXTS, effect_of, limit_of, running_state
from earning.models import EarningRule, RuleType


class RunningFilter(WindowFilter):
    """Which rules count for a purchase made now."""

    start, end = "start_at", "end_at"


@admin.register(EarningRule)
class EarningRuleAdmin(CockpitAdmin):
    resource = Resource.EARNING_RULE
    add_form = edit_form = RuleForm
    list_display = ("name", "type_name", "effect", "for_whom", "dates", "state")
    list_filter = (RunningFilter, ("type", ChoiceFilter))
    search_fields = ("name__folded_contains", "description__folded_contains")
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
        return (given_table(subject),)


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
