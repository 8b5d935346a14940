"""
What counts for a customer's level, X: money spent or points earned. Source: LV 4.2, decision C4.

The amounts in points are SQL on a customer `c`, so that one customer's status and the job that
assesses a million of them count alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Customer
from loyalty.core import sql
from loyalty.core.models import Store
from loyalty.core.store_settings import DowngradeBase, DowngradeMode, StoreSettings, TierBasis


@dataclass(frozen=True, slots=True)
class Assessment:
    """
    What a customer's points say about their level.

    `amount`: X by the store's base. `earned`: the points earned since the last recalculation,
    whatever the base. The level and whether it was given by hand are as of the same moment.
    """

    level_id: int | None
    is_manual: bool
    amount: Decimal
    earned: Decimal


def follows_points(store: Store) -> bool:
    """Return whether the levels of a store follow points, and not purchases."""
    return store.settings.tier_assign_type == TierBasis.POINTS


def base_of(settings: StoreSettings) -> DowngradeBase:
    """Return which points count; a base is chosen for the mode `after_x_days` only."""
    if settings.level_downgrade_mode != DowngradeMode.AFTER_X_DAYS:
        return DowngradeBase.NONE
    return DowngradeBase(settings.level_downgrade_base)


def amount_of_purchases(customer: Customer) -> Decimal:
    """Return X on the `transactions` basis. Runs no query where the store is loaded."""
    settings = customer.store.settings
    if settings.exclude_delivery_costs_from_tier_assignment:
        return customer.transactions_amount_without_delivery - customer.amount_excluded_for_level
    return customer.transactions_amount - customer.amount_excluded_for_level


def assess_points(customer_id: int, *, store: Store, now: datetime) -> Assessment:
    """Return what counts for a customer's level on the `points` basis, by one query."""
    return assess_points_of([customer_id], store=store, now=now)[customer_id]


def assess_points_of(
    customer_ids: Sequence[int], *, store: Store, now: datetime
) -> dict[int, Assessment]:
    """Return the same for several customers, by one query for all of them."""
    arguments = {"customers": [*customer_ids], "store": store.pk, "now": now}
    rows = sql.read(ASSESS[base_of(store.settings)], arguments)
    return {row[0]: Assessment(*row[1:]) for row in rows}


_POINT_TYPE = "(select id from ledger_pointtype where store_id = %(store)s and is_default)"

# What can be spent now; locks and dates count as they stand at `now`, whatever the jobs have done.
_ACTIVE = f"""
coalesce((
    select sum(l.remaining - l.reserved) from ledger_lot l
    where l.wallet_id = c.wallet_id and l.point_type_id = {_POINT_TYPE} and l.is_open
        and (not l.is_locked or l.active_from <= %(now)s::timestamptz)
        and (l.expires_at is null or l.expires_at > %(now)s)
), 0)
"""  # noqa: S608  # the one thing put in is ours

# Earned since the last recalculation; what was granted at that very moment is counted before it.
_EARNED_SINCE = f"""
coalesce((
    select sum(l.amount) from ledger_lot l
    where l.wallet_id = c.wallet_id and l.point_type_id = {_POINT_TYPE} and l.origin = 'earned'
        and l.cancelled_at is null
        and (not l.is_locked or l.active_from <= %(now)s::timestamptz)
        and l.created_at <= %(now)s
        and (
            c.last_level_recalculation_at is null
            or l.created_at > c.last_level_recalculation_at
        )
), 0)
"""  # noqa: S608  # as above

# Earned in a lifetime, less what is still locked, less what returns were to take back: the full
# amount, also where it was spent already. A sale whose points were cancelled too loses them once.
_EARNED_EVER = f"""
coalesce((
    select b.earned from ledger_walletbalance b
    where b.wallet_id = c.wallet_id and b.point_type_id = {_POINT_TYPE}
), 0) - coalesce((
    select sum(l.remaining) from ledger_lot l
    where l.wallet_id = c.wallet_id and l.point_type_id = {_POINT_TYPE} and l.is_open
        and l.is_locked and l.active_from > %(now)s::timestamptz
), 0) - coalesce((
    select sum(least(sale.taken, (
        select coalesce(sum(l.amount), 0) from ledger_lot l
        where l.transaction_uuid = sale.uuid and l.wallet_id = c.wallet_id
            and l.origin = 'earned' and l.cancelled_at is null
    )))
    from (
        select p.revised_transaction_uuid as uuid, sum(p.requested_amount) as taken
        from ledger_posting p
        where p.from_wallet_id = c.wallet_id and p.kind = 'take_back'
            and p.point_type_id = {_POINT_TYPE}
        group by 1
    ) sale
), 0)
"""  # noqa: S608  # as above

AMOUNTS = {
    DowngradeBase.NONE: _EARNED_EVER,
    DowngradeBase.ACTIVE_POINTS: _ACTIVE,
    DowngradeBase.EARNED_POINTS: _EARNED_SINCE,
    DowngradeBase.EARNED_SINCE_LEVEL_CHANGE: _EARNED_SINCE,
}

ASSESS = {
    base: f"""
    select c.id, c.level_id, c.manually_assigned_level_id is not null, {amount}, {_EARNED_SINCE}
    from accounts_customer c 
    where c.id = any(%(customers)s::bigint[]) and c.store_id = %(store)s
    """  # noqa: S608  # as above
    for base, amount in AMOUNTS.items()
}
