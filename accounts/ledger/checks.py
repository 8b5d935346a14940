"""
Prove the books: recompute every stored figure from the entries, and list what differs.

Set-wise, one statement per kind of figure, in one snapshot. Source: unified-vocabulary 6.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject`: what it is about, such as `wallet 12`. Amounts are None where there are none."""

    check: str
    subject: str
    stored: Decimal | None
    computed: Decimal | None

    def __str__(self) -> str:
        return f"{self.check}: {self.subject} has {self.stored}, but {self.computed} is right"


def find_differences() -> list[Difference]:
    """Return every difference, none where the books are right."""
    if connection.in_atomic_block:
        return list(_run_all())
    with transaction.atomic(), connection.cursor() as cursor:
        # One moment for all statements, however long they take and whoever writes meanwhile.
        cursor.execute("set transaction isolation level repeatable read, read only")
        return list(_run_all())


def _run_all() -> Iterator[Difference]:
    for statement in STATEMENTS:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            for row in cursor.fetchall():
                yield Difference(*row)


WALLETS = """
with entry as (
    select wallet_id, point_type_id, sum(amount) as total from ledger_entry group by 1, 2
), lot as (
    select wallet_id, point_type_id, sum(remaining) as remaining, sum(reserved) as reserved,
        sum(remaining - reserved) filter (where is_open and not is_locked) as active,
        sum(remaining) filter (where is_open and is_locked) as pending,
        sum(amount) filter (where origin = 'earned' and cancelled_at is null) as earned,
        sum(consumed) as consumed, sum(expired) as expired,
        min(case when is_locked then active_from else expires_at end) filter (where is_open)
            as due_at
    from ledger_lot group by 1, 2
), held as (
    select from_wallet_id as wallet_id, point_type_id, sum(amount) as amount
    from ledger_posting where status = 'held' group by 1, 2
), compared as (
    select w.id, w.kind, t.id as point_type_id, t.max_supply,
        b.active + b.pending + b.held as total,
        coalesce(entry.total, 0) as entries, b.active, coalesce(lot.active, 0) as lots_active,
        b.pending, coalesce(lot.pending, 0) as lots_pending, b.held,
        coalesce(held.amount, 0) as holds, coalesce(lot.reserved, 0) as lots_reserved,
        coalesce(lot.remaining, 0) as lots_remaining, b.earned,
        coalesce(lot.earned, 0) as lots_earned, b.spent, coalesce(lot.consumed, 0) as lots_consumed,
        b.expired, coalesce(lot.expired, 0) as lots_expired, b.next_due_at, lot.due_at
    from ledger_wallet w
    join ledger_pointtype t on t.store_id = w.store_id
    left join ledger_walletbalance b on b.wallet_id = w.id and b.point_type_id = t.id
    left join entry on entry.wallet_id = w.id and entry.point_type_id = t.id
    left join lot on lot.wallet_id = w.id and lot.point_type_id = t.id
    left join held on held.wallet_id = w.id and held.point_type_id = t.id
)
select figure.name, 'wallet ' || id || ', point type ' || point_type_id, stored, computed
from compared cross join lateral (values
    ('balance and entries', kind = 'customer', total, entries),
    ('balance and lots', kind = 'customer', total, lots_remaining),
    ('active and lots', kind = 'customer', active, lots_active),
    ('pending and lots', kind = 'customer', pending, lots_pending),
    ('held and holds', kind = 'customer', held, holds),
    ('held and lots', kind = 'customer', held, lots_reserved),
    ('earned and lots', kind = 'customer', earned, lots_earned),
    ('spent and lots', kind = 'customer', spent, lots_consumed),
    ('expired and lots', kind = 'customer', expired, lots_expired),
    ('supply and entries', kind = 'issuance' and max_supply is not null, active, entries),
    -- A date later than the first thing due would hide it from the next debit.
    ('next due date and lots', due_at is not null, null,
        case when due_at < coalesce(next_due_at, 'infinity') then 1 end)
) as figure (name, applies, stored, computed)
where applies and stored is distinct from computed
order by id
"""

