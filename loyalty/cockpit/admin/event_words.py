"""What the facts of the event store say to people: what happened, about what, with which values."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.customers import STATUS_WORDS
from accounts.cockpit import formats
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import words
from accounts.cockpit.trail.words import Show, Subject
from accounts.models import CodePurpose, TransferType
from campaigns.models import CouponOrigin, CouponStatus, DeliveryStatus, PayoutStatus, RewardType
from loyalty.cockpit import timeline
from loyalty.core.models import AuditEntry, Event
from transactions.models import DocumentType

# A customer's own history says these in fewer words, because it is about nobody else.
TITLES: Mapping[str, Any] = {
    **timeline.TITLES,
    "customer.registered": gettext_lazy("Customer registered"),
    "customer.activated": gettext_lazy("Customer activated"),
    "customer.signed_in": gettext_lazy("Customer signed in"),
    "customer.deactivated": gettext_lazy("Customer blocked"),
    "customer.deleted": gettext_lazy("Customer deleted"),
    "customer.anonymized": gettext_lazy("Customer anonymised"),
    "customer.updated": gettext_lazy("Customer’s data changed"),
    "account.created": gettext_lazy("Account opened"),
    "transaction.registered": gettext_lazy("Document registered"),
    "transaction.assigned": gettext_lazy("Document given to a customer"),
    "transaction.labels_changed": gettext_lazy("Document’s labels changed"),
    "campaign.created": gettext_lazy("Reward added"),
    "campaign.updated": gettext_lazy("Reward changed"),
    "campaign.status_changed": gettext_lazy("Reward switched on or off"),
    "campaign.pool_changed": gettext_lazy("Reward’s codes changed"),
    "campaign.pool_low": gettext_lazy("Reward’s codes run out"),
    "campaign.bought": gettext_lazy("Reward bought"),
    "campaign.delivery_status_changed": gettext_lazy("Delivery moved on"),
    "campaign.cashback_status_changed": gettext_lazy("Payout moved on"),
    "password_reset.requested": gettext_lazy("New password asked for"),
    "staff.created": gettext_lazy("Staff user added"),
    "staff.updated": gettext_lazy("Staff user changed"),
    "store.created": gettext_lazy("Store added"),
}
# What a fact without a customer is about: by the beginning of its type, a field of ours.
_ABOUT = {
    "customer": "about_customer",
    "campaign": "about_campaign",
    "transaction": "about_transaction",
    "staff": "about_staff",
    "store": "about_store",
}
# What programs follow and nobody reads; and what a list need not say twice.
_UNREAD = frozenset({"accountId", "pointsTransferId", "couponId", "codeId", "resetId"})
_UNREAD |= {"storeId", "staffId", "invitationId", "createdAt", "newCouponId", "provider"}
_SAID_BY_A_LINK = {"campaignName": "campaignId", "documentNumber": "transactionId"}
_WHO = {
    "admin": gettext_lazy("Staff"),
    "api": gettext_lazy("Integrations"),
    "seller": gettext_lazy("Sellers"),
    "customer": gettext_lazy("Customers"),
    "system": gettext_lazy("The system"),
}


def title_of(event_type: str) -> str:
    """Return what happened; of a fact that this release does not know, its name."""
    return str(TITLES.get(event_type, event_type))


def types_like(text: str) -> list[str]:
    """Return the types that a text names, or whose words hold it in the reader's language."""
    wanted = text.casefold()
    return [
        name for name, title in TITLES.items() if wanted == name or wanted in str(title).casefold()
    ]


def entry_of(event: Event, payload: Mapping[str, Any], *, whole: bool = False) -> AuditEntry:
    """
    Return a fact in the shape of an audit entry, which the trail knows how to write; unsaved.

    Its first field is what the fact is about, where that has a page. `payload`: what the reader may
    see of the fact's. `whole`: with what only programs follow.
    """
    family = event.type.partition(".")[0]
    data: dict[str, Any] = {}
    if event.customer_id is not None:
        data["about_customer"] = str(event.customer_id)
    elif name := _ABOUT.get(family):
        data[name] = str(event.subject)
    told = {"customerId"} if event.customer_id is not None else set()
    if data:
        told |= {key for key, value in payload.items() if value in data.values()}
    if not whole:
        told |= _UNREAD | {key for key, value in payload.items() if value is False}
        told |= {key for key, link in _SAID_BY_A_LINK.items() if payload.get(link)}
    data |= {key: value for key, value in payload.items() if key not in told}
    return AuditEntry(event_type=event.type, entity_type=_kind(family), entity_id="", data=data)


def is_about_something(event: Event) -> bool:
    return event.customer_id is not None or event.type.partition(".")[0] in _ABOUT


def _kind(family: str) -> str:
    return f"Event {family}"


def _money(request: CockpitRequest) -> Show:
    currency = request.store.currency

    def write(value: Any) -> str:
        amount = timeline.amount_of(value)
        return str(value) if amount is None else formats.money(amount, currency)

    return write


def _fields(value: Any) -> str:
    known = timeline.field_labels([str(value)])
    return known[0] if known else str(value)


