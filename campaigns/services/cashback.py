"""Turn points into money. Source: CSH-1…8."""

import logging
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.ledger.models import Posting
from accounts.models import Customer, SegmentMembership
from accounts.services import customer_locks, points
from campaigns import events
from campaigns.amounts import cashback_of
from campaigns.models import Coupon, CouponStatus, PayoutStatus, RewardCampaign, RewardType
from campaigns.providers import Answer
from campaigns.services import issuing
from campaigns.services.issuing import Order, Taken
from campaigns.services.refusals import NotAllowed, Refused
from loyalty.core import clock
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import NotFound
from loyalty.core.models import Store
from loyalty.core.services import audit

logger = logging.getLogger(__name__)

ZERO = Decimal(0)


class CashbackNotAvailable(Refused):
    """Cashback not available"""

    code = "cashback_not_available"


class CashbackNotValid(Refused):
    """Cashback not valid"""

    code = "cashback_not_valid"


class InvalidPoints(Refused):
    """This value should be greater than 0"""

    code = "invalid_points"
    field = "points"


@dataclass(frozen=True)
class Quote:
    """What points are worth, and by which cashback campaign."""

    campaign: RewardCampaign
    points: Decimal
    point_value: Decimal
    reward_amount: Decimal


def simulate(
    *,
    customer: Customer,
    points: Decimal,
    campaign_uuid: UUID | None = None,
    now: datetime | None = None,
) -> Quote:
    """
    Return what points are worth by the best cashback open to a customer (CSH-2, CSH-4).

    Nothing is written, and the balance need not cover it. `campaign_uuid`: that one and no other.

    :raises CashbackNotAvailable: none is. :raises InvalidPoints: below 0.
    """
    if not points.is_finite() or points < 0:
        raise InvalidPoints("This value should be 0 or more")
    campaign = _best(customer, campaign_uuid, now or clock.now())
    value = campaign.point_value
    assert value is not None, "A cashback campaign has its point value."
    return Quote(campaign, points, value, cashback_of(points, value))


@transaction.atomic
def redeem(
    *,
    customer: Customer,
    points: Decimal,
    actor: Actor,
    campaign_uuid: UUID | None = None,
    point_value: Decimal | None = None,
    reward_amount: Decimal | None = None,
    now: datetime | None = None,
) -> tuple[Quote, Coupon]:
    """
    Spend points for money (CSH-5). With a provider the payout is asked for after commit (CSH-7).

    `point_value`, `reward_amount`: what the caller was shown; refused where it does not hold any
    more (CSH-6). Locks the customer and the wallet.

    :raises CashbackNotAvailable, CashbackNotValid, NotEnoughPoints, NotAllowed, InvalidPoints:
        nothing was written.
    """
    now = now or clock.now()
    if not points.is_finite() or points <= 0:
        raise InvalidPoints
    chosen = _best(customer, campaign_uuid, now)
    terms = issuing.lock_terms(store=customer.store, campaign_id=chosen.pk, customer_id=customer.pk)
    if not terms.campaign.is_active_at(now) or not terms.is_targeted:
        raise CashbackNotAvailable
    if terms.customer.status not in customer.store.settings.customer_statuses_spending:
        raise NotAllowed
    value = terms.campaign.point_value
    assert value is not None, "A cashback campaign has its point value."
    quote = Quote(chosen, points, value, cashback_of(points, value))
    if point_value not in (None, quote.point_value):
        raise CashbackNotValid
    if reward_amount not in (None, quote.reward_amount):
        raise CashbackNotValid
    issuing.count(terms, 1)
    provider = terms.campaign.cashback_provider
    [coupon] = issuing.issue(
        Order(
            terms=terms,
            codes=[Taken("")],
            cost=points,
            issuer=actor.issuer,
            now=now,
            extra={
                "point_value": value,
                "reward_amount": quote.reward_amount,
                "cashback_provider": provider,
                "payout_status": PayoutStatus.REQUESTED if provider else "",
                # CPN-6: whatever days the campaign may have.
                "status": CouponStatus.ACTIVE,
                "active_since": None,
                "active_to": None,
            },
        )
    )
    _record(actor, quote, coupon, now)
    return quote, coupon


