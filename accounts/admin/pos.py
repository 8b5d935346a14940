"""Points of sale. The room of purchases registers their screen: it knows what they sold."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.models import Pos, Resource
from accounts.services import pos as pos_service
from accounts.services.pos import PosData

LOCATION = ("street", "address1", "address2", "postal", "city", "province", "country")
COORDINATES = ("lat", "long")


def place_field(label: Any, *, required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, max_length=255, required=required)


class CoordinateField(forms.CharField):
    """Degrees as text, with a point where people type a comma."""

    def to_python(self, value: Any) -> Any:
        return str(super().to_python(value)).replace(",", ".")


class PosForm(CommandForm):
    """A whole point of sale."""

    name = place_field(gettext_lazy("Name"))
    identifier = forms.CharField(
        label=gettext_lazy("Identifier"),
        max_length=255,
        help_text=gettext_lazy("Must equal the shop code that your till sends with each purchase."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea
    )
    street = place_field(gettext_lazy("Street"))
    address1 = place_field(gettext_lazy("Building"))
    address2 = place_field(gettext_lazy("Flat or unit"), required=False)
    postal = place_field(gettext_lazy("Post code"))
    city = place_field(gettext_lazy("City"))
    province = place_field(gettext_lazy("Province"))
    country = forms.CharField(
        label=gettext_lazy("Country"), max_length=255, help_text=gettext_lazy("Two letters: PL")
    )
    lat = CoordinateField(
        label=gettext_lazy("Latitude"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Degrees from −90 to 90, such as 51.1079"),
    )
    long = CoordinateField(
        label=gettext_lazy("Longitude"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Degrees from −180 to 180, such as 17.0385"),
    )

    sections = (
        Section(gettext_lazy("Point of sale"), ("name", "identifier", "description")),
        Section(gettext_lazy("Address"), LOCATION),
        Section(gettext_lazy("Coordinates"), COORDINATES),
    )

    def initial_values(self) -> dict[str, Any]:
        pos: Pos | None = self.instance
        if pos is None:
            return {}
        own: dict[str, Any] = {
            name: getattr(pos, name) for name in ("name", "identifier", "description")
        }
        return {**own, **pos.location}

    def run(self, data: dict[str, Any]) -> Pos:
        location = {key: data[key] for key in (*LOCATION, *COORDINATES) if data[key]}
        whole = PosData(
            name=data["name"],
            identifier=data["identifier"],
            description=data["description"],
            location=location,
        )
        if self.instance is None:
            return pos_service.create(store=self.store, data=whole, actor=self.actor)
        return pos_service.update(pos=self.instance, data=whole, actor=self.actor)


class PosAdmin(CockpitAdmin):
    resource = Resource.POS
    add_form = edit_form = PosForm
    list_display: tuple[str, ...] = ("name", "identifier", "city")
    search_fields = ("name__folded_contains", "identifier")
    search_help_text = gettext_lazy("Name or identifier")
    ordering = ("name", "pk")
    audit_type = "Pos"
    empty_state = EmptyState(
        gettext_lazy("No points of sale yet"),
        gettext_lazy("Add your shops, so that purchases, sellers and rules can name them."),
        "storefront",
    )

    @admin.display(description=gettext_lazy("City"))
    def city(self, pos: Pos) -> str:
        return pos.location.get("city") or formats.EMPTY

    def panels(self, request: CockpitRequest, subject: Pos) -> Sequence[Panel]:
        return (
            Panel(
                _("Point of sale"),
                [
                    Fact(_("Identifier"), subject.identifier),
                    Fact(_("Address"), address_line(subject.location) or formats.EMPTY),
                    Fact(_("Created"), formats.time_tag(subject.created_at)),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )


def address_line(address: dict[str, str]) -> str:
    """Return an address on one line, in the order in which it is written on a letter."""
    street = " ".join(
        address[key] for key in ("street", "address1", "address2") if address.get(key)
    )
    town = " ".join(address[key] for key in ("postal", "city") if address.get(key))
    parts = (street, town, address.get("province"), address.get("country"))
    return ", ".join(part for part in parts if part)
