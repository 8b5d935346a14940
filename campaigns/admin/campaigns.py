"""Rewards: the list, the form of each type, and what came of each."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm
from accounts.cockpit.pages import (
    Column,
    Confirmation,
    EmptyState,
    Fact,
    Panel,
    Table,
    Tool,
)
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Customer, Resource
from accounts.selectors import search
from campaigns.admin import codes_page, words
from campaigns.admin.campaign_form import FORMS, CampaignForm, copying, preview_of
from campaigns.models import (
    CODE_TYPES,
    CampaignCategory,
    CampaignTranslation,
    RewardCampaign,
    RewardType,
)
from campaigns.selectors import audience, campaign_figures, reasons, usage
from campaigns.selectors.usage import NOTHING
from campaigns.services import campaigns, pictures
from loyalty.core import markdown

COUPONS_SHOWN = 15
ASKED_MAX = 3
QUERY_MAX = 100


class NowFilter(admin.SimpleListFilter):
    """Which rewards could be had now, by their dates and their switch."""

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
        dated = queryset.filter(is_active=True, is_all_time_active=False)
        match self.value():
            case "live":
                return queryset.active_at(now)
            case "scheduled":
                return dated.filter(active_from__gt=now)
            case "ended":
                return dated.filter(active_to__lt=now)
            case "off":
                return queryset.filter(is_active=False)
        return queryset


class CategoryFilter(admin.SimpleListFilter):
    title = gettext_lazy("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        store = request.store  # type: ignore[attr-defined]
        rows = CampaignCategory.objects.in_store(store).prefetch_related("translations")
        return [(str(row.pk), str(row)) for row in rows]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value() or ""
        if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
            return queryset
        return queryset.filter(category_ids__contains=[int(chosen)])


class StockFilter(admin.SimpleListFilter):
    """Pools with too few codes, or none."""

    title = gettext_lazy("codes left")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", gettext_lazy("Few or none")), ("none", gettext_lazy("None"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in {"low", "none"}:
            return queryset
        pools = campaign_figures.with_free_codes(
            queryset.filter(type__in=CODE_TYPES, is_single_coupon=False)
        )
        is_empty = Q(free_codes__lte=0)
        if self.value() == "none":
            return pools.filter(is_empty)
        return pools.filter(is_empty | Q(free_codes__lt=F("low_stock_threshold")))


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
        ("type", ChoicesDropdownFilter),
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

    @property
    def plural(self) -> str:
        return _("Rewards")

    # The list

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).prefetch_related("translations", "photos")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        texts = CampaignTranslation.objects.filter(
            campaign=OuterRef("pk"), name__icontains=search_term.strip()
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
        subject = self.get_found(request, str(object_id))
        if not subject.has_pool:
            raise Http404(f"Reward {object_id} has no codes.")
        may_modify = self.may_modify(request)
        forms: Sequence[codes_page.PoolForm] = ()
        if may_modify:
            forms, done = codes_page.answer_forms(request, subject)
            if done:
                messages.success(request, done)
                return HttpResponseRedirect(f"{self.object_url(subject, 'codes')}?told")
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
        now = timezone.now()
        tally = usage.get_tally(subject)
        names = audience.get_names(request.store, [subject])
        for_whom = words.audience_of(subject, names)
        text = subject.translated(request.LANGUAGE_CODE)
        context = {
            "reward": subject,
            "name": subject.name,
            "text": markdown.html(text.short_description),
            "kind": words.type_of(subject.type),
            "price": words.price_of(subject),
            "is_in_points": subject.has_pool and bool(subject.cost_in_points),
            "state": state_chip(*words.state_of(subject, tally, now)),
            "reason": words.state_of(subject, tally, now)[2],
            "sentences": words.sentences_of(
                subject, audience=for_whom, zone=request.store.settings.timezone
            ),
            "photos": [
                (photo_url(subject, photo), photo.original_name, self.photo_remove_url(photo))
                for photo in subject.photos.all()
            ],
            "may_modify": self.may_modify(request),
            "tiles": self.tiles(request, subject, tally),
            "stock": codes_page.stock_of(subject, tally) if subject.has_pool else None,
            "codes_url": self.object_url(subject, "codes"),
            "panels": self.panels(request, subject),
            "tables": self.tables(request, subject),
        } | self.why_not(request, subject)
        return self.render(request, "cockpit/campaign.html", context, subject)

    def photo_remove_url(self, photo: Any) -> str:
        return reverse("admin:campaigns_rewardcampaign_photo", args=[photo.campaign_id, photo.pk])

    def tiles(self, request: CockpitRequest, subject: Any, tally: Any) -> list[dict[str, Any]]:
        figures = campaign_figures.get_figures(subject)
        bought = f"{reverse('admin:campaigns_coupon_changelist')}?campaign__id__exact={subject.pk}"
        more = "+" if figures.is_cut else ""
        reach = audience.count_targeted(request.store, [subject])[subject.pk]
        return [
            {"label": _("Meant for"), "value": formats.whole(reach), "note": _("customers")},
            {
                "label": _("Taken"),
                "value": formats.whole(tally.used),
                "note": ngettext("by %(count)s customer", "by %(count)s customers", tally.customers)
                % {"count": formats.whole(tally.customers)},
                "url": bought,
            },
            {
                "label": _("Used"),
                "value": formats.whole(figures.used) + more,
                "note": _("%(expired)s expired, %(cancelled)s cancelled")
                % {
                    "expired": formats.whole(figures.expired),
                    "cancelled": formats.whole(figures.cancelled),
                },
                "url": f"{bought}&is_used__exact=1",
            },
            {"label": _("Left"), "value": words.left_of(subject, tally), "note": ""},
            {
                "label": _("Points spent"),
                "value": formats.points(figures.points) + more,
                "note": "",
            },
        ]

    def why_not(self, request: CockpitRequest, subject: RewardCampaign) -> dict[str, Any]:
        """Say whether the customers that were asked for can buy it, and why not."""
        if not rights.may(request.actor, Resource.CUSTOMER):
            return {"may_ask": False}
        text = request.GET.get("q", "").strip()[:QUERY_MAX]
        found = search.find_customers(request.store, text, limit=ASKED_MAX) if text else []
        now = timezone.now()
        return {"may_ask": True, "query": text, "answers": [_told(subject, c, now) for c in found]}

    def panels(self, request: CockpitRequest, subject: Any) -> Sequence[Panel]:
        names = audience.get_names(request.store, [subject])
        categories = [
            names.categories[pk][1] for pk in subject.category_ids if pk in names.categories
        ]
        yes_no = {True: _("Yes"), False: _("No")}
        facts = [
            Fact(_("Type"), words.type_of(subject.type)),
            Fact(_("Categories"), ", ".join(categories) or formats.EMPTY),
            Fact(_("Featured"), yes_no[subject.is_featured]),
            Fact(_("Public"), yes_no[subject.is_public]),
            Fact(_("Labels"), labels_of(subject) or formats.EMPTY),
            Fact(_("Worth of the reward"), formats.money(subject.reward_value)),
            Fact(_("Tax"), "–" if subject.tax is None else f"{subject.tax}%"),
            Fact(_("Link to more"), subject.more_information_link or formats.EMPTY),
        ]
        if subject.type == RewardType.GIFT_CODE:
            facts.append(Fact(_("Follow the delivery"), yes_no[subject.has_fulfillment_tracking]))
        facts += [
            Fact(_("Created"), formats.time_tag(subject.created_at)),
            Fact(_("Last edited"), formats.time_tag(subject.updated_at)),
            Fact(_("Id"), subject.uuid),
        ]
        return (Panel(_("Settings"), facts),)

    def tables(self, request: CockpitRequest, subject: RewardCampaign) -> Sequence[Table]:
        now = timezone.now()
        is_whole = words.sees_codes(request.actor)
        sees_customers = rights.may(request.actor, Resource.CUSTOMER)
        bought = f"{reverse('admin:campaigns_coupon_changelist')}?campaign__id__exact={subject.pk}"
        return (
            Table(
                title=_("Latest coupons"),
                columns=(
                    Column(_("Code")),
                    Column(_("Customer")),
                    Column(_("When")),
                    Column(_("State")),
                    Column(_("Points"), is_figure=True),
                ),
                rows=[
                    (
                        formats.link(
                            reverse("admin:campaigns_coupon_change", args=[coupon.pk]),
                            words.code_of(coupon.code, is_whole=is_whole),
                        ),
                        customer_link(coupon.customer) if sees_customers else formats.EMPTY,
                        formats.time_tag(coupon.purchased_at),
                        words.status_chip(coupon, now),
                        formats.figure(formats.points(coupon.cost_in_points)),
                    )
                    for coupon in campaign_figures.list_latest_coupons(subject, COUPONS_SHOWN)
                ],
                empty=_("Nobody has it yet."),
                more=(bought, _("All coupons")),
            ),
        )


def _told(campaign: RewardCampaign, customer: Customer, now: Any) -> dict[str, Any]:
    customer.store = campaign.store
    found = reasons.why_not(campaign, customer, now=now)
    return {"customer": customer_link(customer), "reasons": [reason.text for reason in found]}


def photo_url(campaign: RewardCampaign, photo: Any) -> str:
    """Return where anybody may look at a photo (PIC-1)."""
    return f"/api/{campaign.store.code}/campaign/{campaign.uuid}/photo/{photo.uuid}"


def state_chip(text: str, tone: str, why: str) -> str:
    return format_html('<span class="chip chip--{}" title="{}">{}</span>', tone, why, text)


def labels_of(campaign: RewardCampaign) -> str:
    return ", ".join(f"{label.get('key')}: {label.get('value')}" for label in campaign.labels)


def _export_of(campaign: RewardCampaign) -> str:
    """Return where a pool's codes are taken out."""
    return f"{reverse('admin:export_new', args=['codes'])}?campaign={campaign.uuid}"
