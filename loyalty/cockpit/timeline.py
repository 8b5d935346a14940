"""What happened to one customer: purchases, points, levels and edits, from the event store."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats
from accounts.cockpit.pages import Column, Table
from accounts.models import Customer, Level
from loyalty.core.models import Event

EVENTS_SHOWN = 12

TITLES: Mapping[str, Any] = {
    "customer.registered": gettext_lazy("Registered"),
    "customer.activated": gettext_lazy("Activated"),
    "customer.deactivated": gettext_lazy("Blocked"),
    "customer.updated": gettext_lazy("Data changed"),
    "customer.moved_to_level": gettext_lazy("Moved to another level"),
    "customer.subscribed_to_newsletter": gettext_lazy("Subscribed to the newsletter"),
    "points.added": gettext_lazy("Points added"),
    "points.spent": gettext_lazy("Points spent"),
    "points.transferred": gettext_lazy("Points sent or received"),
    "points.blocked": gettext_lazy("Points blocked"),
    "points.unblocked": gettext_lazy("Points released"),
    "points.returned": gettext_lazy("Points taken back"),
    "points.expired": gettext_lazy("Points expired"),
    "points.canceled": gettext_lazy("Points cancelled"),
    "points.unlocked": gettext_lazy("Points unlocked"),
    "points.reset": gettext_lazy("Points reset"),
    "points.reverted": gettext_lazy("Points given back"),
    "transaction.assigned": gettext_lazy("Purchase"),
}
# Said by another line of the same moment.
SILENT = ("account.created",)
INCOMING = {"points.added", "points.unblocked", "points.reverted"}
STILL = {"points.unlocked"}


def timeline_table(customer: Customer) -> Table:
    """Return the latest events of a customer, newest first; two queries."""
    events = Event.objects.filter(customer_id=customer.pk).exclude(type__in=SILENT)
    levels = Level.objects.in_store(customer.store).prefetch_related("translations")
    names = {str(level.uuid): level.name for level in levels}
    return Table(
        title=_("What happened"),
        columns=(
            Column(_("When")),
            Column(_("What")),
            Column(_("Details")),
            Column(_("Balance then"), is_figure=True),
            Column(_("Points"), is_figure=True),
        ),
        rows=[
            (
                formats.time_tag(event.recorded_at),
                TITLES.get(event.type, event.type),
                details_of(event, names),
                formats.figure(formats.points(_amount(event.payload.get("active")))),
                points_figure(event),
            )
            for event in events.order_by("-pk")[:EVENTS_SHOWN]
        ],
        empty=_("Nothing has happened yet."),
    )


def details_of(event: Event, level_names: Mapping[str, str]) -> Any:
    payload = event.payload
    if event.type == "customer.moved_to_level":
        return level_names.get(str(payload.get("levelId")), formats.EMPTY)
    if event.type == "customer.updated":
        return ", ".join(payload.get("fields") or ()) or formats.EMPTY
    if number := payload.get("documentNumber"):
        url = f"{reverse('admin:transactions_transaction_changelist')}?q={number}"
        return formats.link(url, number)
    return payload.get("comment") or formats.EMPTY


def points_figure(event: Event) -> str:
    """Return by how much the event changed what can be spent, signed."""
    value = _amount(event.payload.get("value"))
    if value is None or not event.type.startswith("points.") or event.type in STILL:
        return formats.figure(formats.EMPTY)
    is_received = event.payload.get("type") == "p2p_adding"
    is_in = is_received if event.type == "points.transferred" else event.type in INCOMING
    return formats.signed_figure(value if is_in else -value)


def _amount(text: Any) -> Decimal | None:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None