LOTS = """
with allocated as (
    select a.lot_id,
        sum(a.amount) filter (where a.state = 'reserved') as reserved,
        sum(a.amount) filter (where a.state = 'consumed' and p.kind <> 'revert') as consumed,
        sum(a.amount) filter (where a.state = 'consumed' and p.kind = 'revert') as reverted
    from ledger_lotallocation a join ledger_posting p on p.id = a.posting_id group by 1
), posted as (
    select lot_id, sum(amount) filter (where kind = 'expire') as expired,
        sum(amount) filter (where kind = 'cancel') as cancelled
    from ledger_posting where lot_id is not null group by 1
), renewed as (
    select parent_id as lot_id, sum(amount) as amount
    from ledger_lot where origin = 'returned' group by 1
), compared as (
    select l.id, l.reserved, coalesce(allocated.reserved, 0) as allocated_reserved,
        l.consumed, coalesce(allocated.consumed, 0) as allocated_consumed,
        l.expired, coalesce(posted.expired, 0) as posted_expired,
        l.cancelled, coalesce(posted.cancelled, 0) + coalesce(allocated.reverted, 0)
            + coalesce(renewed.amount, 0) as posted_cancelled,
        l.remaining, l.amount - l.consumed - l.expired - l.cancelled as left_over,
        case when l.cancelled_at is not null or l.expired_at is not null then l.remaining end
            as ended_remaining,
        case when l.cancelled_at is not null or l.expired_at is not null then l.reserved end
            as ended_reserved
    from ledger_lot l
    left join allocated on allocated.lot_id = l.id
    left join posted on posted.lot_id = l.id
    left join renewed on renewed.lot_id = l.id
)
select figure.name, 'lot ' || id, stored, computed
from compared cross join lateral (values
    ('reserved and allocations', reserved, allocated_reserved),
    ('consumed and allocations', consumed, allocated_consumed),
    ('expired and postings', expired, posted_expired),
    ('cancelled and postings', cancelled, posted_cancelled),
    ('remaining and parts', remaining, left_over),
    ('ended lots keep only what is held', ended_remaining, ended_reserved)
) as figure (name, stored, computed)
where stored is distinct from computed
order by id
"""

POSTINGS = """
with allocated as (
    select posting_id, sum(amount) filter (where state = 'reserved') as reserved,
        sum(amount) filter (where state in ('consumed', 'returned')) as taken
    from ledger_lotallocation group by 1
), made as (
    select posting_id, sum(amount) as amount from ledger_lot group by 1
), compared as (
    select p.id, p.kind, p.status, p.amount, p.captured_amount, r.kind as reverted_kind,
        coalesce(allocated.reserved, 0) as reserved, coalesce(allocated.taken, 0) as taken,
        coalesce(made.amount, 0) as made
    from ledger_posting p
    left join ledger_posting r on r.id = p.reverts_id
    left join allocated on allocated.posting_id = p.id
    left join made on made.posting_id = p.id
)
select figure.name, 'posting ' || id, stored, computed
from compared cross join lateral (values
    ('debit and allocations',
        kind in ('spend', 'transfer', 'take_back') and status in ('captured', 'reverted'),
        captured_amount, taken),
    ('hold and allocations', kind in ('spend', 'transfer', 'hold'),
        case status when 'held' then amount else 0 end, reserved),
    ('revert and allocations', kind = 'revert' and reverted_kind in ('earn', 'transfer'),
        captured_amount, taken),
    ('credit and lots', kind in ('earn', 'transfer') and status in ('captured', 'reverted'),
        captured_amount, made)
) as figure (name, applies, stored, computed)
where applies and stored is distinct from computed
order by id
"""

SUMS = """
select 'sum of all wallets', 'point type ' || point_type_id, sum(amount), 0
from ledger_entry group by point_type_id having sum(amount) <> 0 order by point_type_id
"""

# What a foreign key would refuse, where there is none.
REFERENCES = """
select 'wallets and point type of a posting', 'posting ' || p.id, null::numeric, null::numeric
from ledger_posting p
left join ledger_wallet f on f.id = p.from_wallet_id and f.store_id = p.store_id
left join ledger_wallet t on t.id = p.to_wallet_id and t.store_id = p.store_id
left join ledger_pointtype y on y.id = p.point_type_id and y.store_id = p.store_id
where f.id is null or y.id is null or (p.to_wallet_id is not null and t.id is null)
union all
select 'wallet, point type and posting of a lot', 'lot ' || l.id, null, null
from ledger_lot l
left join ledger_wallet w on w.id = l.wallet_id and w.store_id = l.store_id
left join ledger_pointtype t on t.id = l.point_type_id and t.store_id = l.store_id
left join ledger_posting p on p.id = l.posting_id and p.point_type_id = l.point_type_id
    and p.to_wallet_id = l.wallet_id
where w.id is null or t.id is null or p.id is null
union all
select 'posting and lot of an allocation', 'allocation ' || a.id, null, null
from ledger_lotallocation a
left join ledger_posting p on p.id = a.posting_id
left join ledger_lot l on l.id = a.lot_id
where p.id is null or l.id is null
"""

STATEMENTS = (WALLETS, LOTS, POSTINGS, SUMS, REFERENCES)
