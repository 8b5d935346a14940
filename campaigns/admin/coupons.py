"""Bought rewards: the list with its report, and what can be done with one coupon."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.ledger import customer_link
from accounts.admin.pos import address_line
from accounts.cockpit import formats, rights
from accounts.cockpit.filters import ChoiceFilter, DayRangeFilter
from accounts.cockpit.many import ManyAdmin
from accounts.cockpit.pages import Confirmation, EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines as trail
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Customer, Resource
from accounts.selectors import search
from campaigns.admin import packing, words
from campaigns.admin.coupon_forms import (
    CancelForm,
    CouponForm,
    DeliveryForm,
    ManyDeliveriesForm,
)
from campaigns.models import (
    Coupon,
    CouponCode,
    CouponOrigin,
    CouponStatus,
    DeliveryStatus,
    PayoutStatus,
    RewardCampaign,
    RewardType,
)
from campaigns.selectors import bought
from campaigns.services import coupons
from campaigns.services.coupons import Mark
from loyalty.core import clock, csv_rows
from loyalty.core.errors import DomainError

# How many customers and codes a search looks at: more, and it should say more.
FOUND_MAX = 200
PACKING = "packing"


class RewardFilter(admin.RelatedFieldListFilter):
    """The rewards of the current store."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, Any]]:
        store = request.store  # type: ignore[attr-defined]
        rows = RewardCampaign.objects.in_store(store).prefetch_related("translations")
        return [(row.pk, row.name) for row in rows]


