"""One customer, from every room: balance, level, purchases, transfers, history, and what to do."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.admin.customers import CustomerAdmin, status_chip
from accounts.cockpit import formats, rights
from accounts.cockpit.pages import Confirmation, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Customer, CustomerStatus, Resource
from accounts.selectors import balances
from accounts.services import customers, levels
from loyalty.cockpit import customer_page
from loyalty.cockpit.points_forms import DEEDS, PointsDeed

Command = Callable[..., Customer]


@admin.register(Customer)
class CustomerPageAdmin(CustomerAdmin):
    """The customers' list and form, with the page that spans the rooms."""

    def page(self, request: CockpitRequest, subject: Customer) -> HttpResponse:
        now = timezone.now()
        subject.store = request.store
        context = {
            "customer": subject,
            "status": status_chip(subject.status),
            "page": customer_page.read(
                subject,
                now=now,
                sees_points=rights.may(request.actor, Resource.POINT_TRANSFER),
                sees_purchases=rights.may(request.actor, Resource.TRANSACTION),
            ),
            "may_move_points": self.may_move_points(request),
            "deeds": [(deed, self.deed_url(subject, name)) for name, deed in DEEDS.items()],
        }
        return self.render(request, "cockpit/customer.html", context, subject)

    def may_move_points(self, request: CockpitRequest) -> bool:
        """Moving points needs both rights, as on Open Loyalty's customer page."""
        return self.may_modify(request) and rights.may(
            request.actor, Resource.POINT_TRANSFER, Access.MODIFY
        )

    def deed_url(self, subject: Customer, deed: str) -> str:
        return reverse("admin:accounts_customer_points", args=[subject.pk, deed])

    def tools(self, request: CockpitRequest, subject: Customer) -> Sequence[Tool]:
        if not self.may_modify(request):
            return ()
        edit = Tool(_("Edit"), self.object_url(subject, "edit"), "edit")
        if subject.status == CustomerStatus.DELETED:
            return (edit,)
        is_active = subject.status == CustomerStatus.ACTIVE
        status = (
            Tool(_("Block"), self.object_url(subject, "block"), "block", "danger")
            if is_active
            else Tool(_("Activate"), self.object_url(subject, "activate"), "check")
        )
        password = Tool(_("New password"), self.object_url(subject, "password"), "key")
        return (edit, password, status)

    def answer_saved(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        messages.success(request, _("%(name)s was saved.") % {"name": subject.name})
        return HttpResponseRedirect(self.object_url(subject))

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_customer"
        return [
            path("<int:object_id>/edit/", wrap(self.edit_view), name=f"{name}_edit"),
            path(
                "<int:object_id>/points/<str:deed>/", wrap(self.points_view), name=f"{name}_points"
            ),
            path("<int:object_id>/block/", wrap(self.block_view), name=f"{name}_block"),
            path("<int:object_id>/password/", wrap(self.password_view), name=f"{name}_password"),
            path("<int:object_id>/activate/", wrap(self.activate_view), name=f"{name}_activate"),
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
        if form.instance is not None:
            context["cancel_url"] = self.object_url(form.instance)
        return context

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

    def automatic_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        question = Confirmation(
            title=_("Level back to automatic"),
            texts=[
                _("The level was chosen by hand. From now on purchases decide it again, at once.")
            ],
            done=_("The level of %(name)s is automatic again."),
        )
        return self.do(request, object_id, question, levels.unassign)

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
