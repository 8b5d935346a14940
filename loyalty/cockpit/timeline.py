"""What happened to one customer: purchases, points, levels and edits, from the event store."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.admin.customers import CustomerForm
from accounts.cockpit import formats, links, way_back
from accounts.cockpit.pages import Column, Table
from accounts.models import Customer, Level, Resource, Segment
from loyalty.core import coupon_codes
from loyalty.core.models import Event

EVENTS_SHOWN = 12
PAGE = 50

TITLES: Mapping[str, Any] = {
    "customer.registered": gettext_lazy("Registered"),
    "customer.activated": gettext_lazy("Activated"),
    "customer.activation_requested": gettext_lazy("Sent the way in once more"),
    "customer.code_requested": gettext_lazy("Asked for a code"),
    "customer.signed_in": gettext_lazy("Signed in"),
    "customer.deactivated": pgettext_lazy("of a customer", "Blocked"),
    "customer.deleted": pgettext_lazy("of a customer", "Deleted"),
    "customer.anonymized": gettext_lazy("Anonymized"),
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
    "points.expiring_soon": gettext_lazy("Told of points that expire soon"),
    "level.expiring_soon": gettext_lazy("Told of a level that ends soon"),
    "transaction.assigned": gettext_lazy("Purchase"),
    "campaign.bought": gettext_lazy("Reward"),
    "campaign.usage_changed": gettext_lazy("Coupon used, or not after all"),
    "campaign.reward_redeemed": gettext_lazy("Asked for delivery"),
    "campaign.delivery_status_changed": gettext_lazy("Delivery"),
    "campaign.coupon_canceled": gettext_lazy("Coupon cancelled"),
    "campaign.coupon_expiring_soon": gettext_lazy("Told of a coupon that ends soon"),
    "campaign.became_available": gettext_lazy("Told of a reward to be had"),
    "campaign.returned": gettext_lazy("Coupon given back by a return"),
    "campaign.cashback_status_changed": gettext_lazy("Payout"),
    "invitation.created": gettext_lazy("Invited a friend"),
    "invitation.accepted": gettext_lazy("Came by an invitation"),
    "invitation.fulfilled": gettext_lazy("First purchase after an invitation"),
    "customer.added_to_segment": gettext_lazy("Came into a segment"),
    "customer.removed_from_segment": gettext_lazy("Left a segment"),
}
# What of a customer is changed elsewhere than in the form of the cockpit.
FIELDS: Mapping[str, Any] = {
    "address": gettext_lazy("Address"),
    "avatar": gettext_lazy("Picture"),
    "company": gettext_lazy("Company"),
    "created_at": gettext_lazy("Joined"),
    "password": gettext_lazy("Password"),
}
# Said by another line of the same moment.
SILENT = ("account.created",)
INCOMING = {"points.added", "points.unblocked", "points.reverted"}
STILL = {"points.unlocked"}


def timeline_table(customer: Customer) -> Table:
    """Return the latest events of a customer, and the way to all; three queries."""
    events = reverse("admin:accounts_customer_events", args=[customer.pk])
    url = way_back.onward(events, "accounts_customer")
    return _table(customer, events_of(customer)[:EVENTS_SHOWN], more=(url, _("All that happened")))


def timeline_page(customer: Customer, *, before: int | None) -> tuple[Table, int | None]:
    """
    Return a page of all events, newest first, and where the next, older one begins.

    `before`: the number of the last event of the page before; None: the newest.
    """
    events = events_of(customer)
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events[: PAGE + 1])
    older = found[PAGE - 1].pk if len(found) > PAGE else None
    return _table(customer, found[:PAGE]), older


def events_of(customer: Customer) -> "QuerySet[Event]":
    found: QuerySet[Event] = Event.objects.filter(customer_id=customer.pk)
    return found.exclude(type__in=SILENT).order_by("-pk")


def _table(
    customer: Customer, events: Iterable[Event], more: tuple[str, Any] | None = None
) -> Table:
    levels = Level.objects.in_store(customer.store).prefetch_related("translations")
    names = {str(level.uuid): level.name for level in levels}
    segments = Segment.objects.in_store(customer.store).values_list("uuid", "name")
    names |= {str(uuid): name for uuid, name in segments}
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
                formats.figure(formats.points(amount_of(event.payload.get("active")))),
                points_figure(event),
            )
            for event in events
        ],
        empty=_("Nothing has happened yet."),
        more=more,
    )


def details_of(event: Event, names: Mapping[str, str]) -> Any:
    """Say in a few words what an event is about. `names`: of levels and segments, by id."""
    payload = event.payload
    if event.type == "customer.moved_to_level":
        return names.get(str(payload.get("levelId")), formats.EMPTY)
    if event.type.endswith("_segment"):
        return names.get(str(payload.get("segmentId")), formats.EMPTY)
    if event.type == "customer.updated":
        return ", ".join(field_labels(payload.get("fields") or ())) or formats.EMPTY
    if name := payload.get("campaignName"):
        return name
    if number := payload.get("documentNumber"):
        url = f"{reverse('admin:transactions_transaction_changelist')}?q={number}"
        return links.way_to(Resource.TRANSACTION, url, number)
    return coupon_codes.hidden_in(payload.get("comment") or "") or formats.EMPTY


def field_labels(names: Iterable[str]) -> list[str]:
    """Return what people call a customer's fields; what only the machine keeps is left out."""
    of_form = {name: field.label for name, field in CustomerForm.base_fields.items()}
    labels = {**of_form, **FIELDS}
    return [str(labels[name]) for name in names if name in labels]


def points_figure(event: Event) -> str:
    """Return by how much the event changed what can be spent, signed."""
    value = amount_of(event.payload.get("value"))
    if value is None or not event.type.startswith("points.") or event.type in STILL:
        return formats.figure(formats.EMPTY)
    is_received = event.payload.get("type") == "p2p_adding"
    is_in = is_received if event.type == "points.transferred" else event.type in INCOMING
    return formats.signed_figure(value if is_in else -value)


def amount_of(text: Any) -> Decimal | None:
    """Return an amount that a fact keeps as text; None for anything else."""
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None
