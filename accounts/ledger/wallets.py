"""Open wallets, and lock them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.ledger import settlement, sql
from accounts.ledger.errors import PointTypeInactive
from accounts.ledger.models import PointType, SpendOrder, Wallet, WalletBalance, WalletKind
from loyalty.core.models import Store


@dataclass(frozen=True, slots=True)
class Holder:
    """
    A wallet, and the customer whose history its facts belong to. The ledger only files them.

    `store`: where the caller has it at hand, so that what happens after a fact need not read it.
    """

    wallet_id: int
    customer_id: int | None = None
    store: Store | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LockedBalance:
    """A wallet's balance of one point type, settled, and locked until the transaction ends."""

    wallet_id: int
    wallet_uuid: UUID
    store_id: int
    point_type_id: int
    decimals: int
    spend_order: SpendOrder
    max_supply: Decimal | None
    is_usable: bool
    active: Decimal
    pending: Decimal
    held: Decimal
    earned: Decimal
    next_due_at: datetime | None


def open_wallet(store: Store) -> Wallet:
    """Open a customer's wallet, with an empty balance of the store's default point type."""
    wallet = Wallet.objects.create(store=store, kind=WalletKind.CUSTOMER)
    point_type = PointType.objects.in_store(store).get(is_default=True)
    WalletBalance.objects.create(wallet=wallet, point_type=point_type)
    return wallet


def lock(wallets: Iterable[Wallet | int]) -> None:
    """
    Lock wallets until the transaction ends: whoever wants one of them waits.

    A command that touches several wallets in several steps locks them all here first. Every lock in
    the ledger is taken in the order of the wallets' primary keys, so two callers cannot deadlock.
    """
    numbers = sorted({wallet if isinstance(wallet, int) else wallet.pk for wallet in wallets})
    sql.rows(LOCK_ALL, {"wallets": numbers})


def lock_settled(
    holders: Sequence[Holder], *, now: datetime, point_type_id: int | None = None
) -> list[LockedBalance]:
    """
    Lock the balances of some wallets in primary-key order, and settle what is due in them.

    `point_type_id`: None means each store's default. Returns them in the order of `holders`.

    :raises PointTypeInactive: the point type is out of use.
    """
    found = _lock(holders, point_type_id)
    due = [
        holder
        for holder in holders
        if (at := found[holder.wallet_id].next_due_at) is not None and at <= now
    ]
    if due:
        settlement.settle({holder.wallet_id: holder.customer_id for holder in due}, now=now)
        found = _lock(holders, point_type_id)
    balances = [found[holder.wallet_id] for holder in holders]
    if not all(balance.is_usable for balance in balances):
        raise PointTypeInactive
    return balances


def _lock(holders: Sequence[Holder], point_type_id: int | None) -> dict[int, LockedBalance]:
    wallet_ids = [holder.wallet_id for holder in holders]
    if len(wallet_ids) == 1:
        # For a list PostgreSQL plans to meet many, and reads whole tables while they are small.
        rows = sql.rows(LOCK_ONE, {"wallet": wallet_ids[0], "point_type": point_type_id})
    else:
        rows = sql.rows(LOCK, {"wallets": wallet_ids, "point_type": point_type_id})
    if len(rows) < len(set(wallet_ids)):
        # The wallet's first points of this type.
        sql.rows(OPEN, {"wallets": wallet_ids, "point_type": point_type_id})
        rows = sql.rows(LOCK, {"wallets": wallet_ids, "point_type": point_type_id})
    assert len(rows) == len(set(wallet_ids)), f"No such wallet: {wallet_ids}"
    return {row[0]: LockedBalance(*row) for row in rows}


# The balance and not the wallet is locked: a lot's foreign key looks at the wallet's row. The lock
# is the last step, after the sort, so the rows are locked in that order.
LOCK = """
select b.wallet_id, w.uuid, w.store_id, b.point_type_id, t.decimals, t.spend_order, t.max_supply,
    t.is_active, b.active, b.pending, b.held, b.earned, b.next_due_at
from ledger_walletbalance b
join ledger_wallet w on w.id = b.wallet_id
join ledger_pointtype t on t.id = b.point_type_id
where b.wallet_id = any(%(wallets)s)
    and case when %(point_type)s::bigint is null
        then t.is_default else t.id = %(point_type)s::bigint end
order by b.wallet_id
for update of b
"""

LOCK_ONE = LOCK.replace("= any(%(wallets)s)", "= %(wallet)s::bigint")

LOCK_ALL = """
select b.id from ledger_walletbalance b
where b.wallet_id = any(%(wallets)s)
order by b.wallet_id, b.point_type_id
for update of b
"""

OPEN = """
insert into ledger_walletbalance
    (wallet_id, point_type_id, active, pending, held, earned, spent, expired)
select w.id, t.id, 0, 0, 0, 0, 0, 0
from ledger_wallet w join ledger_pointtype t on t.store_id = w.store_id
where w.id = any(%(wallets)s) and w.kind = 'customer'
    and case when %(point_type)s::bigint is null
        then t.is_default else t.id = %(point_type)s::bigint end
order by w.id
on conflict (wallet_id, point_type_id) do nothing
returning id
"""