@transaction.atomic
def settle_payout(
    *, store: Store, provider: str, answer: Answer, now: datetime | None = None
) -> Coupon:
    """
    Note what a provider says of a payout; one that failed gives the points back (CSH-7).

    The caller has verified the signature. A repeated answer, and one that comes after the last
    word, changes nothing; of a cashback that staff cancelled only that it was paid all the same is
    noted. Locks the customer where levels follow points, then the coupon, then the customer's
    wallet.

    :raises NotFound: the store has no such cashback with this provider.
    """
    now = now or clock.now()
    named = Coupon.objects.in_store(store).filter(
        uuid=answer.coupon_uuid,
        customer__uuid=answer.customer_uuid,
        campaign_type=RewardType.CASHBACK,
        cashback_provider=provider,
    )
    # Whose coupon it is never changes. Before it, as everywhere: points that come back may move
    # its customer to another level.
    customer_locks.lock_for_points(store, named.values_list("customer_id", flat=True))
    locked = named.select_for_update(of=("self",), no_key=True).select_related(
        "campaign", "customer__store"
    )
    coupon: Coupon | None = locked.first()
    if coupon is None:
        raise NotFound
    coupon.store = store
    is_paid_all_the_same = coupon.payout_status == PayoutStatus.CANCELLED and answer.is_paid
    is_awaited = coupon.payout_status == PayoutStatus.REQUESTED and answer.is_paid is not None
    if not (is_awaited or is_paid_all_the_same):
        return coupon
    coupon.payout_message = answer.message[:255]
    coupon.payout_status = PayoutStatus.PAID if answer.is_paid else PayoutStatus.FAILED
    if not answer.is_paid:
        coupon.status = CouponStatus.CANCELLED
        coupon.cancelled_at = now
        assert coupon.posting_uuid is not None, "Cashback always costs points."
        posting = Posting.objects.in_store(store).get(uuid=coupon.posting_uuid)
        points.revert(store=store, posting=posting, now=now)
    coupon.save(update_fields=["payout_status", "payout_message", "status", "cancelled_at"])
    events.cashback_status_changed(coupon, now=now)
    logger.info("Payout of coupon %s: %s", coupon.pk, coupon.payout_status)
    return coupon


def _record(actor: Actor, quote: Quote, coupon: Coupon, now: datetime) -> None:
    """Staff act for others: that goes to the audit trail."""
    if actor.kind == ActorKind.CUSTOMER:
        return
    audit.record(
        actor,
        store=coupon.store,
        event_type="RedeemCashback",
        entity_type="Campaign",
        entity_id=quote.campaign.uuid,
        data={
            "customerId": str(coupon.customer.uuid),
            "coupon": str(coupon.uuid),
            "points": audit.plain(quote.points),
            "rewardAmount": audit.plain(quote.reward_amount),
        },
        now=now,
    )


def _best(customer: Customer, campaign_uuid: UUID | None, now: datetime) -> RewardCampaign:
    """Return the open cashback with the highest point value; of equal ones the first (CSH-2)."""
    memberships = SegmentMembership.objects.filter(customer=customer, segment__is_active=True)
    segment_ids = list(memberships.values_list("segment_id", flat=True))
    target = Q(segment_ids__overlap=segment_ids) if segment_ids else Q(pk=None)
    if customer.level_id is not None:
        target |= Q(level_ids__contains=[customer.level_id])
    candidates = (
        RewardCampaign.objects.in_store(customer.store_id)
        .filter(target, type=RewardType.CASHBACK)
        .active_at(now)
        .order_by("-point_value", "pk")
    )
    if campaign_uuid is not None:
        candidates = candidates.filter(uuid=campaign_uuid)
    best: RewardCampaign | None = candidates.first()
    if best is None:
        raise CashbackNotAvailable
    return best
