"""
What the database itself refuses, the views of what is derived, and the functions of set-based runs.

Where a trigger has a WHEN clause, PostgreSQL calls the function for refused changes only, so the
statements of every day pay next to nothing.
"""

from django.db import migrations

REFUSALS = """
create function ledger_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'The ledger is append-only: % of % refused', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end $$;

create trigger ledger_posting_kept before delete on ledger_posting
    for each row execute function ledger_refuse();
create trigger ledger_lot_kept before delete on ledger_lot
    for each row execute function ledger_refuse();
create trigger ledger_lotallocation_kept before delete on ledger_lotallocation
    for each row execute function ledger_refuse();
create trigger ledger_walletbalance_kept before delete on ledger_walletbalance
    for each row execute function ledger_refuse();
create trigger ledger_wallet_kept before delete on ledger_wallet
    for each row execute function ledger_refuse();
create trigger ledger_pointtype_kept before delete on ledger_pointtype
    for each row execute function ledger_refuse();

-- A posting changes in two ways: held to captured (with its amount) or released, captured to
-- reverted. Everything else about it stays.
create trigger ledger_posting_append_only before update on ledger_posting
    for each row when (
        not (
            (old.status = 'held' and new.status = 'captured' and old.captured_amount is null)
            or (old.status = 'held' and new.status = 'released' and new.captured_amount is null)
            or (old.status = 'captured' and new.status = 'reverted'
                and new.captured_amount = old.captured_amount)
        )
        or (
            new.id, new.uuid, new.store_id, new.point_type_id, new.from_wallet_id,
            new.to_wallet_id, new.kind, new.amount, new.requested_amount, new.system_unique_key,
            new.issuer, new.comment, new.effective_at, new.created_at, new.transaction_uuid,
            new.revised_transaction_uuid, new.invitation_uuid, new.reverts_id, new.lot_id
        ) is distinct from (
            old.id, old.uuid, old.store_id, old.point_type_id, old.from_wallet_id,
            old.to_wallet_id, old.kind, old.amount, old.requested_amount, old.system_unique_key,
            old.issuer, old.comment, old.effective_at, old.created_at, old.transaction_uuid,
            old.revised_transaction_uuid, old.invitation_uuid, old.reverts_id, old.lot_id
        )
    ) execute function ledger_refuse();

create trigger ledger_lot_origin_kept before update on ledger_lot
    for each row when (
        (
            new.id, new.uuid, new.store_id, new.wallet_id, new.point_type_id, new.posting_id,
            new.parent_id, new.origin, new.amount, new.created_at, new.transaction_uuid
        ) is distinct from (
            old.id, old.uuid, old.store_id, old.wallet_id, old.point_type_id, old.posting_id,
            old.parent_id, old.origin, old.amount, old.created_at, old.transaction_uuid
        )
        or (old.cancelled_at is not null and new.cancelled_at is distinct from old.cancelled_at)
        or (old.expired_at is not null and new.expired_at is distinct from old.expired_at)
    ) execute function ledger_refuse();

-- reserved to consumed or released (a part of it, where the rest becomes a row of its own),
-- consumed to returned.
create trigger ledger_lotallocation_origin_kept before update on ledger_lotallocation
    for each row when (
        (new.id, new.posting_id, new.lot_id) is distinct from (old.id, old.posting_id, old.lot_id)
        or new.amount > old.amount
        or (new.amount < old.amount and old.state <> 'reserved')
        or not (
            (old.state = 'reserved' and new.state in ('consumed', 'released'))
            or (old.state = 'consumed' and new.state = 'returned')
        )
    ) execute function ledger_refuse();

create trigger ledger_wallet_origin_kept before update on ledger_wallet
    for each row when (
        (new.id, new.uuid, new.store_id, new.kind)
        is distinct from (old.id, old.uuid, old.store_id, old.kind)
    ) execute function ledger_refuse();
"""

NO_REFUSALS = """
drop trigger ledger_wallet_origin_kept on ledger_wallet;
drop trigger ledger_lotallocation_origin_kept on ledger_lotallocation;
drop trigger ledger_lot_origin_kept on ledger_lot;
drop trigger ledger_posting_append_only on ledger_posting;
drop trigger ledger_pointtype_kept on ledger_pointtype;
drop trigger ledger_wallet_kept on ledger_wallet;
drop trigger ledger_walletbalance_kept on ledger_walletbalance;
drop trigger ledger_lotallocation_kept on ledger_lotallocation;
drop trigger ledger_lot_kept on ledger_lot;
drop trigger ledger_posting_kept on ledger_posting;
drop function ledger_refuse();
"""

# RFC 9562, 5.7: 48 bits of milliseconds, version, variant, the rest random.
UUID7 = """
create function ledger_uuid7() returns uuid language sql volatile parallel safe as $$
    select encode(
        set_bit(set_bit(
            overlay(
                uuid_send(gen_random_uuid())
                placing substring(
                    int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3
                )
                from 1 for 6
            ), 52, 1), 53, 1),
        'hex')::uuid
$$;
"""

ENTRIES = """
create view ledger_entry as
    select 'd' || id as id, id as posting_id, from_wallet_id as wallet_id, point_type_id,
        -captured_amount as amount, effective_at
    from ledger_posting where captured_amount is not null
    union all
    select 'c' || id, id, to_wallet_id, point_type_id, captured_amount, effective_at
    from ledger_posting where captured_amount is not null;
"""

# Open Loyalty's points transfers: every lot, and every posting that a customer pays. Both halves
# read one table each and have no condition of their own, so that PostgreSQL can merge their indexes
# in order; `is_transfer` is for the reader to ask, and then meets the index of debits.
TRANSFERS = """
create view ledger_transfer as
    select uuid, id, store_id, wallet_id, point_type_id, posting_id,
        case origin when 'p2p' then 'p2p_adding' else 'adding' end as type,
        amount as value, remaining - reserved as available, created_at, expires_at,
        case when is_locked then active_from end as locked_until,
        expired_at, cancelled_at is not null as is_cancelled,
        transaction_uuid, true as is_transfer
    from ledger_lot
    union all
    select uuid, id, store_id, from_wallet_id, point_type_id, id,
        case
            when kind = 'hold' or status in ('held', 'released') then 'blocked'
            when kind = 'transfer' then 'p2p_spending'
            else 'spending'
        end,
        case when status in ('held', 'released') or kind = 'take_back'
            then requested_amount else coalesce(captured_amount, amount) end,
        0::numeric(20, 4), created_at, created_at,
        null::timestamptz, null::timestamptz, status = 'released',
        transaction_uuid, kind in ('spend', 'transfer', 'hold', 'take_back')
    from ledger_posting;
"""

# The lots and balances are rewritten often: room on their pages keeps a new version beside the old.
ROOM = """
alter table ledger_walletbalance set (fillfactor = 50);
alter table ledger_lot set (fillfactor = 85);
"""
NO_ROOM = """
alter table ledger_walletbalance reset (fillfactor);
alter table ledger_lot reset (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_lean_indexes_and_open_lots")]

    operations = [
        migrations.RunSQL(REFUSALS, NO_REFUSALS),
        migrations.RunSQL(UUID7, "drop function ledger_uuid7()"),
        migrations.RunSQL(ENTRIES, "drop view ledger_entry"),
        migrations.RunSQL(TRANSFERS, "drop view ledger_transfer"),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
