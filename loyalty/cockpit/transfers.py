"""Points transfers as people read them."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.cockpit import formats
from loyalty.cockpit.models import PointsTransfer, TransferType

INCOMING = {TransferType.ADDING, TransferType.P2P_ADDING}


def list_of_wallet(wallet_id: int) -> "QuerySet[PointsTransfer]":
    """Return a customer's transfers, newest first."""
    rows: QuerySet[PointsTransfer] = PointsTransfer.objects.filter(
        wallet_id=wallet_id, is_transfer=True
    )
    return rows.select_related("posting").order_by("-created_at", "-id")


def url_of(transfer: PointsTransfer) -> str:
    return reverse("admin:cockpit_pointstransfer_change", args=[transfer.uuid])


def type_label(transfer: PointsTransfer) -> str:
    return _(str(TransferType(transfer.type).label))


def value_figure(transfer: PointsTransfer) -> str:
    sign = 1 if transfer.type in INCOMING else -1
    return formats.signed_figure(sign * transfer.value)


def state_of(transfer: PointsTransfer, now: datetime) -> str:
    """Return active, pending, expired or canceled, whatever the jobs have done so far (PA-3)."""
    if transfer.is_cancelled:
        return "canceled"
    if transfer.type not in INCOMING:
        return "active"
    if transfer.expired_at is not None:
        return "expired"
    if transfer.locked_until is not None and transfer.locked_until > now:
        return "pending"
    if transfer.expires_at is not None and transfer.expires_at <= now:
        return "expired"
    return "active"


def state_chip(transfer: PointsTransfer, now: datetime) -> str:
    words: dict[str, Any] = {
        "active": (_("Active"), "good"),
        "pending": (_("Pending"), "info"),
        "expired": (_("Expired"), "neutral"),
        "canceled": (_("Cancelled"), "bad"),
    }
    return formats.chip(*words[state_of(transfer, now)])
