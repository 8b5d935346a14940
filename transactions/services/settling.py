"""
Write what follows from many documents that have found their customers, by the same statements.

What `effects` does for one after the other, in its order; whoever registers documents or gives them
to customers by the many ends here. The documents are of different customers, so that none of them
depends on another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from accounts.ledger import amounts, supply
from accounts.ledger.models import WalletBalance
from accounts.models import Customer, LevelChangeReason
from accounts.selectors import qualifying
from accounts.services import level_moves, points, segment_members
from earning import engine
from earning.models import StoreEvent
from earning.services import awards, rule_sets
from loyalty.core.models import Store
from transactions.amounts import Amounts, count_sale, points_to_take_back
from transactions.models import Transaction
from transactions.selectors import points as points_selectors
from transactions.services import effects

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Settled:
    """A document and its locked customer. `sale`: what it returns; `found`: what a sale earns."""

    customer: Customer
    row: Transaction
    sale: Transaction | None
    found: engine.Evaluation | None


@dataclass(frozen=True, slots=True)
class Rare:
    """The customers, by key, of whom a sale, or any document, has more consequences than that."""

    of_sales: frozenset[int]
    of_anything: frozenset[int]


def goes_singly(store: Store) -> bool:
    """Tell whether each document may change what the next one gives, beyond its own customer."""
    return (
        qualifying.follows_points(store)
        or awards.hands_out_rewards(store)
        or supply.is_limited(store)
    )


def find_rare(store: Store, customers: Iterable[Customer], now: datetime) -> Rare:
    """
    Return who has to go the way of one: the invited, newcomers, those with something due.

    And those who may have earned as much as a wallet can count: one of them would refuse them all.
    """
    customers = list(customers)
    rules = rule_sets.get_rules(store)
    pays_first = StoreEvent.FIRST_PURCHASE.value in rules.occasions.events
    wallets = {customer.wallet_id: customer.pk for customer in customers}
    nearly_full = amounts.LARGEST_TOTAL - amounts.LARGEST
    due = WalletBalance.objects.filter(
        Q(next_due_at__lte=now) | Q(earned__gt=nearly_full), wallet__in=list(wallets)
    )
    return Rare(
        of_sales=frozenset(
            customer.pk
            for customer in customers
            if customer.invited_by_id is not None
            or (pays_first and not customer.transactions_count)
        ),
        of_anything=frozenset(wallets[pk] for pk in due.values_list("wallet_id", flat=True)),
    )


def settle_many(
    *,
    store: Store,
    settled: Sequence[Settled],
    returns: Mapping[int, Sequence[Transaction]],
    now: datetime,
) -> None:
    """
    Write totals, levels, points and segments that follow (TX-9).

    `returns`: the earlier returns of the sales that are returned, by the sale's key.
    """
    reasons: dict[Customer, LevelChangeReason] = {}
    priced, returned = [], []
    for one in settled:
        if one.found is not None:
            change = count_sale(Amounts.of(one.row))
            effects.count(one.customer, change, one.row, now, is_written=True)
            reasons[one.customer] = LevelChangeReason.PURCHASE
            priced.append(awards.Priced(one.customer, one.row.uuid, one.found))
        elif one.sale is not None:
            _count_return(one.customer, one.row, one.sale, returns.get(one.sale.pk, ()), now)
            reasons[one.customer] = LevelChangeReason.RETURN
            returned.append((one.customer, one.row, one.sale))
    if not reasons:
        return
    level_moves.reassess_many(customers=reasons, store=store, now=now)
    awards.award_many(store=store, priced=priced, now=now)
    _take_points_back(store, returned, now)
    segment_members.recheck_many(customers=list(reasons), store=store, now=now)


def _count_return(
    customer: Customer,
    document: Transaction,
    sale: Transaction,
    returns: Sequence[Transaction],
    now: datetime,
) -> None:
    earlier = [Amounts.of(other) for other in returns if other.customer_id == customer.pk]
    before = count_sale(Amounts.of(sale), earlier)
    after = count_sale(Amounts.of(sale), [*earlier, Amounts.of(document)])
    effects.count(customer, after - before, document, now, is_written=True)


def _take_points_back(
    store: Store, returned: Sequence[tuple[Customer, Transaction, Transaction]], now: datetime
) -> None:
    if not returned:
        return
    uuids = [sale.uuid for _customer, _document, sale in returned]
    earned = points_selectors.earned_by_sales(uuids, now)
    taken_back = points_selectors.taken_back_of_sales(uuids)
    decimals = rule_sets.get_rules(store).decimals
    orders = []
    for customer, document, sale in returned:
        if not earned.get(sale.uuid):
            continue
        amount = points_to_take_back(
            earned=earned[sale.uuid],
            taken_back=taken_back.get(sale.uuid, ZERO),
            sale_gross=abs(sale.gross_value),
            return_gross=abs(document.gross_value),
            decimals=decimals,
        )
        if amount:
            orders.append(
                points.TakeBack(
                    customer=customer,
                    sale_uuid=sale.uuid,
                    return_uuid=document.uuid,
                    amount=amount,
                )
            )
    points.take_back_many(store=store, orders=orders, now=now)