@admin.register(Coupon)
class CouponAdmin(ManyAdmin):
    resource = Resource.REWARD_CAMPAIGN
    list_display = (
        "bought_at",
        "reward",
        "coupon_code",
        "customer_name",
        "valid_until",
        "delivery",
        "figure_cost",
        "state",
    )
    list_select_related = ("customer",)
    list_filter = (
        ("campaign", RewardFilter),
        "is_used",
        ("status", ChoiceFilter),
        ("delivery_status", ChoiceFilter),
        ("campaign_type", ChoiceFilter),
        ("purchased_at", DayRangeFilter),
        ("used_at", DayRangeFilter),
        ("active_since", DayRangeFilter),
        ("active_to", DayRangeFilter),
    )
    search_fields = ("code",)  # shows the box; `get_search_results` does the work
    search_help_text = gettext_lazy("The whole code, or the customer's name, e-mail, phone or card")
    ordering = ("-purchased_at", "-pk")
    sortable_by = ("bought_at", "figure_cost")
    many_forms = (ManyDeliveriesForm,)
    audit_type = "Coupon"
    empty_state = EmptyState(
        gettext_lazy("Nothing bought yet"),
        gettext_lazy("Here is every coupon that a customer has, and what became of it."),
        "confirmation_number",
    )

    # The list

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "customer__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        return searched(request, queryset, search_term.strip()), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        is_whole = words.sees_codes(request.actor)  # type: ignore[attr-defined]
        sees_customers = rights.may(request.actor, Resource.CUSTOMER)  # type: ignore[attr-defined]
        rows = list(changelist.result_list)
        for row in rows:
            row.shown_code = words.code_of(row.code, is_whole=is_whole)
            row.shown_customer = customer_link(row.customer) if sees_customers else formats.EMPTY
        changelist.result_list = rows
        return changelist

    def list_tabs(self, request: CockpitRequest) -> Sequence[tuple[Any, str, bool]]:
        to_send = (
            f"delivery_status__exact={DeliveryStatus.ORDERED.value}"
            f"&campaign_type__exact={RewardType.GIFT_CODE.value}"
        )
        is_used = request.GET.get("is_used__exact")
        shipped = f"delivery_status__exact={DeliveryStatus.SHIPPED.value}"
        delivery = request.GET.get("delivery_status__exact")
        is_to_send = delivery == DeliveryStatus.ORDERED
        is_shipped = delivery == DeliveryStatus.SHIPPED
        return (
            (_("All"), "?", is_used is None and delivery is None),
            (_("Unused"), "?is_used__exact=0", is_used == "0"),
            (_("Used"), "?is_used__exact=1", is_used == "1"),
            (_("To send"), f"?{to_send}", is_to_send),
            (_("Shipped"), f"?{shipped}", is_shipped),
        )

    def many_deeds(self, request: HttpRequest) -> list[tuple[str, Any]]:
        deeds = super().many_deeds(request)
        # It names people.
        if rights.may(request.actor, Resource.CUSTOMER):  # type: ignore[attr-defined]
            deeds.append((PACKING, gettext_lazy("Packing list")))
        return deeds

    def many_url(self, name: str) -> str:
        if name == PACKING:
            return reverse("admin:campaigns_coupon_packing")
        return super().many_url(name)

    def packing_view(self, request: CockpitRequest) -> HttpResponse:
        """Show a page to be printed: where the chosen gifts go, and what goes into each parcel."""
        rights.require(request.actor, self.resource)
        rights.require(request.actor, Resource.CUSTOMER)
        try:
            chosen = self.chosen(request)
        except DomainError as refusal:
            messages.error(request, word(refusal.message))
            return HttpResponseRedirect(self.list_url())
        query = request.GET.urlencode()
        context = packing.context_of(chosen.rows, sees_codes=words.sees_codes(request.actor)) | {
            "back_url": self.back_url(request, chosen),
            "deliver_url": f"{self.many_url(ManyDeliveriesForm.kind.name)}?{query}"
            if self.may_modify(request)
            else "",
        }
        return TemplateResponse(request, "cockpit/packing.html", context)

    def changelist_view(
        self, request: CockpitRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = request.GET.urlencode()
        report = reverse("admin:campaigns_coupon_csv")
        tools = [Tool(_("CSV"), f"{report}?{query}" if query else report, "download")]
        tools = tools if rights.may(request.actor, Resource.CUSTOMER) else []
        return super().changelist_view(request, {"list_tools": tools, **(extra_context or {})})

    @admin.display(description=gettext_lazy("Bought"), ordering="purchased_at")
    def bought_at(self, row: Coupon) -> str:
        return formats.time_tag(row.purchased_at)

    @admin.display(description=gettext_lazy("Reward"))
    def reward(self, row: Coupon) -> str:
        return row.campaign_name or formats.EMPTY

    @admin.display(description=gettext_lazy("Code"))
    def coupon_code(self, row: Any) -> str:
        return format_html('<code class="coupon-code">{}</code>', row.shown_code)

    @admin.display(description=gettext_lazy("Customer"))
    def customer_name(self, row: Any) -> str:
        shown: str = row.shown_customer
        return shown

    @admin.display(description=gettext_lazy("Valid until"))
    def valid_until(self, row: Coupon) -> str:
        return formats.day(row.active_to) if row.active_to else _("for ever")

    @admin.display(description=gettext_lazy("Delivery"))
    def delivery(self, row: Coupon) -> str:
        return words.delivery_chip(row)

    @admin.display(description=gettext_lazy("Points"), ordering="cost_in_points")
    def figure_cost(self, row: Coupon) -> str:
        return formats.figure(formats.points(row.cost_in_points))

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: Coupon) -> str:
        return words.status_chip(row, timezone.now())

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "campaigns_coupon"
        return [
            path("csv/", wrap(self.csv_view), name=f"{name}_csv"),
            path("packing/", wrap(self.packing_view), name=f"{name}_packing"),
            path("<int:object_id>/use/", wrap(self.use_view), name=f"{name}_use"),
            path("<int:object_id>/delivery/", wrap(self.delivery_view), name=f"{name}_delivery"),
            path("<int:object_id>/cancel/", wrap(self.cancel_view), name=f"{name}_cancel"),
            *super().get_urls(),
        ]

    def csv_view(self, request: CockpitRequest) -> HttpResponse:
        """Answer the list as it is filtered, as a file; it names people (RPT-1)."""
        rights.require(request.actor, self.resource)
        rights.require(request.actor, Resource.CUSTOMER)
        try:
            found = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            # As the list answers a filter that it does not have.
            return HttpResponseRedirect(f"{self.list_url()}?{ERROR_FLAG}=1")
        moment = clock.now().astimezone(request.store.zone)
        rows = bought.report_rows(found, request.store.zone)
        answer: HttpResponse = csv_rows.answer(  # type: ignore[assignment]  # it streams
            bought.REPORT_PREFIX, moment, bought.REPORT_HEADER, rows
        )
        return answer

    def get_found(self, request: CockpitRequest, object_id: str) -> Any:
        found = super().get_found(request, object_id)
        found.store = request.store
        found.customer.store = request.store
        return found

    def title_of(self, subject: Coupon) -> str:
        return _("Coupon: %(reward)s") % {"reward": subject.campaign_name}

    def name_in_trail(self, subject: Coupon) -> str:
        return subject.campaign_name

    # What can be done

    def tools(self, request: CockpitRequest, subject: Coupon) -> Sequence[Tool]:
        if not self.may_modify(request):
            return ()
        now = timezone.now()
        tools = []
        if subject.is_used:
            tools.append(Tool(_("Not used after all"), self.object_url(subject, "use"), "undo"))
        elif subject.can_be_used_at(now):
            use = self.object_url(subject, "use")
            tools.append(Tool(_("Mark as used"), use, "check", "primary"))
        if subject.campaign_type == RewardType.GIFT_CODE:
            url = self.object_url(subject, "delivery")
            tools.append(Tool(_("Delivery"), url, "local_shipping"))
        is_over = subject.is_used or subject.status == CouponStatus.CANCELLED
        if not is_over and subject.payout_status != PayoutStatus.PAID:
            tools.append(Tool(_("Cancel"), self.object_url(subject, "cancel"), "block", "danger"))
        return tools

    def use_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Mark a coupon as used, or take that back, once it is confirmed (USE-4, USE-5)."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        if subject.is_used:
            question = Confirmation(
                title=_("Not used after all"),
                texts=[_("The customer can use it again, if it is still valid.")],
                done=_("%(name)s is unused again."),
                style="danger",
            )
        else:
            question = Confirmation(
                title=_("Mark as used"),
                texts=[
                    _("The customer cannot use it any more. You can take this back."),
                    *(
                        [_("Those who send things out are told.")]
                        if subject.campaign.has_fulfillment_tracking
                        else []
                    ),
                ],
                done=_("%(name)s is used."),
            )
        mark = Mark(
            campaign_uuid=subject.campaign.uuid,
            customer_uuid=subject.customer.uuid,
            coupon_uuid=subject.uuid,
            code=subject.code,
            is_used=not subject.is_used,
        )
        return self.confirmed(
            request,
            subject,
            question,
            lambda: coupons.mark(store=request.store, marks=[mark], actor=request.actor),
        )

    def delivery_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        return self.do(request, object_id, DeliveryForm, _("Delivery"))

    def cancel_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        return self.do(request, object_id, CancelForm, _("Cancel the coupon"))

    def do(
        self, request: CockpitRequest, object_id: int, form_class: type[CouponForm], title: str
    ) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        options: dict[str, Any] = {
            "store": request.store,
            "actor": request.actor,
            "instance": subject,
        }
        form = form_class(request.POST if request.method == "POST" else None, **options)
        if request.method == "POST":
            is_done, _result = form.submit()
            if is_done:
                messages.success(request, form.done % {"name": subject})
                return HttpResponseRedirect(self.object_url(subject))
        context = {"form": form, "cancel_url": self.object_url(subject)}
        return self.render(request, self.form_template, context, subject, title)

    # The page

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).select_related("customer")

    def page(self, request: CockpitRequest, subject: Coupon) -> HttpResponse:
        context = {
            "coupon": subject,
            "code": words.code_of(subject.code, is_whole=words.sees_codes(request.actor)),
            "state": words.status_chip(subject, timezone.now()),
            "panels": self.panels(request, subject),
            "tables": self.tables(request, subject),
        }
        return self.render(request, "cockpit/coupon.html", context, subject)

    def panels(self, request: CockpitRequest, subject: Coupon) -> Sequence[Panel]:
        panels = [self._purchase_panel(request, subject), self._life_panel(subject)]
        if rights.may(request.actor, Resource.CUSTOMER):
            panels.insert(1, _customer_panel(subject))
        return panels

    def _purchase_panel(self, request: CockpitRequest, subject: Coupon) -> Panel:
        url = reverse("admin:campaigns_rewardcampaign_change", args=[subject.campaign_id])
        facts = [
            Fact(_("Reward"), formats.link(url, subject.campaign_name or formats.EMPTY)),
            Fact(_("Type"), words.type_of(subject.campaign_type)),
            Fact(_("Bought"), formats.time_tag(subject.purchased_at)),
            Fact(_("How"), word(CouponOrigin(subject.origin).label)),
            Fact(_("Price in points"), formats.points(subject.cost_in_points)),
            Fact(_("Points left then"), formats.points(subject.points_after)),
            Fact(_("Tax, amount"), formats.money(subject.tax_price_value)),
        ]
        if subject.campaign_type == RewardType.CASHBACK:
            facts.append(
                Fact(_("Money"), formats.money(subject.reward_amount, request.store.currency))
            )
            if subject.payout_status:
                label = word(PayoutStatus(subject.payout_status).label)
                facts.append(Fact(_("Paid out by"), f"{subject.cashback_provider}: {label}"))
        if subject.percentage is not None:
            facts.append(Fact(_("Percentage of the purchase"), f"{subject.percentage}%"))
            facts.append(Fact(_("Given back by returns"), formats.money(subject.returned_amount)))
        if subject.replaces_id is not None:
            before = reverse("admin:campaigns_coupon_change", args=[subject.replaces_id])
            facts.append(Fact(_("In place of"), formats.link(before, _("an earlier coupon"))))
        return Panel(_("Purchase"), [*facts, Fact(_("Id"), subject.uuid)])

    def _life_panel(self, subject: Coupon) -> Panel:
        return Panel(
            _("Life of the coupon"),
            [
                Fact(_("State"), words.status_chip(subject, timezone.now())),
                Fact(
                    _("Works from"),
                    formats.time_tag(subject.active_since)
                    if subject.active_since
                    else _("at once"),
                ),
                Fact(
                    _("Valid until"),
                    formats.time_tag(subject.active_to) if subject.active_to else _("for ever"),
                ),
                Fact(_("Used"), formats.time_tag(subject.used_at)),
                Fact(_("Cancelled"), formats.time_tag(subject.cancelled_at)),
                Fact(_("Delivery"), words.delivery_chip(subject)),
            ],
        )

    def tables(self, request: CockpitRequest, subject: Coupon) -> Sequence[Table]:
        return (trail.table(request, self.audit_entries(subject)),)