def _direction(value: Any) -> str:
    return {"up": _("Up"), "down": _("Down")}.get(str(value), str(value))


_LABELS: Mapping[str, Any] = {
    "about_customer": gettext_lazy("Customer"),
    "about_campaign": gettext_lazy("Reward"),
    "about_transaction": gettext_lazy("Document"),
    "about_staff": gettext_lazy("Staff user"),
    "about_store": gettext_lazy("Store"),
    "value": gettext_lazy("Points"),
    "change": gettext_lazy("Change of the balance"),
    "points": gettext_lazy("Points"),
    "active": gettext_lazy("Balance then"),
    "level_id": gettext_lazy("Level"),
    "old_level_id": gettext_lazy("Level before"),
    "future_level_id": gettext_lazy("Level then"),
    "segment_id": gettext_lazy("Segment"),
    "campaign_id": gettext_lazy("Reward"),
    "campaign_name": gettext_lazy("Reward’s name then"),
    "reward": gettext_lazy("Kind of reward"),
    "cost_in_points": gettext_lazy("Cost in points"),
    "transaction_id": gettext_lazy("Document"),
    "document_number": gettext_lazy("Document number"),
    "document_type": gettext_lazy("Kind of document"),
    "gross_value": gettext_lazy("Amount"),
    "returned_amount": gettext_lazy("Amount given back"),
    "purchase_date": gettext_lazy("Purchased"),
    "revised_transaction_id": gettext_lazy("Returned document"),
    "registered_by": gettext_lazy("Registered by"),
    "type": gettext_lazy("Type"),
    "issuer": gettext_lazy("Issued by"),
    "comment": gettext_lazy("Comment"),
    "expires_at": gettext_lazy("Expires"),
    "expiry_date": gettext_lazy("Day of expiry"),
    "locked_until": gettext_lazy("Locked until"),
    "ends_at": gettext_lazy("Ends"),
    "manually": gettext_lazy("By hand"),
    "remove_level_manually": gettext_lazy("Set back to automatic"),
    "direction": gettext_lazy("Direction"),
    "fields": gettext_lazy("What changed"),
    "was_new": gettext_lazy("For the first time"),
    "purpose": gettext_lazy("What for"),
    "number": gettext_lazy("Number"),
    "used": gettext_lazy("Used"),
    "free": gettext_lazy("Codes left"),
    "threshold": gettext_lazy("Warn below"),
    "delivery_status": gettext_lazy("Delivery"),
    "origin": gettext_lazy("How it came"),
    "referrer_id": gettext_lazy("Invited by"),
    "recipient_id": gettext_lazy("Who was invited"),
    "coupon_id": gettext_lazy("Coupon"),
    "new_coupon_id": gettext_lazy("New coupon"),
    "points_transfer_id": gettext_lazy("Points transfer"),
    "account_id": gettext_lazy("Account"),
    "invitation_id": gettext_lazy("Invitation"),
    "created_at": gettext_lazy("Created"),
}
_REFERENCES = {
    "about_customer": "Customer",
    "about_campaign": "Campaign",
    "about_transaction": "Transaction",
    "about_staff": "Admin",
    "about_store": "Store",
    "customer_id": "Customer",
    "referrer_id": "Customer",
    "recipient_id": "Customer",
    "level_id": "Level",
    "old_level_id": "Level",
    "future_level_id": "Level",
    "segment_id": "Segment",
    "campaign_id": "Campaign",
    "points_transfer_id": "PointsTransfer",
    "coupon_id": "Coupon",
    "new_coupon_id": "Coupon",
    "transaction_id": "Transaction",
    "revised_transaction_id": "Transaction",
}
_VALUES: Mapping[str, Show] = {
    "value": words.number,
    "change": words.number,
    "points": words.number,
    "cost_in_points": words.number,
    "locked_until": words.moment,
    "type": words.choices(TransferType),
    "issuer": words.choices(**_WHO),
    "registered_by": words.choices(**_WHO),
    "document_type": words.choices(DocumentType),
    "reward": words.choices(RewardType),
    "origin": words.choices(CouponOrigin),
    "delivery_status": words.choices(DeliveryStatus),
    "purpose": words.choices(CodePurpose),
    "fields": _fields,
    "direction": _direction,
}
# What the same name means elsewhere.
_LABELS_OF: Mapping[str, Mapping[str, Any]] = {
    "staff": {"active": gettext_lazy("Active")},
    "campaign": {"active": gettext_lazy("Active")},
}
_VALUES_OF: Mapping[str, Mapping[str, Show]] = {
    "points": {"active": words.number},
    "customer": {"status": words.choices(**STATUS_WORDS)},
    "campaign": {"status": words.choices(CouponStatus, PayoutStatus)},
}

words.register(
    {
        _kind(family): Subject(
            "",
            fields={**_LABELS, **_LABELS_OF.get(family, {})},
            values={**_VALUES, **_VALUES_OF.get(family, {})},
            references=_REFERENCES,
            prepared={"grossValue": _money, "returnedAmount": _money},
        )
        for family in {name.partition(".")[0] for name in TITLES}
    }
)
