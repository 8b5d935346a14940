"""
What happens to coupons in customers' hands: used, delivered, cancelled. Source: USE, DEL, CPN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import Customer
from campaigns import events
from campaigns.models import (
    CampaignTally,
    Coupon,
    CouponCode,
    CouponOrigin,
    CouponStatus,
    CustomerUsage,
    DeliveryStatus,
    PayoutStatus,
)
from campaigns.selectors import sales
from campaigns.selectors.sales import Sale
from campaigns.services import campaign_locks
from loyalty.core import clock
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.models import Store
from loyalty.core.services import audit

# A seller may take back for so long that they marked a coupon as used.
UNDO_TIME = timedelta(minutes=10)
ROWS_MAX = 1000


class CannotBeUsed(DomainError):
    """This coupon cannot be used."""

    code = "coupon_cannot_be_used"


class CannotBeUnused(DomainError):
    """Only staff can take back that a coupon was used."""

    code = "coupon_cannot_be_unused"


class GivenBack(DomainError):
    """A return has given this coupon back as a new one."""

    code = "coupon_given_back"


class UndoTooLate(DomainError):
    """Only the seller who marked it can take that back, for ten minutes."""

    code = "undo_too_late"


class UnknownSale(DomainError):
    """This customer has no such transaction."""

    code = "unknown_sale"


class NothingToMark(DomainError):
    """Name between 1 and 1000 coupons."""

    code = "no_coupons"


class NotCancellable(DomainError):
    """This coupon was used, or cancelled before."""

    code = "coupon_not_cancellable"


PAID_OUT = "This cashback was paid out."


class UnknownDeliveryStatus(DomainError):
    """This is no delivery status."""

    code = "unknown_delivery_status"
    field = "status"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One row of a call: the coupon is named by all of its keys, which must fit (USE-4)."""

    campaign_uuid: UUID
    customer_uuid: UUID
    coupon_uuid: UUID
    code: str
    is_used: bool
    transaction_uuid: UUID | None = None


@transaction.atomic
def mark(
    *, store: Store, marks: Sequence[Mark], actor: Actor, now: datetime | None = None
) -> list[Coupon]:
    """
    Mark coupons as used or, for staff, as unused again: all rows or none (USE-1…8).

    A customer marks only their own; a seller may undo their own mark for ten minutes. A sale that
    a coupon is used on is one of the coupon's customer: its return gives the coupon back to them,
    and then nobody can mark it as unused, too: it would be worth its amount twice. Locks the
    coupons in primary-key order.

    :raises NothingToMark, NotFound, UnknownSale, CannotBeUsed, CannotBeUnused, UndoTooLate,
        GivenBack: nothing was written.
    """
    now = now or clock.now()
    if not 1 <= len(marks) <= ROWS_MAX:
        raise NothingToMark
    found = _lock(store, [row.coupon_uuid for row in marks])
    named = {row.transaction_uuid for row in marks if row.is_used and row.transaction_uuid}
    known = sales.find_sales(store, named)
    coupons: list[Coupon] = []
    used: set[int] = set()
    for row in marks:
        coupon = found.get(row.coupon_uuid)
        if coupon is None or not _fits(coupon, row):
            raise NotFound
        if actor.kind == ActorKind.CUSTOMER and row.customer_uuid != actor.uuid:
            raise NotFound
        _check(coupon, row, actor, now, is_again=row.is_used and coupon.pk in used)
        if row.is_used:
            _check_sale(coupon, row, known)
            used.add(coupon.pk)
        coupons.append(coupon)
    for coupon, row in zip(coupons, marks, strict=True):
        _apply(coupon, row, actor, now)
    return coupons


def _lock(store: Store, uuids: Sequence[UUID]) -> dict[UUID, Coupon]:
    coupons = (
        Coupon.objects.in_store(store)
        .select_for_update(of=("self",), no_key=True)
        .select_related("campaign", "customer")
        .filter(uuid__in=set(uuids))
        .order_by("pk")
    )
    found = {coupon.uuid: coupon for coupon in coupons}
    for coupon in found.values():
        coupon.store = store
    return found


def _fits(coupon: Coupon, row: Mark) -> bool:
    return (
        coupon.campaign.uuid == row.campaign_uuid
        and coupon.customer.uuid == row.customer_uuid
        and coupon.code == row.code
    )


def _check(coupon: Coupon, row: Mark, actor: Actor, now: datetime, *, is_again: bool) -> None:
    if row.is_used:
        if is_again or not coupon.can_be_used_at(now):
            raise CannotBeUsed
    elif actor.kind == ActorKind.CUSTOMER:
        raise CannotBeUnused
    elif actor.kind == ActorKind.SELLER and not _may_undo(coupon, actor, now):
        raise UndoTooLate
    elif coupon.returned_amount:
        raise GivenBack


def _check_sale(coupon: Coupon, row: Mark, known: Mapping[UUID, Sale]) -> None:
    if row.transaction_uuid is None:
        return
    sale = known.get(row.transaction_uuid)
    if sale is None or sale.customer_id != coupon.customer_id:
        raise UnknownSale


def _may_undo(coupon: Coupon, seller: Actor, now: datetime) -> bool:
    return (
        coupon.used_by_seller_uuid is not None
        and coupon.used_by_seller_uuid == seller.uuid
        and coupon.used_at is not None
        and now <= coupon.used_at + UNDO_TIME
    )


