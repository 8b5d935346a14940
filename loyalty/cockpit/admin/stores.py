"""Stores: the programs of this installation."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.admin.segments import active_chip
from accounts.cockpit import formats, rights
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Access, Resource
from loyalty.core.models import Store
from loyalty.core.services import stores


class NewStoreForm(CommandForm):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=64,
        help_text=gettext_lazy("Stands in the addresses of the API; fixed after creation."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        help_text=gettext_lazy("Three letters, such as EUR; fixed after creation."),
    )
    is_active = forms.BooleanField(label=pgettext_lazy("it is on", "Active"), required=False)

    sections = (Section(gettext_lazy("Store"), ("code", "name", "currency", "is_active")),)

    def initial_values(self) -> dict[str, Any]:
        return {"is_active": True}

    def run(self, data: dict[str, Any]) -> Store:
        return stores.create(**data, actor=self.actor)


class StoreForm(CommandForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: its tills, sellers and customers are turned away."),
    )

    sections = (Section(gettext_lazy("Store"), ("name", "is_active")),)

    def initial_values(self) -> dict[str, Any]:
        return {"name": self.instance.name, "is_active": self.instance.is_active}

    def run(self, data: dict[str, Any]) -> Store:
        return stores.update(store=self.instance, **data, actor=self.actor)


@admin.register(Store)
class StoreAdmin(CockpitAdmin):
    """The stores that are open to the person who looks."""

    resource = Resource.SETTINGS
    store_path = ""
    add_form = NewStoreForm
    edit_form = StoreForm
    list_display = ("code", "name", "currency", "state", "created")
    ordering = ("code",)
    audit_type = "Store"
    empty_state = EmptyState(
        gettext_lazy("No stores"), gettext_lazy("Each store is a program of its own."), "store"
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A store more is the installation's: who works in some only could not enter it.
        is_everywhere = request.actor.reaches_all_stores  # type: ignore[attr-defined]
        return is_everywhere and super().has_add_permission(request)

    def add_view(self, request: CockpitRequest, *args: Any, **options: Any) -> HttpResponse:
        rights.require(request.actor, self.resource, Access.MODIFY)
        rights.require_all_stores(request.actor)
        return super().add_view(request, *args, **options)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        reached = request.stores  # type: ignore[attr-defined]
        return super().get_queryset(request).filter(pk__in=[store.pk for store in reached])

    @admin.display(description=gettext_lazy("State"))
    def state(self, store: Store) -> str:
        return active_chip(store.is_active)

    @admin.display(description=gettext_lazy("Created"))
    def created(self, store: Store) -> str:
        return formats.time_tag(store.created_at)

    def panels(self, request: CockpitRequest, subject: Store) -> Sequence[Panel]:
        return (
            Panel(
                _("Store"),
                [
                    Fact(_("Code"), subject.code),
                    Fact(_("Currency"), subject.currency),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Created"), formats.time_tag(subject.created_at)),
                    Fact(_("Id"), subject.uuid),
                ],
                note=_("Code and currency were fixed when the store was created."),
            ),
        )
