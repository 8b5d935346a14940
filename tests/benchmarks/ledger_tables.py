"""Tables for the ledger's benchmarks: filled by the set, as no service would."""

import uuid

from django.db import connection

FLOOR_TABLES = """
create table if not exists floor_balance (wallet_id bigint primary key, amount numeric(20, 4));
create table if not exists floor_posting (
    id bigint generated always as identity primary key,
    wallet_id bigint not null, amount numeric(20, 4) not null,
    key varchar(255) not null unique, created_at timestamptz not null
)
"""

FLOOR = """
with posting as (
    insert into floor_posting (wallet_id, amount, key, created_at)
    values (%(wallet)s, %(amount)s, %(key)s, now())
    on conflict (key) do nothing returning amount
)
update floor_balance b set amount = b.amount + posting.amount
from posting where b.wallet_id = %(wallet)s
"""


def run(statement: str, **arguments: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments or None)


def analyze() -> None:
    """What autovacuum would have done by now: new statements are planned for real sizes."""
    run("analyze")
    run("checkpoint")


def open_wallets(count: int) -> list[tuple[int, int]]:
    """Open wallets with customers and floor balances; return (customer, wallet) numbers."""
    mark = uuid.uuid4().hex[:12]
    run(FLOOR_TABLES)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with store as (select id from core_store where code = 'DEFAULT'), wallet as (
                insert into ledger_wallet (uuid, store_id, kind, created_at)
                select ledger_uuid7(), store.id, 'customer', now()
                from store, generate_series(1, %(count)s)
                returning id, store_id
            ), balance as (
                insert into ledger_walletbalance
                    (wallet_id, point_type_id, active, pending, held, earned, spent, expired)
                select wallet.id, t.id, 0, 0, 0, 0, 0, 0
                from wallet join ledger_pointtype t using (store_id)
            ), floor as (
                insert into floor_balance select id, 0 from wallet
            )
            select id, store_id from wallet order by id
            """,
            {"count": count},
        )
        rows = cursor.fetchall()
    from accounts.models import Customer

    customers = Customer.objects.bulk_create(
        Customer(store_id=store, wallet_id=wallet, first_name="Bench", last_name=mark)
        for wallet, store in rows
    )
    return [(customer.pk, customer.wallet_id) for customer in customers]


def stock(lots: tuple[int, int], wallets: list[int]) -> None:
    """Give each wallet so many lots of so many points, as past earns."""
    count, amount = lots
    run(STOCK, wallets=wallets, count=count, amount=amount)


def fill(postings: int) -> None:
    """Write so many earns of the past, spent to the last point but for one lot in a hundred."""
    owners = open_wallets(postings // 100)
    wallets = [wallet for _, wallet in owners]
    run(STOCK, wallets=wallets, count=50, amount=10)
    # The other half are spends, each of a whole lot.
    run(
        """
        with lot as (
            update ledger_lot set remaining = 0, consumed = amount
            where wallet_id = any(%(wallets)s)
                and posting_id %% 50 <> 0
            returning id, store_id, wallet_id, point_type_id, amount, created_at
        ), posting as (
            insert into ledger_posting (
                uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
                requested_amount, captured_amount, system_unique_key, issuer, comment,
                effective_at, created_at
            )
            select ledger_uuid7(), l.store_id, l.point_type_id, l.wallet_id, w.id, 'spend',
                'captured', l.amount, l.amount, l.amount, 'filled:' || l.id, 'system', '',
                l.created_at, l.created_at
            from lot l join ledger_wallet w on w.store_id = l.store_id and w.kind = 'redemption'
            order by l.id
            returning id, system_unique_key, amount
        ), allocation as (
            insert into ledger_lotallocation (posting_id, lot_id, amount, state)
            select id, split_part(system_unique_key, ':', 2)::bigint, amount, 'consumed'
            from posting
        )
        update ledger_walletbalance b set active = b.active - s.amount, spent = b.spent + s.amount
        from (select wallet_id, sum(amount) as amount from lot group by 1) s
        where b.wallet_id = s.wallet_id
        """,
        wallets=wallets,
    )


STOCK = """
with issuance as (
    select w.id, w.store_id, t.id as point_type_id
    from ledger_wallet w join ledger_pointtype t using (store_id)
    where w.kind = 'issuance' and t.is_default
        and w.store_id = (select id from core_store where code = 'DEFAULT')
), posting as (
    insert into ledger_posting (
        uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
        requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
        created_at
    )
    select u, i.store_id, i.point_type_id, i.id, wallet, 'earn', 'captured', %(amount)s,
        %(amount)s, %(amount)s, 'stock:' || u, 'system', '', at, at
    from (
        select ledger_uuid7() as u, wallet, now() - number * interval '1 minute' as at
        from generate_series(1, %(count)s) number, unnest(%(wallets)s::bigint[]) wallet
        order by number
    ) s, issuance i
    returning id, store_id, point_type_id, to_wallet_id, amount, created_at
), lot as (
    insert into ledger_lot (
        uuid, store_id, wallet_id, point_type_id, posting_id, origin, amount, remaining, reserved,
        consumed, expired, cancelled, is_locked, active_from, expires_at, created_at
    )
    select ledger_uuid7(), store_id, to_wallet_id, point_type_id, id, 'earned', amount, amount,
        0, 0, 0, 0, false, created_at, now() + interval '1 year', created_at
    from posting
)
update ledger_walletbalance b
set active = b.active + s.amount, earned = b.earned + s.amount,
    next_due_at = now() + interval '1 year'
from (select to_wallet_id, sum(amount) as amount from posting group by 1) s
where b.wallet_id = s.to_wallet_id
"""
