"""
What follows when a document has found its customer. Source: TX-9.

Registration and later assignment both end here, so that a purchase claimed a week later has the
effects that it would have had at the till.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection

from accounts.models import Customer, LevelChangeReason
from accounts.services import level_moves, points, segment_members, totals
from campaigns.selectors.sales import Sale
from campaigns.services import coupon_returns
from earning import engine
from earning.models import StoreEvent
from earning.services import awards, occasions, referrals, rule_sets
from transactions.amounts import Amounts, Totals, count_sale, points_to_take_back
from transactions.models import Transaction, TransactionItem
from transactions.selectors import points as points_selectors


def settle_sale(
    *,
    customer: Customer,
    sale: Transaction,
    items: Sequence[TransactionItem],
    now: datetime,
    is_counted: bool = False,
) -> None:
    """
    Count a sale that was just given to a locked customer: totals, level, points, invitation.

    `is_counted`: the statement that locked the customer has written their totals already.

    The points are those of the level and the segments that the customer held before (ER-7), and of
    the rules that held when the goods were bought (ER-3). The segments come last: what this
    purchase made of them counts from the next one on.
    """
    _check(customer, sale)
    level_before = customer.level_id
    referrals.lock_wallets(customer)
    if customer.transactions_count == 0:
        _pay_first_purchase(customer, now, is_counted=is_counted)
    count(customer, count_sale(Amounts.of(sale)), sale, now, is_written=is_counted)
    level_moves.reassess(customer=customer, reason=LevelChangeReason.PURCHASE, now=now)
    awards.award_purchase(
        customer=customer,
        purchase=purchase_of(sale, items),
        transaction_uuid=sale.uuid,
        level_id=level_before,
        now=now,
    )
    referrals.purchased(customer=customer, level_id=level_before, sale_uuid=sale.uuid, now=now)
    segment_members.recheck(customer=customer, now=now, is_after_purchase=True)


def settle_return(
    *, customer: Customer, document: Transaction, sale: Transaction, now: datetime
) -> None:
    """Count a return that was just given to the locked customer of its sale (TX-14…20, TX-24)."""
    _check(customer, document)
    assert sale.customer_id == customer.pk, "A return belongs to the buyer of its sale."
    given = list(sale.returns.filter(customer=customer).exclude(pk=document.pk))
    earlier = [Amounts.of(other) for other in given]
    before = count_sale(Amounts.of(sale), earlier)
    after = count_sale(Amounts.of(sale), [*earlier, Amounts.of(document)])
    count(customer, after - before, document, now)
    level_moves.reassess(customer=customer, reason=LevelChangeReason.RETURN, now=now)
    coupon_returns.sale_returned(
        customer=customer,
        sale=Sale(sale.uuid, customer.pk, abs(sale.gross_value)),
        return_uuid=document.uuid,
        returned=abs(document.gross_value),
        returned_before=sum((abs(other.gross_value) for other in given), Decimal(0)),
        now=now,
    )
    _take_points_back(customer, document, sale, now)
    segment_members.recheck(customer=customer, now=now, is_after_purchase=True)


def purchase_of(sale: Transaction, items: Sequence[TransactionItem]) -> engine.Purchase:
    """Translate a stored sale for the engine; its own list of delivery SKUs holds (TX-3)."""
    return engine.Purchase(
        lines=tuple(
            engine.Line(
                sku=item.sku,
                gross_value=item.gross_value,
                category=item.category,
                maker=item.maker,
                labels=frozenset((label["key"], label["value"]) for label in item.labels),
            )
            for item in items
        ),
        purchased_at=sale.purchased_at,
        pos_id=sale.pos_id,
        delivery_skus=frozenset(sale.excluded_delivery_skus),
    )


def _check(customer: Customer, document: Transaction) -> None:
    assert connection.in_atomic_block, "The customer is locked until everything is written."
    assert document.customer_id == customer.pk


def _pay_first_purchase(customer: Customer, now: datetime, *, is_counted: bool) -> None:
    """
    Pay for a first purchase before it counts: the level of the rules is the one held before.

    Returning it whole does not make the next purchase the first once more (ER-19, C13).
    """
    paid = occasions.happened(
        store=customer.store, customer_id=customer.pk, event=StoreEvent.FIRST_PURCHASE, now=now
    )
    if paid:
        # The points may have moved them to another level.
        customer.refresh_from_db(fields=["level", "version"])
        if is_counted:
            customer.version -= 1


def count(
    customer: Customer,
    change: Totals,
    document: Transaction,
    now: datetime,
    *,
    is_written: bool = False,
) -> None:
    totals.apply(
        customer=customer,
        count_change=change.count,
        amount=change.amount,
        amount_without_delivery=change.without_delivery,
        excluded_for_level=change.excluded_for_level,
        last_transaction_at=document.purchased_at,
        now=now,
        is_written=is_written,
    )


def _take_points_back(
    customer: Customer, document: Transaction, sale: Transaction, now: datetime
) -> None:
    earned = points_selectors.earned_by_sale(sale.uuid, now)
    if not earned:
        return
    amount = points_to_take_back(
        earned=earned,
        taken_back=points_selectors.taken_back_of_sale(sale.uuid),
        sale_gross=abs(sale.gross_value),
        return_gross=abs(document.gross_value),
        decimals=rule_sets.get_rules(customer.store).decimals,
    )
    if amount:
        points.take_back(
            customer=customer,
            sale_uuid=sale.uuid,
            return_uuid=document.uuid,
            amount=amount,
            now=now,
        )
