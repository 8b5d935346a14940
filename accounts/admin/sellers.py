"""Sellers: the people at the till."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.admin.segments import active_chip
from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.filters import PosFilter
from accounts.cockpit.forms import CommandForm, Section, choices_of
from accounts.cockpit.links import sign_ins_tool, till_tool
from accounts.cockpit.pages import Confirmation, EmptyState, Fact, Panel, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Pos, Resource, Seller
from accounts.services import sellers
from accounts.services.sellers import SellerData


class SellerForm(CommandForm):
    """A whole seller. An empty password keeps the one they have."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=255)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=255)
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=64, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "At least 8 characters, with a lowercase and an uppercase letter, a digit and a "
            "special character."
        ),
    )
    pos = forms.ChoiceField(label=gettext_lazy("Point of sale"))
    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: they cannot sign in at the till."),
    )
    may_transfer_points = forms.BooleanField(
        label=gettext_lazy("May add and spend points"), required=False
    )

    sections = (
        Section(gettext_lazy("Person"), ("first_name", "last_name", "email", "phone")),
        Section(gettext_lazy("Work"), ("pos", "is_active", "may_transfer_points")),
        Section(gettext_lazy("Sign-in"), ("password",)),
    )

    def initial_values(self) -> dict[str, Any]:
        seller: Seller | None = self.instance
        if seller is None:
            return {"is_active": True}
        names = ("first_name", "last_name", "email", "phone", "is_active", "may_transfer_points")
        return {name: getattr(seller, name) for name in names} | {"pos": str(seller.pos_id)}

    def prepare(self) -> None:
        field = self.fields["pos"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices_of(Pos.objects.in_store(self.store))
        self.fields["password"].required = self.instance is None
        if self.instance is not None:
            self.fields["password"].label = _("New password")

    def run(self, data: dict[str, Any]) -> Seller:
        pos = Pos.objects.in_store(self.store).get(pk=data["pos"])
        whole = SellerData(
            first_name=data["first_name"],
            last_name=data["last_name"],
            email=data["email"],
            phone=data["phone"],
            password=data["password"] or None,
            pos=pos,
            is_active=data["is_active"],
            may_transfer_points=data["may_transfer_points"],
        )
        if self.instance is None:
            return sellers.register(store=self.store, data=whole, actor=self.actor)
        return sellers.update(seller=self.instance, data=whole, actor=self.actor)


@admin.register(Seller)
class SellerAdmin(CockpitAdmin):
    resource = Resource.SELLER
    add_form = edit_form = SellerForm
    list_display = ("full_name", "email", "phone", "pos", "state", "last_login")
    list_filter = ("is_active", ("pos", PosFilter))
    list_select_related = ("pos",)
    search_fields = ("first_name__folded_contains", "last_name__folded_contains", "email", "phone")
    search_help_text = gettext_lazy("Name, e-mail or phone")
    ordering = ("last_name", "first_name", "pk")
    audit_type = "Seller"
    list_note = gettext_lazy("Sellers sign in at the till with their e-mail and password.")
    empty_state = EmptyState(
        gettext_lazy("No sellers yet"),
        gettext_lazy("Sellers sign in at the till of one point of sale."),
        "badge",
    )

    def changelist_view(
        self, request: CockpitRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"list_tools": [till_tool(request.store)], **(extra_context or {})}
        return super().changelist_view(request, extra)

    def get_references(self, request: HttpRequest) -> Any:
        # Those that were deleted have a name, but no page.
        return super().get_queryset(request)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).filter(is_deleted=False)

    @admin.display(description=gettext_lazy("Name"), ordering="last_name")
    def full_name(self, seller: Seller) -> str:
        return seller.name

    @admin.display(description=gettext_lazy("State"), ordering="is_active")
    def state(self, seller: Seller) -> str:
        return active_chip(seller.is_active)

    @admin.display(description=gettext_lazy("Last sign-in"), ordering="last_login_at")
    def last_login(self, seller: Seller) -> str:
        return formats.time_tag(seller.last_login_at) if seller.last_login_at else _("never")

    def tools(self, request: CockpitRequest, subject: Seller) -> Sequence[Tool]:
        tools = [till_tool(request.store), sign_ins_tool("seller", subject)]
        if self.may_modify(request):
            remove = self.object_url(subject, "remove")
            tools.append(Tool(_("Delete"), remove, "delete", "danger"))
        return tools

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.remove_view)
        return [
            path("<int:object_id>/remove/", view, name="accounts_seller_remove"),
            *super().get_urls(),
        ]

    def remove_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Delete a seller, once that is confirmed."""
        rights.require(request.actor, self.resource, Access.MODIFY)
        subject = self.get_found(request, str(object_id))
        question = Confirmation(
            title=_("Delete seller"),
            texts=[
                _("They can no longer sign in, and their e-mail address is free again."),
                _("What they have done stays. This cannot be undone."),
            ],
            done=_("%(name)s was deleted."),
            style="danger",
        )
        return self.confirmed(
            request,
            subject,
            question,
            lambda: sellers.delete(seller=subject, actor=request.actor),
            next_url=self.list_url(),
        )

    def panels(self, request: CockpitRequest, subject: Seller) -> Sequence[Panel]:
        return (
            Panel(
                _("Seller"),
                [
                    Fact(_("E-mail"), subject.email),
                    Fact(_("Phone"), subject.phone or formats.EMPTY),
                    Fact(_("Point of sale"), subject.pos),
                    Fact(_("State"), self.state(subject)),
                    Fact(
                        _("May move points"), _("Yes") if subject.may_transfer_points else _("No")
                    ),
                    Fact(_("Last sign-in"), self.last_login(subject)),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )
