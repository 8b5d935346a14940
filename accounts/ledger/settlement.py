"""
Write down what time has done: unlock the lots whose lock has ended, expire those that are due.

Every operation does it to the wallets that it locks, the jobs do it to all others. Readers need
neither: they count due lots out and unlocked ones in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from accounts.ledger import facts, sql

# Wallet → the customer whose history its facts belong to.
Owners = Mapping[int, int | None]


class Settled(NamedTuple):
    """How many lots a settlement has changed."""

    unlocked: int
    expired: int


def settle(owners: Owners, *, now: datetime) -> Settled:
    """
    Unlock, then expire, what is due in these wallets; return how many lots of each.

    The wallets are locked by the caller. Three statements, however many lots there are.
    Source: PA-3, PA-4, PE-8; a lot is due from its `expires_at` on.
    """
    arguments = _in_order(owners) | {"now": now}
    unlocked = sql.rows(UNLOCK, arguments)
    expired = sql.rows(EXPIRE, arguments)
    sql.rows(NEXT_DUE, arguments)
    facts.dispatch_written("points.unlocked", [row[0] for row in unlocked])
    facts.dispatch_written("points.expired", [row[0] for row in expired])
    return Settled(len(unlocked), len(expired))


def expire_lots(lot_ids: list[int], owners: Owners, *, now: datetime) -> None:
    """
    Expire what is free in these lots now, by hand: their date becomes `now` (PA-4, PA-6).

    Lots of which nothing is left expire without a posting; those whose date has passed keep it.
    The wallets are locked by the caller.
    """
    arguments = _in_order(owners) | {"lots": lot_ids, "now": now}
    expired = sql.rows(EXPIRE_BY_HAND, arguments)
    assert len(expired) == len(lot_ids)
    sql.rows(NEXT_DUE, arguments)
    facts.dispatch_written("points.expired", [row[0] for row in expired])


def _in_order(owners: Owners) -> dict[str, Any]:
    """Return wallets, ascending, and the customer of each at the same place of another array."""
    ordered = sorted(owners)
    return {"wallets": ordered, "customers": [owners[wallet] for wallet in ordered]}


def find_next_due(wallet_ids: list[int]) -> None:
    """Work out anew when something unlocks or expires next in these wallets."""
    sql.rows(NEXT_DUE, {"wallets": wallet_ids})


# A binary search in the ascending wallets: a join with them has no index to go by.
_CUSTOMER = """(%(customers)s::bigint[])[
        width_bucket(due.wallet_id, %(wallets)s::bigint[])
    ]"""

# Dates are compared so that no index on them serves: of all that is due in the store, these few
# wallets have next to nothing.
UNLOCK = """
with due as (
    update ledger_lot set is_locked = false
    where wallet_id = any(%(wallets)s::bigint[]) and is_open and is_locked
        and greatest(active_from, %(now)s) = %(now)s
    returning id, uuid, store_id, wallet_id, point_type_id, remaining, active_from
), balance as (
    update ledger_walletbalance b
    set pending = b.pending - s.total, active = b.active + s.total
    from (
        select wallet_id, point_type_id, sum(remaining) as total from due group by 1, 2
    ) s
    where b.wallet_id = s.wallet_id and b.point_type_id = s.point_type_id
)
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), due.store_id, 'points.unlocked', w.uuid, {customer},
    jsonb_build_object(
        'accountId', w.uuid, 'pointsTransferId', due.uuid,
        'value', trim_scale(due.remaining)::text, 'lockedUntil', due.active_from,
        'active', trim_scale(
            -- The balance as before this statement, and what it has unlocked up to here.
            b.active + sum(due.remaining) over (
                partition by due.wallet_id, due.point_type_id order by due.active_from, due.id
            )
        )::text
    ), %(now)s
from due
join ledger_wallet w on w.id = due.wallet_id
join ledger_walletbalance b
    on b.wallet_id = due.wallet_id and b.point_type_id = due.point_type_id
order by due.active_from, due.id
returning id
""".replace("{customer}", _CUSTOMER)

# What both kinds of expiry do to the lots that `due` names.
_EXPIRY = """
with due as (
    select id, uuid, store_id, wallet_id, point_type_id, remaining - reserved as free, expired,
        is_locked, {date} as expires_at
    from ledger_lot
    where {chosen}
), posting as (
    insert into ledger_posting (
        uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
        requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
        created_at, lot_id
    )
    select ledger_uuid7(), store_id, point_type_id, wallet_id,
        (select id from ledger_wallet x where x.store_id = due.store_id and x.kind = 'expiry'),
        'expire', 'captured', free, free, free,
        -- The total before makes the key new where a hold gives units back to an expired lot.
        'expire:' || uuid || ':' || trim_scale(expired), 'system', '', expires_at, %(now)s, id
    from due where free > 0 order by due.expires_at, due.id
), lot as (
    update ledger_lot l
    set remaining = l.remaining - due.free, expired = l.expired + due.free, is_locked = false,
        expires_at = due.expires_at, expired_at = coalesce(l.expired_at, %(now)s)
    from due where l.id = due.id
), balance as (
    update ledger_walletbalance b
    set active = b.active - s.active, pending = b.pending - s.pending,
        expired = b.expired + s.active + s.pending
    from (
        select wallet_id, point_type_id,
            coalesce(sum(free) filter (where not is_locked), 0) as active,
            coalesce(sum(free) filter (where is_locked), 0) as pending
        from due group by 1, 2
    ) s
    where b.wallet_id = s.wallet_id and b.point_type_id = s.point_type_id
)
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), due.store_id, 'points.expired', w.uuid, {customer},
    jsonb_build_object(
        'accountId', w.uuid, 'pointsTransferId', due.uuid,
        'value', trim_scale(due.free)::text, 'expiresAt', due.expires_at,
        'active', trim_scale(
            -- The balance as before this statement, less what it has expired up to here.
            b.active - sum(case when due.is_locked then 0 else due.free end) over (
                partition by due.wallet_id, due.point_type_id order by due.expires_at, due.id
            )
        )::text
    ), %(now)s
from due
join ledger_wallet w on w.id = due.wallet_id
join ledger_walletbalance b
    on b.wallet_id = due.wallet_id and b.point_type_id = due.point_type_id
order by due.expires_at, due.id
returning id
"""

EXPIRE = _EXPIRY.format(
    date="expires_at",
    chosen="wallet_id = any(%(wallets)s::bigint[]) and is_open and not is_locked"
    " and greatest(expires_at, %(now)s) = %(now)s and expires_at is not null",
    customer=_CUSTOMER,
)

EXPIRE_BY_HAND = _EXPIRY.format(
    # What a hold gives back after the lot's date follows it, and the date stays.
    date="least(expires_at, %(now)s::timestamptz)",
    chosen="id = any(%(lots)s)",
    customer=_CUSTOMER,
)

NEXT_DUE = """
update ledger_walletbalance b
set next_due_at = (
    select min(case when l.is_locked then l.active_from else l.expires_at end)
    from ledger_lot l
    where l.wallet_id = b.wallet_id and l.point_type_id = b.point_type_id and l.is_open
)
where b.wallet_id = any(%(wallets)s)
returning b.id
"""
