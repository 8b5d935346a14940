"""
Chapter Event: the event store, under Open Loyalty's names.

Source: campaigns-people spec 13.5.
"""

from datetime import UTC, datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core import coupon_codes
from loyalty.core.actors import Actor
from loyalty.core.api import formats
from loyalty.core.api.views import OpenLoyaltyView
from loyalty.core.errors import NotFound
from loyalty.core.models import Event

PREFIX = "OpenLoyalty.Domain"

# Our facts → area and name there. Facts that the original did not know get a name in its manner.
NAMES = {
    "customer.registered": "User.CustomerWasRegistered",
    "customer.activated": "User.CustomerWasActivated",
    "customer.deactivated": "User.CustomerWasDeactivated",
    "customer.updated": "User.CustomerDetailsWereUpdated",
    "customer.signed_in": "User.CustomerWasLoggedIn",
    "customer.subscribed_to_newsletter": "User.NewsletterSubscription",
    "customer.moved_to_level": "User.CustomerWasMovedToLevel",
    "customer.added_to_segment": "Segment.CustomerAddedToSegment",
    "customer.removed_from_segment": "Segment.CustomerRemovedFromSegment",
    "customer.deleted": "User.CustomerWasDeleted",
    "customer.code_requested": "User.CustomerCodeWasRequested",
    "customer.activation_requested": "User.CustomerActivationWasRequested",
    "customer.anonymized": "User.CustomerWasAnonymized",
    "account.created": "Account.AccountWasCreated",
    "points.added": "Account.PointsWereAdded",
    "points.spent": "Account.PointsWereSpent",
    "points.transferred": "Account.PointsWereTransferred",
    "points.blocked": "Account.PointsWereBlocked",
    "points.unblocked": "Account.PointsWereUnblocked",
    "points.returned": "Account.PointsWereReturned",
    "points.expired": "Account.PointsTransferHasBeenExpired",
    "points.canceled": "Account.PointsTransferHasBeenCanceled",
    "points.unlocked": "Account.PointsTransferHasBeenUnlocked",
    "points.reset": "Account.PointsHasBeenReset",
    "points.expiring_soon": "Account.PointsWillExpire",
    "level.expiring_soon": "User.CustomerLevelWillExpire",
    "campaign.created": "Campaign.CampaignWasCreated",
    "campaign.updated": "Campaign.CampaignWasUpdated",
    "campaign.status_changed": "Campaign.CampaignActivityWasChanged",
    "campaign.pool_changed": "Campaign.CampaignCouponsWereChanged",
    "campaign.pool_low": "Campaign.CampaignCouponsRunOut",
    "campaign.bought": "User.CampaignWasBoughtByCustomer",
    "campaign.usage_changed": "User.CampaignUsageWasChanged",
    "campaign.reward_redeemed": "Campaign.RewardWasRedeemed",
    "campaign.coupon_canceled": "User.CampaignStatusWasChanged",
    "campaign.returned": "User.CampaignWasReturned",
    "campaign.delivery_status_changed": "Campaign.CampaignBoughtDeliveryStatusWasChanged",
    "campaign.cashback_status_changed": "Campaign.CampaignBoughtCashbackStatusWasChanged",
    "transaction.registered": "Transaction.TransactionWasRegistered",
    "transaction.assigned": "Transaction.CustomerWasAssignedToTransaction",
    "transaction.labels_changed": "Transaction.LabelsWereUpdated",
    "invitation.created": "User.InvitationWasCreated",
    "invitation.accepted": "User.CustomerWasAttachedToInvitation",
    "invitation.fulfilled": "User.PurchaseWasMadeForThisInvitation",
    "store.created": "Store.StoreWasCreated",
    "staff.created": "User.AdminWasCreated",
    "staff.updated": "User.AdminWasUpdated",
}

