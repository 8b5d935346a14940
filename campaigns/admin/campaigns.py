"""The cockpit's list of rewards, and what staff do with one."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.filters import ChoiceFilter
from accounts.cockpit.forms import CommandForm
from accounts.cockpit.pages import Confirmation, EmptyState, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Resource
from campaigns.admin import campaign_page, codes_page, words
from campaigns.admin.campaign_filters import CategoryFilter, NowFilter, StockFilter
from campaigns.admin.campaign_form import FORMS, CampaignForm, copying, preview_of
from campaigns.admin.campaign_page import photo_url, state_chip
from campaigns.models import CampaignTranslation, RewardCampaign
from campaigns.selectors import audience, usage
from campaigns.selectors.usage import NOTHING
from campaigns.services import campaigns, pictures


@admin.register(RewardCampaign)
class CampaignAdmin(CockpitAdmin):
    resource = Resource.REWARD_CAMPAIGN
    add_form = edit_form = CampaignForm
    form_template = "cockpit/rule.html"
    list_display = (
        "reward",
        "kind",
        "for_whom",
        "figure_price",
        "figure_taken",
        "figure_left",
        "flags",
        "state",
    )
    list_filter = (
        NowFilter,
        ("type", ChoiceFilter),
        CategoryFilter,
        StockFilter,
        "is_public",
        "is_featured",
    )
    search_fields = ("name",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("A part of the name")
    ordering = ("-is_active", "-created_at", "-pk")
    sortable_by = ("figure_price",)
    audit_type = "Campaign"
    empty_state = EmptyState(
        gettext_lazy("No rewards yet"),
        gettext_lazy(
            "Rewards are what points buy. Begin with a welcome voucher: a value code that costs "
            "few points."
        ),
        "redeem",
    )

    # The list

    def get_references(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).prefetch_related("translations")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).prefetch_related("translations", "photos")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        texts = CampaignTranslation.objects.filter(
            campaign=OuterRef("pk"), name__folded_contains=search_term.strip()
        )
        return queryset.filter(Exists(texts)), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        store = request.store  # type: ignore[attr-defined]
        tallies = usage.get_tallies([row.pk for row in rows])
        names = audience.get_names(store, rows)
        now = timezone.now()
        for row in rows:
            row.store = store
            row.tally = tallies.get(row.pk, NOTHING)
            row.audience = words.audience_of(row, names)
            row.state_now = words.state_of(row, row.tally, now)
        changelist.result_list = rows
        return changelist

    @admin.display(description=gettext_lazy("Reward"))
    def reward(self, row: Any) -> str:
        photos = list(row.photos.all())
        if not photos:
            return format_html('<span class="thing">{}</span>', row.name or formats.EMPTY)
        return format_html(
            '<span class="thing"><img class="thing__picture" src="{}" alt="" width="40" height="40"'
            ' loading="lazy">{}</span>',
            photo_url(row, photos[0]),
            row.name or formats.EMPTY,
        )

    @admin.display(description=gettext_lazy("Type"))
    def kind(self, row: RewardCampaign) -> str:
        return words.type_of(row.type)

    @admin.display(description=gettext_lazy("For whom"))
    def for_whom(self, row: Any) -> str:
        return ", ".join(row.audience) or formats.EMPTY

    @admin.display(description=gettext_lazy("Price"), ordering="cost_in_points")
    def figure_price(self, row: RewardCampaign) -> str:
        return formats.figure(words.price_of(row))

    @admin.display(description=gettext_lazy("Taken"))
    def figure_taken(self, row: Any) -> str:
        return formats.figure(formats.whole(row.tally.used))

    @admin.display(description=gettext_lazy("Left"))
    def figure_left(self, row: Any) -> str:
        text = words.left_of(row, row.tally)
        if words.is_low(row, row.tally):
            title = _("Few codes are left")
            text = format_html('<span class="chip chip--bad" title="{}">{}</span>', title, text)
        return formats.figure(text)

    @admin.display(description=gettext_lazy("Shown"))
    def flags(self, row: RewardCampaign) -> str:
        shown = [
            text
            for is_set, text in (
                (row.is_public, _("public")),
                (row.is_featured, _("featured")),
            )
            if is_set
        ]
        return ", ".join(shown) or formats.EMPTY

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: Any) -> str:
        return state_chip(*row.state_now)

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "campaigns_rewardcampaign"
        return [
            path("preview/", wrap(require_POST(self.preview_view)), name=f"{name}_preview"),
            path("<int:object_id>/edit/", wrap(self.edit_view), name=f"{name}_edit"),
            path("<int:object_id>/switch/", wrap(self.switch_view), name=f"{name}_switch"),
            path("<int:object_id>/codes/", wrap(self.codes_view), name=f"{name}_codes"),
            path(
                "<int:object_id>/photo/<int:photo_id>/remove/",
                wrap(require_POST(self.photo_view)),
                name=f"{name}_photo",
            ),
            *super().get_urls(),
        ]

    def tools(self, request: CockpitRequest, subject: RewardCampaign) -> Sequence[Tool]:
        tools = []
        if subject.has_pool:
            tools.append(Tool(_("Codes"), self.object_url(subject, "codes"), "confirmation_number"))
        if self.may_modify(request):
            switch = self.object_url(subject, "switch")
            add = reverse("admin:campaigns_rewardcampaign_add")
            tools += [
                Tool(_("Copy"), f"{add}?type={subject.type}&like={subject.pk}", "content_copy"),
                Tool(_("Switch off"), switch, "toggle_off", "danger")
                if subject.is_active
                else Tool(_("Switch on"), switch, "toggle_on"),
                Tool(_("Edit"), self.object_url(subject, "edit"), "edit", "primary"),
            ]
        return tools

    def get_found(self, request: CockpitRequest, object_id: str) -> Any:
        found = super().get_found(request, object_id)
        found.store = request.store
        return found

    # The form

    def add_view(
        self, request: CockpitRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for the type first: it decides the form."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        if "type" in request.GET:
            return self.form_view(request, None)
        choices = [(each, words.type_of(each), *texts) for each, texts in words.TYPE_TEXTS.items()]
        context = {
            "choices": choices,
            "question": _(
                "What does the customer get? The type cannot be changed once a coupon was issued."
            ),
        }
        return self.render(request, "cockpit/rule_types.html", context)

    def form_view(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        if subject is not None:
            return super().form_view(request, subject)
        return self.form_answer(request, self.new_form(request), None)

    def new_form(self, request: CockpitRequest) -> type[CampaignForm]:
        form = FORMS.get(request.GET["type"])
        if form is None:
            raise Http404(request.GET["type"])
        if "like" in request.GET:
            return copying(form, self.get_found(request, request.GET["like"]))
        return form

    def form_class_of(self, subject: RewardCampaign) -> type[CommandForm]:
        return FORMS[subject.type]

    def form_context(self, request: CockpitRequest, form: CommandForm) -> dict[str, Any]:
        assert isinstance(form, CampaignForm)
        live = reverse("admin:campaigns_rewardcampaign_preview")
        subject = form.instance
        return {
            "form": form,
            "cancel_url": self.list_url() if subject is None else self.object_url(subject),
            "side_template": "cockpit/_campaign_preview.html",
            "preview": preview_of(form),
            "live_url": f"{live}?type={form.type.value}",
        }

    def preview_view(self, request: CockpitRequest) -> HttpResponse:
        """Answer what is being typed as a customer would see it. Nothing is written."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        form_class = FORMS.get(request.GET.get("type", ""))
        if form_class is None:
            raise Http404
        form = form_class(request.POST, store=request.store, actor=request.actor)
        return TemplateResponse(
            request, "cockpit/_campaign_preview.html", {"preview": preview_of(form)}
        )

    def edit_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        return self.form_view(request, self.get_found(request, str(object_id)))

    def answer_saved(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        if subject.has_pool and not usage.get_tally(subject).codes:
            messages.success(
                request,
                _("%(name)s was saved. Nobody can buy it before it has codes.") % {"name": subject},
            )
            return HttpResponseRedirect(self.object_url(subject, "codes"))
        return super().answer_saved(request, subject)

    # Deeds

    def switch_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Switch a reward on or off, once it is said whom that concerns (CAM-16)."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        concerned = audience.count_targeted(request.store, [subject])[subject.pk]
        who = _("It is meant for %(count)s customers.") % {"count": formats.whole(concerned)}
        if subject.is_active:
            question = Confirmation(
                title=_("Switch off"),
                texts=[
                    who,
                    _("Nobody sees or buys it any more. Coupons that customers have stay valid."),
                ],
                done=_("%(name)s is off."),
                style="danger",
            )
        else:
            question = Confirmation(
                title=_("Switch on"),
                texts=[who, _("They can buy it as soon as its dates and codes allow it.")],
                done=_("%(name)s is on."),
            )
        return self.confirmed(
            request,
            subject,
            question,
            lambda: campaigns.set_active(
                campaign=subject, is_active=not subject.is_active, actor=request.actor
            ),
        )

    def photo_view(self, request: CockpitRequest, object_id: int, photo_id: int) -> HttpResponse:
        """Take a photo away; another one is added in the form."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        photo = subject.photos.filter(pk=photo_id).first()
        if photo is None:
            raise Http404(f"Photo {photo_id}")
        photo.campaign = subject
        pictures.remove_photo(photo=photo, actor=request.actor)
        messages.success(request, _("The photo was removed."))
        return HttpResponseRedirect(self.object_url(subject))

    def codes_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Show a pool, and fill it: from a file, by a pattern, or typed."""
        rights.require(request.actor, self.resource)
        if request.method == "POST":
            rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        if not subject.has_pool:
            raise Http404(f"Reward {object_id} has no codes.")
        may_modify = self.may_modify(request)
        forms: Sequence[codes_page.PoolForm] = ()
        if may_modify:
            forms, done = codes_page.answer_forms(request, subject)
            if done:
                messages.success(request, done)
                url = self.object_url(subject, "codes")
                return HttpResponseRedirect(f"{url}{'&' if '?' in url else '?'}told")
        context = codes_page.context_of(
            request, subject, is_whole=words.sees_codes(request.actor)
        ) | {
            "pool_forms": forms,
            "here": self.object_url(subject, "codes"),
            "page_tools": [Tool(_("Export"), _export_of(subject), "download")],
        }
        return self.render(request, "cockpit/codes.html", context, subject, _("Codes"))

    # The page

    def page(self, request: CockpitRequest, subject: RewardCampaign) -> HttpResponse:
        context = campaign_page.context_of(request, subject) | {
            "may_modify": self.may_modify(request),
            "codes_url": self.object_url(subject, "codes"),
        }
        return self.render(request, "cockpit/campaign.html", context, subject)


def _export_of(campaign: RewardCampaign) -> str:
    """Return where a pool's codes are taken out."""
    return f"{reverse('admin:export_new', args=['codes'])}?campaign={campaign.uuid}"
