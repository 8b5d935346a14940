"""Point types: the kinds of points of a store."""

from collections.abc import Sequence

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.segments import active_chip
from accounts.cockpit import formats
from accounts.cockpit.base import ReadOnlyAdmin
from accounts.cockpit.pages import EmptyState, Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.ledger.models import PointType
from accounts.models import Resource


@admin.register(PointType)
class PointTypeAdmin(ReadOnlyAdmin):
    resource = Resource.SETTINGS
    list_display = ("name", "key", "order", "figure_decimals", "figure_supply", "state")
    ordering = ("-is_default", "key")
    sortable_by = ("name",)
    empty_state = EmptyState(
        gettext_lazy("No point types"), gettext_lazy("A store opens with one."), "toll"
    )

    @admin.display(description=gettext_lazy("Spent"))
    def order(self, kind: PointType) -> str:
        return word(kind.get_spend_order_display())

    @admin.display(description=gettext_lazy("Decimals"))
    def figure_decimals(self, kind: PointType) -> str:
        return formats.figure(str(kind.decimals))

    @admin.display(description=gettext_lazy("Supply"))
    def figure_supply(self, kind: PointType) -> str:
        if kind.max_supply is None:
            return formats.figure(_("unlimited"))
        return formats.figure(formats.points(kind.max_supply))

    @admin.display(description=gettext_lazy("State"))
    def state(self, kind: PointType) -> str:
        if kind.is_default:
            return formats.chip(_("Default"), "info")
        return active_chip(kind.is_active)

    def panels(self, request: CockpitRequest, subject: PointType) -> Sequence[Panel]:
        return (
            Panel(
                _("Point type"),
                [
                    Fact(_("Name"), subject.name),
                    Fact(_("Key"), subject.key),
                    Fact(_("Spent"), self.order(subject)),
                    Fact(_("Decimals"), subject.decimals),
                    Fact(_("Supply"), self.figure_supply(subject)),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Id"), subject.uuid),
                ],
                note=_("Expiry and locks of the default points are in the store settings."),
            ),
        )