# Ids that come wrapped in an object, and the key in there.
WRAPPED = {
    "accountId": "accountId",
    "customerId": "customerId",
    "levelId": "levelId",
    "segmentId": "segmentId",
    "campaignId": "campaignId",
    "oldLevelId": "levelId",
    "futureLevelId": "levelId",
    "transactionId": "transactionId",
    "storeId": "storeId",
}
NUMBERS = {"value", "active", "points", "grossValue"}
DATES = {"createdAt", "purchaseDate", "expiresAt", "lockedUntil", "endsAt"}
OF_TRANSFER = {"value", "comment", "createdAt", "issuer", "type", "expiresAt", "lockedUntil"}


class Events(OpenLoyaltyView):
    is_global = True
    resource = "AUDIT"
    # In the order of their numbers, whatever `sort` says: who reads on goes by `fromId`.
    query = ("fromId", "perPage", "sort", "direction")

    def get(self, request: Request, **ids: str) -> Response:
        _, size = self.page()
        found = Event.objects.order_by("pk")
        if self.actor.store_ids is not None:
            found = found.filter(store_id__in=self.actor.store_ids)
        if (first := _number(request.query_params.get("fromId"))) is not None:
            # Who asks for what came since must not miss what is committed late.
            found = found.filter(pk__gte=first).settled()
        if str(request.query_params.get("direction", "")).upper() == "DESC":
            found = found.order_by("-pk")
        rows = [event_row(event, self.actor) for event in found[:size]]
        total = len(rows) if len(rows) < size else found.count()
        return Response({"events": rows, "total": total})


class EventDetails(OpenLoyaltyView):
    is_global = True
    resource = "AUDIT"

    def get(self, request: Request, *, event: int, **ids: str) -> Response:
        found = Event.objects.filter(pk=event).first()
        if found is None:
            raise NotFound
        if self.actor.store_ids is not None and found.store_id not in self.actor.store_ids:
            raise NotFound
        return Response(event_row(found, self.actor))


def event_row(event: Event, actor: Actor) -> dict[str, Any]:
    event.payload = coupon_codes.payload_for(actor, event.payload)
    return {
        "id": event.pk,
        # The aggregate's, as in the original: what the fact is about.
        "uuid": str(event.subject),
        "payload": payload_of(event),
        "type": type_of(event.type),
        # Misspelt in the original, and so are the clients.
        "recorderOn": _moment(event.recorded_at),
    }


def type_of(fact: str) -> str:
    area, name = NAMES.get(fact, "").partition(".")[::2]
    if not name:
        area, _, words = fact.partition(".")
        area, name = area.capitalize(), "".join(w.capitalize() for w in words.split("_"))
    return f"{PREFIX}.{area}.Event.{name}"


def payload_of(event: Event) -> dict[str, Any]:
    """Arrange a fact's plain values as the original prints them: wrapped ids, nested transfers."""
    plain = {key: _value(key, value) for key, value in event.payload.items()}
    payload: dict[str, Any] = {}
    if (transfer_id := plain.pop("pointsTransferId", None)) is not None:
        transfer: dict[str, Any] = {"id": {"pointsTransferId": transfer_id}}
        transfer |= {key: plain.pop(key) for key in list(plain) if key in OF_TRANSFER}
        transfer["canceled"] = event.type == "points.canceled"
        if "accountId" in plain:
            payload["accountId"] = {"accountId": plain.pop("accountId")}
        payload["pointsTransfer"] = transfer
    for key, value in plain.items():
        payload[key] = {WRAPPED[key]: value} if key in WRAPPED and value is not None else value
    if event.type == "customer.moved_to_level":
        payload["updateAt"] = _moment(event.recorded_at)
    return payload


def _value(key: str, value: Any) -> Any:
    """Turn texts that stand for amounts and moments into what they are on the wire."""
    if not isinstance(value, str):
        return value
    try:
        if key in NUMBERS:
            return formats.number_of_text(value)
        if key in DATES:
            return _moment(datetime.fromisoformat(value))
    except ValueError:
        return value
    return value


def _moment(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