def _customer_panel(subject: Coupon) -> Panel:
    """Return who bought it, as they were then (BUY-10)."""
    name = f"{subject.customer_first_name} {subject.customer_last_name}".strip()
    return Panel(
        _("Customer"),
        [
            Fact(_("Customer"), customer_link(subject.customer)),
            Fact(_("Name then"), name or formats.EMPTY),
            Fact(_("E-mail then"), subject.customer_email or formats.EMPTY),
            Fact(_("Phone then"), subject.customer_phone or formats.EMPTY),
            Fact(_("Address then"), address_line(subject.shipping_address) or formats.EMPTY),
        ],
    )


def searched(request: Any, found: Any, text: str) -> Any:
    """Keep coupons of this very code, or of customers with such words."""
    store = request.store
    rewards = dict(
        RewardCampaign.objects.in_store(store).order_by().values_list("pk", "is_single_coupon")
    )
    codes = CouponCode.objects.filter(campaign__in=list(rewards), code=text)
    rows = list(codes.values_list("pk", "campaign_id")[:FOUND_MAX])
    wanted = Q(pool_code__in=[pk for pk, _campaign in rows], holds_code=True)
    if shared := [campaign for _pk, campaign in rows if rewards[campaign]]:
        wanted |= Q(campaign__in=shared)
    if rights.may(request.actor, Resource.CUSTOMER):
        customers = search.matching(Customer.objects.in_store(store), text)
        wanted |= Q(
            customer__in=list(customers.order_by("-pk").values_list("pk", flat=True)[:FOUND_MAX])
        )
    return found.filter(wanted)