def _apply(coupon: Coupon, row: Mark, actor: Actor, now: datetime) -> None:
    coupon.is_used = row.is_used
    coupon.used_at = now if row.is_used else None
    coupon.used_for_transaction_uuid = row.transaction_uuid if row.is_used else None
    is_seller = row.is_used and actor.kind == ActorKind.SELLER
    coupon.used_by_seller_uuid = actor.uuid if is_seller else None
    # The jobs may not have looked yet, and a used one they leave alone.
    coupon.status = coupon.status_at(now)
    coupon.delivery_status = DeliveryStatus.ORDERED if row.is_used else ""
    coupon.save(
        update_fields=[
            "is_used",
            "used_at",
            "used_for_transaction_uuid",
            "used_by_seller_uuid",
            "status",
            "delivery_status",
        ]
    )
    events.usage_changed(coupon, now=now)
    if row.is_used and coupon.campaign.has_fulfillment_tracking:
        events.redeemed(coupon, now=now)
    _record(actor, coupon, "UseCoupon" if row.is_used else "UnuseCoupon", now)


@transaction.atomic
def change_delivery(
    *,
    store: Store,
    customer: Customer,
    coupon_uuid: UUID,
    status: str,
    actor: Actor,
    now: datetime | None = None,
) -> Coupon:
    """
    Say where the delivery of a coupon stands; any status may follow any other (DEL-1…3).

    `status`: empty is none. :raises NotFound: this customer has no such coupon.
    :raises UnknownDeliveryStatus:
    """
    now = now or clock.now()
    if status and status not in DeliveryStatus.values:
        raise UnknownDeliveryStatus
    coupon = _lock(store, [coupon_uuid]).get(coupon_uuid)
    if coupon is None or coupon.customer_id != customer.pk:
        raise NotFound
    coupon.delivery_status = status
    coupon.save(update_fields=["delivery_status"])
    events.delivery_status_changed(coupon, now=now)
    _record(actor, coupon, "ChangeDeliveryStatus", now)
    return coupon


@transaction.atomic
def cancel(
    *,
    store: Store,
    coupon_uuid: UUID,
    actor: Actor,
    frees_code: bool = False,
    frees_limit: bool = False,
    now: datetime | None = None,
) -> Coupon:
    """
    Cancel a customer's coupon. Points are not given back here. Cashback is not asked for any more.

    `frees_code`: the code goes back to the pool, in its old place. `frees_limit`: the purchase does
    not count against the limits any more. Neither happens unless the staff member says so, nor for
    what a return gave back: that was never counted.

    :raises NotFound: the store has no such coupon. :raises NotCancellable: used, paid out, or
        cancelled.
    """
    now = now or clock.now()
    campaign_id = (
        Coupon.objects.in_store(store).filter(uuid=coupon_uuid).values_list("campaign_id").first()
    )
    if campaign_id is None:
        raise NotFound
    # Buyers of the reward count and take codes meanwhile in the same rows: keep them out.
    campaign_locks.lock_to_change(campaign_id[0])
    coupon = _lock(store, [coupon_uuid])[coupon_uuid]
    if coupon.is_used or coupon.status == CouponStatus.CANCELLED:
        raise NotCancellable
    if coupon.payout_status == PayoutStatus.PAID:
        raise NotCancellable(PAID_OUT)
    coupon.status = CouponStatus.CANCELLED
    coupon.cancelled_at = now
    is_payout_stopped = coupon.payout_status == PayoutStatus.REQUESTED
    if is_payout_stopped:
        coupon.payout_status = PayoutStatus.CANCELLED
    is_code_freed = frees_code and coupon.holds_code
    if is_code_freed:
        coupon.holds_code = False
    coupon.save(update_fields=["status", "cancelled_at", "holds_code", "payout_status"])
    is_limit_freed = frees_limit and coupon.origin != CouponOrigin.RETURN
    _free(coupon, code=is_code_freed, limit=is_limit_freed)
    events.canceled(coupon, now=now)
    if is_payout_stopped:
        events.cashback_status_changed(coupon, now=now)
    data: dict[str, object] = {"freesCode": is_code_freed, "freesLimit": is_limit_freed}
    _record(actor, coupon, "CancelCoupon", now, data)
    return coupon


def _free(coupon: Coupon, *, code: bool, limit: bool) -> None:
    """Put a cancelled coupon's code back into the pool, and take its purchase off the counts."""
    if code:
        assert coupon.pool_code_id is not None
        CouponCode.objects.filter(pk=coupon.pool_code_id).update(is_issued=False)
    is_customer_gone = limit and _uncount_customer(coupon)
    if code or limit:
        tally, _ = CampaignTally.objects.get_or_create(
            campaign_id=coupon.campaign_id, shard=0, defaults={"terms": coupon.campaign.terms}
        )
        # In the database: buyers count in the same row meanwhile.
        CampaignTally.objects.filter(pk=tally.pk).update(
            issued=F("issued") - int(code),
            used=F("used") - int(limit),
            customers=F("customers") - int(is_customer_gone),
        )


def _uncount_customer(coupon: Coupon) -> bool:
    """Count a customer's purchases one less; True: none is left, the next is their first again."""
    usage = CustomerUsage.objects.select_for_update(no_key=True).get(
        campaign_id=coupon.campaign_id, customer_id=coupon.customer_id
    )
    was_last = usage.used == 1
    usage.used = max(0, usage.used - 1)
    usage.save(update_fields=["used"])
    return was_last


def _record(
    actor: Actor,
    coupon: Coupon,
    event_type: str,
    now: datetime,
    data: dict[str, object] | None = None,
) -> None:
    if actor.kind == ActorKind.CUSTOMER:
        return
    told: dict[str, object] = {
        "customerId": str(coupon.customer.uuid),
        "campaignId": str(coupon.campaign.uuid),
    }
    audit.record(
        actor,
        store=coupon.store,
        event_type=event_type,
        entity_type="Coupon",
        entity_id=coupon.uuid,
        data=told | (data or {}),
        now=now,
    )
