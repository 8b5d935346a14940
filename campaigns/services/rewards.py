"""Buy rewards. Source: BUY-1…11."""

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts.ledger import debits
from accounts.models import Customer
from campaigns import events as campaign_events
from campaigns.amounts import percentage_of
from campaigns.models import Coupon, CouponOrigin, RewardCampaign, RewardType
from campaigns.selectors import sales
from campaigns.services import issuing, one_statement
from campaigns.services.issuing import Order, Taken, Terms
from campaigns.services.refusals import (
    CouponValueTooLow,
    InvalidQuantity,
    InvalidTransaction,
    NotAllowed,
    NotBuyable,
    NotObtainable,
    Refused,
    TransactionRequired,
)
from loyalty.core import clock, events, locks
from loyalty.core.actors import SYSTEM, Actor, ActorKind
from loyalty.core.errors import NotFound
from loyalty.core.models import Store
from loyalty.core.services import audit

QUANTITY_MAX = 1000
ZERO = Decimal(0)


@locks.again_after_deadlock
def buy(
    *,
    campaign: RewardCampaign,
    customer: Customer,
    actor: Actor,
    quantity: int = 1,
    without_points: bool = False,
    transaction_uuid: UUID | None = None,
    now: datetime | None = None,
) -> list[Coupon]:
    """
    Buy a reward for a customer: `quantity` coupons or none, for points or, from staff, for nothing.

    Who acts decides: customers and sellers get only what is visible and meant for the customer
    (BUY-3, BUY-8); staff anything active (BUY-4). `without_points`, `transaction_uuid` (the sale
    that a percentage is of): staff only, from others they are ignored. A percentage is one coupon.
    Locks the customer and the wallet; of a limited reward, its count.

    :raises NotFound: not active, or not visible or not meant for the customer; of another store.
    :raises Refused: every other reason, each a class of `refusals`; nothing was written.
    """
    now = now or clock.now()
    if customer.store_id != campaign.store_id:
        raise NotFound
    is_free = without_points and actor.is_staff
    if quantity == 1 and not is_free and _is_open(campaign, actor, now):
        coupon = _buy_one(campaign, customer, actor, now)
        if coupon is not None:
            return [coupon]
    with transaction.atomic():
        return _buy(campaign, customer, actor, quantity, is_free, transaction_uuid, now)


def _is_open(campaign: RewardCampaign, actor: Actor, now: datetime) -> bool:
    """Can it be bought by what the caller read of it?"""
    return campaign.is_active_at(now) and (actor.is_staff or campaign.is_visible_at(now))


def _buy_one(
    campaign: RewardCampaign, customer: Customer, actor: Actor, now: datetime
) -> Coupon | None:
    """Buy a coupon in one statement, if nothing is out of the ordinary."""
    has_more = actor.kind != ActorKind.CUSTOMER or any(
        events.has_now_handlers(fact, customer.store)
        for fact in (campaign_events.BOUGHT, debits.SPENT)
    )
    with transaction.atomic() if has_more else nullcontext():
        coupon = one_statement.buy(
            campaign=campaign,
            customer=customer,
            issuer=actor.issuer,
            is_for_all=actor.is_staff,
            now=now,
        )
        if coupon is not None:
            _record(actor, campaign, customer, [coupon], now)
    return coupon


def _buy(
    campaign: RewardCampaign,
    customer: Customer,
    actor: Actor,
    quantity: int,
    is_free: bool,
    transaction_uuid: UUID | None,
    now: datetime,
) -> list[Coupon]:
    """Buy the long way: lock, decide, and find the reason for a refusal."""
    terms = issuing.lock_terms(
        store=customer.store, campaign_id=campaign.pk, customer_id=customer.pk
    )
    _refuse_hidden(terms, actor, now)
    _refuse_status(terms.customer)
    if not 1 <= quantity <= QUANTITY_MAX:
        raise InvalidQuantity
    if terms.campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
        return [_buy_percentage(terms, actor, transaction_uuid, now)]
    cost = ZERO if is_free else terms.campaign.cost_in_points
    coupons = issuing.issue(
        Order(
            terms=terms,
            codes=issuing.take_codes(terms, quantity),
            cost=cost,
            issuer=actor.issuer,
            holds_codes=not terms.campaign.is_single_coupon,
            now=now,
        )
    )
    _record(actor, terms.campaign, terms.customer, coupons, now)
    return coupons


def hand_out(
    *,
    campaign: RewardCampaign,
    customer: Customer,
    sale_uuid: UUID,
    gross_value: Decimal,
    now: datetime,
) -> Coupon:
    """
    Give the instant reward of a sale, at its cost (INS-1…4, ER-14). The customer is locked.

    Visibility does not count; limits and the customer's status do. The last codes of a pool that
    others are just taking count as gone: a sale waits for none, as it may hand out more than one.

    :raises Refused: inactive, not meant for the customer, too few points, no code left, worth
        nothing, a limit; nothing was written, and the caller's transaction goes on.
    """
    with transaction.atomic():
        terms = issuing.lock_terms(
            store=customer.store, campaign_id=campaign.pk, customer_id=customer.pk
        )
        if not terms.campaign.is_active_at(now) or not terms.is_targeted:
            raise NotObtainable
        _refuse_status(terms.customer)
        if terms.campaign.type in (RewardType.CASHBACK, RewardType.CUSTOM_CAMPAIGN_CODE):
            raise NotBuyable
        order = Order(
            terms=terms,
            codes=(),
            cost=terms.campaign.cost_in_points,
            issuer=SYSTEM.issuer,
            origin=CouponOrigin.INSTANT_REWARD,
            transaction_uuid=sale_uuid,
            now=now,
        )
        if terms.campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
            return _issue_percentage(order, gross_value)
        codes = issuing.take_codes(terms, 1, waits=False)
        holds = not terms.campaign.is_single_coupon
        [coupon] = issuing.issue(replace(order, codes=codes, holds_codes=holds))
        return coupon


def prepare_hand_outs(*, store: Store, campaign_uuids: Collection[str]) -> None:
    """
    Lock what hand-outs of these rewards in one transaction would lock one after the other.

    One alone makes no circle, and is left until it is handed out. The receivers' wallets are
    locked already.
    """
    if len(campaign_uuids) > 1:
        found = RewardCampaign.objects.in_store(store).filter(uuid__in=campaign_uuids)
        issuing.hold_counts(found.order_by().values_list("pk", flat=True))


def _refuse_hidden(terms: Terms, actor: Actor, now: datetime) -> None:
    campaign = terms.campaign
    if campaign.type in (RewardType.CASHBACK, RewardType.CUSTOM_CAMPAIGN_CODE):
        raise NotBuyable
    if not campaign.is_active_at(now):
        raise NotFound
    if not actor.is_staff and not (campaign.is_visible_at(now) and terms.is_targeted):
        raise NotFound


def _refuse_status(customer: Customer) -> None:
    """BUY-7."""
    if customer.status not in customer.store.settings.customer_statuses_spending:
        raise NotAllowed


def _buy_percentage(
    terms: Terms, actor: Actor, transaction_uuid: UUID | None, now: datetime
) -> Coupon:
    if transaction_uuid is None:
        raise TransactionRequired
    sale = sales.find_sale(terms.customer.store, transaction_uuid)
    if sale is None or sale.customer_id != terms.customer.pk:
        raise InvalidTransaction
    order = Order(
        terms=terms,
        codes=(),
        cost=ZERO,
        issuer=actor.issuer,
        transaction_uuid=sale.uuid,
        now=now,
    )
    coupon = _issue_percentage(order, sale.gross_value)
    _record(actor, terms.campaign, terms.customer, [coupon], now)
    return coupon


def _issue_percentage(order: Order, gross_value: Decimal) -> Coupon:
    percent = order.terms.campaign.transaction_percentage_value
    assert percent is not None, "A percentage campaign has its percentage."
    value = percentage_of(gross_value, percent)
    if value <= 0:
        raise CouponValueTooLow
    issuing.count(order.terms, 1)
    codes = [Taken(str(value))]
    [coupon] = issuing.issue(replace(order, codes=codes, extra={"percentage": percent}))
    return coupon


def _record(
    actor: Actor,
    campaign: RewardCampaign,
    customer: Customer,
    coupons: list[Coupon],
    now: datetime,
) -> None:
    """Staff and sellers act for others: that goes to the audit trail."""
    if actor.kind == ActorKind.CUSTOMER:
        return
    audit.record(
        actor,
        store=customer.store,
        event_type="BuyCampaign",
        entity_type="Campaign",
        entity_id=campaign.uuid,
        data={
            "customerId": str(customer.uuid),
            "coupons": [str(coupon.uuid) for coupon in coupons],
            "costInPoints": str(coupons[0].cost_in_points),
        },
        now=now,
    )


__all__ = ["Refused", "buy", "hand_out", "prepare_hand_outs"]
