"""One customer, from every room: balance, level, purchases, transfers, history, and what to do."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST

from accounts.admin.customers import CustomerAdmin, status_chip
from accounts.cockpit import formats, rights
from accounts.cockpit.forms import CommandForm, Section, choices_of
from accounts.cockpit.links import sign_ins_tool
from accounts.cockpit.pages import Confirmation, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Customer, CustomerStatus, Level, Resource
from accounts.selectors import balances, known
from accounts.services import customers, forgetting, levels, own_data
from campaigns.admin import words
from campaigns.models import Coupon
from loyalty.cockpit import customer_page, reward_forms, timeline
from loyalty.cockpit.points_forms import DEEDS, PointsDeed
from loyalty.cockpit.reward_forms import GiveRewardForm

Command = Callable[..., Customer]
# As many as any number of a row has.
DIGITS = re.compile(r"\d{1,18}", re.ASCII)


class LevelByHandForm(CommandForm):
    """A level that a customer gets by hand."""

    submit_label = gettext_lazy("Assign")

    level = forms.ChoiceField(label=gettext_lazy("Level"))

    sections = (
        Section(
            gettext_lazy("Level by hand"),
            ("level",),
            gettext_lazy(
                "From now on neither purchases nor points move this customer, up or down, until "
                "the level is set back to automatic. The customer's history tells of it."
            ),
        ),
    )

    def prepare(self) -> None:
        active = Level.objects.in_store(self.store).filter(is_active=True)
        field = self.fields["level"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices_of(active.prefetch_related("translations"))

    def initial_values(self) -> dict[str, Any]:
        return {"level": str(self.instance.level_id or "")}

    def run(self, data: dict[str, Any]) -> Customer:
        level = Level.objects.in_store(self.store).get(pk=int(data["level"]))
        level.store = self.store
        return levels.assign_manually(customer=self.instance, level=level, actor=self.actor)


@admin.register(Customer)
class CustomerPageAdmin(CustomerAdmin):
    """The customers' list and form, with the page that spans the rooms."""

    def page(self, request: CockpitRequest, subject: Customer) -> HttpResponse:
        now = timezone.now()
        subject.store = request.store
        is_known = subject.anonymized_at is None
        context = {
            "customer": subject,
            "status": status_chip(subject.status)
            if is_known
            else formats.chip(pgettext("of a customer", "Anonymized")),
            "page": customer_page.read(
                subject,
                now=now,
                sees_points=rights.may(request.actor, Resource.POINT_TRANSFER),
                sees_purchases=rights.may(request.actor, Resource.TRANSACTION),
                sees_rewards=rights.may(request.actor, Resource.REWARD_CAMPAIGN),
                sees_codes=words.sees_codes(request.actor),
            ),
            "may_modify": is_known and self.may_modify(request),
            "may_move_points": is_known and self.may_move_points(request),
            "deeds": [(deed, self.deed_url(subject, name)) for name, deed in DEEDS.items()],
        }
        return self.render(request, "cockpit/customer.html", context, subject)

    def may_move_points(self, request: CockpitRequest) -> bool:
        """Moving points needs both rights, as on Open Loyalty's customer page."""
        return self.may_modify(request) and rights.may(
            request.actor, Resource.POINT_TRANSFER, Access.MODIFY
        )

    def deed_url(self, subject: Customer, deed: str) -> str:
        return self.url_of("points", subject.pk, deed)

    def tools(self, request: CockpitRequest, subject: Customer) -> Sequence[Tool]:
        if subject.anonymized_at is not None:
            return ()
        may_give = rights.may(request.actor, Resource.REWARD_CAMPAIGN, Access.MODIFY)
        if not may_give or subject.status == CustomerStatus.DELETED:
            return self.own_tools(request, subject)
        give = Tool(_("Give a reward"), self.object_url(subject, "reward"), "redeem")
        return (give, *self.own_tools(request, subject))

    def own_tools(self, request: CockpitRequest, subject: Customer) -> Sequence[Tool]:
        """Return what the right to customers alone opens."""
        sign_ins = sign_ins_tool("customer", subject)
        if not self.may_modify(request):
            return (sign_ins,)
        edit = Tool(_("Edit"), self.object_url(subject, "edit"), "edit")
        forget = Tool(_("Anonymize"), self.object_url(subject, "anonymize"), "person_off", "danger")
        if subject.status == CustomerStatus.DELETED:
            return (edit, forget)
        is_active = subject.status == CustomerStatus.ACTIVE
        status = (
            Tool(_("Block"), self.object_url(subject, "block"), "block", "danger")
            if is_active
            else Tool(_("Activate"), self.object_url(subject, "activate"), "check")
        )
        password = Tool(_("New password"), self.object_url(subject, "password"), "key")
        delete = Tool(_("Delete"), self.object_url(subject, "remove"), "delete", "danger")
        data = Tool(_("Download data"), self.object_url(subject, "data"), "folder_zip")
        rare = (sign_ins, password, data, status, delete, forget)
        # Whoever has to be let in is let in at once.
        return (edit, *(replace(tool, is_rare=is_active or tool is not status) for tool in rare))

    def answer_saved(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        messages.success(request, _("%(name)s was saved.") % {"name": subject.name})
        return HttpResponseRedirect(self.object_url(subject))

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_customer"
        return [
            path("known/", wrap(require_POST(self.known_view)), name=f"{name}_known"),
            path("<int:object_id>/edit/", wrap(self.edit_view), name=f"{name}_edit"),
            path(
                "<int:object_id>/points/<str:deed>/", wrap(self.points_view), name=f"{name}_points"
            ),
            path("<int:object_id>/reward/", wrap(self.reward_view), name=f"{name}_reward"),
            path("<int:object_id>/block/", wrap(self.block_view), name=f"{name}_block"),
            path("<int:object_id>/password/", wrap(self.password_view), name=f"{name}_password"),
            path("<int:object_id>/data/", wrap(self.data_view), name=f"{name}_data"),
            path("<int:object_id>/activate/", wrap(self.activate_view), name=f"{name}_activate"),
            path("<int:object_id>/remove/", wrap(self.remove_view), name=f"{name}_remove"),
            path("<int:object_id>/anonymize/", wrap(self.anonymize_view), name=f"{name}_anonymize"),
            path("<int:object_id>/level/", wrap(self.level_view), name=f"{name}_level"),
            path("<int:object_id>/events/", wrap(self.events_view), name=f"{name}_events"),
            path("<int:object_id>/automatic/", wrap(self.automatic_view), name=f"{name}_automatic"),
            *super().get_urls(),
        ]

    def edit_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        return self.form_view(request, subject)

    def form_context(self, request: CockpitRequest, form: Any) -> dict[str, Any]:
        context = super().form_context(request, form)
        context["known_url"] = reverse("admin:accounts_customer_known")
        if form.instance is not None:
            context["cancel_url"] = self.object_url(form.instance)
        return context

    def known_view(self, request: CockpitRequest) -> HttpResponse:
        """Say whose an e-mail, phone number or card is already, while somebody types it."""
        rights.require(request.actor, self.resource)
        text = request.POST.get("besides", "")
        besides = int(text) if DIGITS.fullmatch(text) else None
        found = known.find_holder(request.store, request.POST.dict(), besides=besides)
        if found is None:
            return JsonResponse({"known": None})
        name, holder = found
        text = known.told_of(name, holder.name)
        url = self.object_url(holder)
        return JsonResponse({"known": {"text": text, "url": url, "open": _("Open")}})

    # Points

    def points_view(self, request: CockpitRequest, object_id: int, deed: str) -> HttpResponse:
        """Ask how many and why, show what will be, and do it when that is confirmed."""
        rights.require(request.actor, Resource.CUSTOMER, Access.MODIFY)
        rights.require(request.actor, Resource.POINT_TRANSFER, Access.MODIFY)
        if deed not in DEEDS:
            raise Http404(deed)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        return self.do_points(request, subject, DEEDS[deed])

    def do_points(
        self, request: CockpitRequest, subject: Customer, deed: PointsDeed
    ) -> HttpResponse:
        options: dict[str, Any] = {
            "store": request.store,
            "actor": request.actor,
            "instance": subject,
        }
        figures = balances.get_figures(subject.wallet_id, timezone.now())
        context: dict[str, Any] = {
            "deed": deed,
            "balance": figures.points,
            "cancel_url": self.object_url(subject),
        }
        form = deed.form(request.POST if request.method == "POST" else None, **options)
        if request.method == "POST" and "change" not in request.POST:
            if "confirmed" in request.POST:
                is_done, _result = form.submit()
                if is_done:
                    messages.success(request, self.points_done(subject, deed, form))
                    return HttpResponseRedirect(self.object_url(subject))
            elif form.is_valid() and form.fits(figures.points):
                context |= {"form": form, "after": form.balance_after(figures.points)}
                return self.render(
                    request, "cockpit/points_confirm.html", context, subject, deed.title
                )
        context["form"] = form
        return self.render(request, "cockpit/points.html", context, subject, deed.title)

    def points_done(self, subject: Customer, deed: PointsDeed, form: Any) -> str:
        figures = balances.get_figures(subject.wallet_id, timezone.now())
        return str(deed.done) % {
            "points": formats.points(form.cleaned_data["points"]),
            "name": subject.name,
            "balance": formats.points(figures.points),
        }

    # Rewards

    def reward_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Ask which reward, show what it means, and give it when that is confirmed (BUY-4…6)."""
        rights.require(request.actor, self.resource)
        rights.require(request.actor, Resource.REWARD_CAMPAIGN, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        form = GiveRewardForm(
            request.POST if request.method == "POST" else None,
            store=request.store,
            actor=request.actor,
            instance=subject,
        )
        context: dict[str, Any] = {"form": form, "cancel_url": self.object_url(subject)}
        title = _("Give a reward")
        if request.method == "POST" and "change" not in request.POST:
            if "confirmed" in request.POST:
                is_done, coupons = form.submit()
                if is_done:
                    return self.answer_given(request, subject, coupons)
            elif form.is_valid() and form.fits(
                balance := balances.get_figures(subject.wallet_id, timezone.now()).points
            ):
                context |= {"balance": balance, "after": balance - form.cost}
                context["warnings"] = form.warnings()
                return self.render(request, "cockpit/reward_confirm.html", context, subject, title)
        return self.render(request, self.form_template, context, subject, title)

    def answer_given(
        self, request: CockpitRequest, subject: Customer, coupons: list[Coupon]
    ) -> HttpResponse:
        """Say the code, for it is what the customer waits for, and show the coupon."""
        messages.success(
            request,
            _("%(customer)s has got %(reward)s: %(codes)s")
            % {
                "customer": subject.name,
                "reward": coupons[0].campaign_name,
                "codes": reward_forms.told(coupons),
            },
        )
        if len(coupons) == 1:
            return HttpResponseRedirect(
                reverse("admin:campaigns_coupon_change", args=[coupons[0].pk])
            )
        bought = reverse("admin:campaigns_coupon_changelist")
        return HttpResponseRedirect(f"{bought}?customer__id__exact={subject.pk}")

    # Status and level

    def block_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        question = Confirmation(
            title=_("Block customer"),
            texts=[
                _("Nobody can sign in as this customer, and purchases no longer find them."),
                _("Points and history stay. Activating undoes it."),
            ],
            done=_("%(name)s is blocked."),
            style="danger",
        )
        return self.do(request, object_id, question, customers.deactivate)

    def activate_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        question = Confirmation(
            title=_("Activate customer"),
            texts=[_("The customer can sign in, earn and spend points.")],
            done=_("%(name)s is active."),
        )
        return self.do(request, object_id, question, customers.activate)

    def remove_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        question = Confirmation(
            title=_("Delete customer"),
            texts=[
                _("Nobody can sign in as this customer any more, and lists leave them out."),
                _("Who they are and what they did is kept. It cannot be undone."),
            ],
            done=_("%(name)s is deleted."),
            style="danger",
        )
        return self.do(request, object_id, question, customers.delete)

    def anonymize_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        question = Confirmation(
            title=_("Anonymize customer"),
            texts=[
                _("Name, addresses, numbers and comments are overwritten everywhere, for ever."),
                _("Purchases, points and rewards stay, but nobody can tell whose they were."),
            ],
            # Without the name that was just forgotten.
            done=_("The customer is anonymized."),
            style="danger",
        )
        return self.do(request, object_id, question, forgetting.anonymize)

    def automatic_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        question = Confirmation(
            title=_("Level back to automatic"),
            texts=[
                _("The level was chosen by hand. From now on purchases decide it again, at once.")
            ],
            done=_("The level of %(name)s is automatic again."),
        )
        return self.do(request, object_id, question, levels.unassign)

    def level_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Put a customer into a level by hand; the form says what follows (LV-10)."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        options: dict[str, Any] = {
            "store": request.store,
            "actor": request.actor,
            "instance": subject,
        }
        form = LevelByHandForm(request.POST if request.method == "POST" else None, **options)
        if request.method == "POST":
            is_done, _result = form.submit()
            if is_done:
                messages.success(
                    request,
                    _("%(name)s is on the chosen level until you set it back to automatic.")
                    % {"name": subject.name},
                )
                return HttpResponseRedirect(self.object_url(subject))
        context = {"form": form, "cancel_url": self.object_url(subject)}
        return self.render(request, self.form_template, context, subject, _("Level by hand"))

    def events_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Show all that happened to a customer, a page at a time, newest first."""
        rights.require(request.actor, self.resource)
        rights.require(request.actor, Resource.POINT_TRANSFER)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        text = request.GET.get("before", "")
        is_number = text.isascii() and text.isdecimal() and len(text) < 19
        before = int(text) if is_number else None
        table, older = timeline.timeline_page(subject, before=before)
        context = {"table": table, "older": older, "is_older": before is not None}
        return self.render(
            request, "cockpit/customer_events.html", context, subject, _("What happened")
        )

    def password_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Make a temporary password and show it once, to be handed over; nothing keeps it."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        context: dict[str, Any] = {"cancel_url": self.object_url(subject)}
        if request.method == "POST":
            context["password"] = customers.issue_temporary_password(
                customer=subject, actor=request.actor
            )
        return self.render(
            request, "cockpit/new_password.html", context, subject, _("New password")
        )

    def data_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Hand over what is stored about a customer, once staff have said that they ask for it."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        if request.method == "POST":
            document = own_data.hand_over(customer=subject, actor=request.actor)
            options = {"ensure_ascii": False, "indent": 1}
            response = JsonResponse(document, json_dumps_params=options)
            response["Content-Disposition"] = f'attachment; filename="customer-{subject.uuid}.json"'
            return response
        question = Confirmation(
            title=_("Download data"),
            texts=[
                _("A JSON file of everything that is stored about the customer, for them."),
                _("The audit trail tells that you have taken it."),
            ],
            done="",
        )
        context = {"question": question, "cancel_url": self.object_url(subject)}
        return self.render(request, self.confirm_template, context, subject, question.title)

    def do(
        self, request: CockpitRequest, object_id: int, question: Confirmation, command: Command
    ) -> HttpResponse:
        """Run a command on a customer, once that is confirmed."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        subject.store = request.store
        return self.confirmed(
            request, subject, question, lambda: command(customer=subject, actor=request.actor)
        )
