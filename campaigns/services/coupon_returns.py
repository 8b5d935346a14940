"""
What a return does to coupons: those used on the sale come back, those it granted shrink.

Source: RET-1…9, TX-21, TX-22. Called by the room of purchases, in the return's transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.models import Customer
from campaigns import events
from campaigns.amounts import CENT, percentage_of
from campaigns.models import Coupon, CouponOrigin, CouponStatus, RewardType
from campaigns.selectors.sales import Sale
from campaigns.services import campaign_locks, issuing
from campaigns.services.issuing import Order, Taken
from loyalty.core.actors import SYSTEM

ZERO = Decimal(0)
FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Part:
    """So much of a used coupon is given back."""

    coupon: Coupon
    amount: Decimal


def sale_returned(
    *,
    customer: Customer,
    sale: Sale,
    return_uuid: UUID,
    returned: Decimal,
    returned_before: Decimal,
    now: datetime,
) -> list[Coupon]:
    """
    Give back what coupons were used on a sale, and replace those that it granted.

    `returned`: this return's gross value; `returned_before`: that of the earlier ones. Shares the
    locks of the rewards and locks the coupons; the customer is locked already. Returns the new
    coupons.
    """
    assert connection.in_atomic_block
    coupons = _lock_coupons(customer, sale)
    for coupon in coupons:
        coupon.customer, coupon.store = customer, customer.store
    total = returned + returned_before
    used = [coupon for coupon in coupons if coupon.used_for_transaction_uuid == sale.uuid]
    is_whole = total >= sale.gross_value
    parts = parts_of(used, sale.gross_value, returned=returned, is_whole=is_whole)
    new = [_give_back(part, customer, return_uuid, now) for part in parts]
    gross_left = max(ZERO, sale.gross_value - total)
    for coupon in coupons:
        if coupon.transaction_uuid == sale.uuid and _is_open(coupon, now):
            new.extend(_shrink(coupon, customer, gross_left, now))
    return new


def _lock_coupons(customer: Customer, sale: Sale) -> list[Coupon]:
    """Lock the percentages that a customer used on a sale, or that it granted."""
    concerned = Coupon.objects.in_store(customer.store_id).filter(
        Q(used_for_transaction_uuid=sale.uuid, is_used=True)
        | Q(
            transaction_uuid=sale.uuid,
            origin__in=(CouponOrigin.INSTANT_REWARD, CouponOrigin.REPLACEMENT),
        ),
        customer=customer,
        campaign_type=RewardType.PERCENTAGE_DISCOUNT_CODE,
    )
    campaign_ids = set(concerned.order_by().values_list("campaign_id", flat=True))
    if not campaign_ids:
        return []
    # Before the coupons, as whoever cancels one does. What is used on the sale from now on is used
    # after its return.
    campaign_locks.share(campaign_ids)
    locked = concerned.filter(campaign_id__in=campaign_ids).select_for_update(
        of=("self",), no_key=True
    )
    return list(locked.select_related("campaign").order_by("campaign_id", "pk"))


def parts_of(
    coupons: Sequence[Coupon], sale_gross: Decimal, *, returned: Decimal, is_whole: bool
) -> list[Part]:
    """
    Spread what comes back over the used coupons: those that end last first, then the smaller one.

    `is_whole`: nothing is left of the sale, so everything comes back (RET-3, RET-4, RET-5). Pure.
    """
    if is_whole or not sale_gross:
        parts = (Part(coupon, _open_amount(coupon)) for coupon in coupons)
        return [part for part in parts if part.amount > 0]
    total = sum((Decimal(coupon.code) for coupon in coupons), ZERO)
    # Multiplied first: a share such as 1.69 / 14 has no end, and what is cut off it is half a cent.
    left = (returned * total / sale_gross).quantize(CENT, rounding=ROUND_HALF_UP)
    return list(_spread(coupons, left))


def _spread(coupons: Sequence[Coupon], left: Decimal) -> Iterator[Part]:
    ordered = sorted(coupons, key=lambda c: (Decimal(c.code), c.pk))
    ordered.sort(key=lambda c: c.active_to or FOR_EVER, reverse=True)
    for coupon in ordered:
        amount = min(left, _open_amount(coupon))
        if amount > 0:
            yield Part(coupon, amount)
            left -= amount


def _open_amount(coupon: Coupon) -> Decimal:
    return Decimal(coupon.code) - coupon.returned_amount


def _is_open(coupon: Coupon, now: datetime) -> bool:
    is_over = coupon.status_at(now) in (CouponStatus.CANCELLED, CouponStatus.EXPIRED)
    return not coupon.is_used and not is_over


def _give_back(part: Part, customer: Customer, return_uuid: UUID, now: datetime) -> Coupon:
    """Issue what comes back as a new coupon; the original stays used (RET-6)."""
    original = part.coupon
    coupon = _issue_like(
        original,
        customer,
        f"{part.amount.normalize():f}",
        now,
        origin=CouponOrigin.RETURN,
        transaction_uuid=return_uuid,
    )
    original.returned_amount += part.amount
    original.save(update_fields=["returned_amount"])
    events.returned(original, coupon, now=now)
    return coupon


def _shrink(coupon: Coupon, customer: Customer, gross_left: Decimal, now: datetime) -> list[Coupon]:
    """Replace a granted coupon by a smaller one, or cancel it (RET-8, TX-22)."""
    assert coupon.percentage is not None
    value = percentage_of(gross_left, coupon.percentage)
    if value == Decimal(coupon.code):
        return []
    coupon.status = CouponStatus.CANCELLED
    coupon.cancelled_at = now
    coupon.save(update_fields=["status", "cancelled_at"])
    events.canceled(coupon, now=now)
    if value <= 0:
        return []
    smaller = _issue_like(
        coupon,
        customer,
        str(value),
        now,
        origin=CouponOrigin.REPLACEMENT,
        transaction_uuid=coupon.transaction_uuid,
        percentage=coupon.percentage,
    )
    return [smaller]


def _issue_like(
    original: Coupon, customer: Customer, code: str, now: datetime, **extra: Any
) -> Coupon:
    """Issue a coupon of the same campaign for nothing, with the original's dates. Not counted."""
    terms = issuing.lock_terms(
        store=customer.store, campaign_id=original.campaign_id, customer_id=customer.pk
    )
    since, to = original.active_since, original.active_to
    is_waiting = since is not None and since > now
    dates = {
        "status": CouponStatus.INACTIVE if is_waiting else CouponStatus.ACTIVE,
        "active_since": since,
        "active_to": to,
        "replaces_id": original.pk,
    }
    [coupon] = issuing.issue(
        Order(
            terms=terms,
            codes=[Taken(code)],
            cost=ZERO,
            issuer=SYSTEM.issuer,
            now=now,
            extra={**dates, **extra},
        )
    )
    return coupon
