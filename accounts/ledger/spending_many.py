"""Spend from many wallets by one statement: what files bring in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.ledger import amounts, facts, keys, records, sql
from accounts.ledger.debits import SPENT, Debit
from accounts.ledger.errors import InsufficientPoints, InvalidAmount
from accounts.ledger.wallets import LockedBalance, lock_settled
from loyalty.core import sql as core_sql
from loyalty.core.models import uuid7

Outcome = UUID | InsufficientPoints | InvalidAmount


def spend_many(orders: Sequence[Debit], *, now: datetime) -> list[Outcome]:
    """
    Do what `debits.spend` does for many orders, each of another wallet and without a key.

    Locks the wallets in primary-key order. Returns for each the posting's id, or why it is refused;
    what is refused writes nothing but what was due, and stops no other.
    """
    if not orders:
        return []
    assert all(order.key is None for order in orders)
    wallets = [order.holder.wallet_id for order in orders]
    assert len(set(wallets)) == len(wallets), "Of two from one wallet the second waits for a batch."
    with sql.atomic():
        balances = lock_settled([order.holder for order in orders], now=now)
        outcomes: list[Outcome] = []
        rows: list[dict[str, Any]] = []
        for order, balance in zip(orders, balances, strict=True):
            if (refusal := _refusal(order, balance)) is not None:
                outcomes.append(refusal)
                continue
            uuid = uuid7()
            outcomes.append(uuid)
            rows.append(_row(len(rows), uuid, order, balance, now))
        written = _write(rows, now)
        for order, balance, outcome in zip(orders, balances, outcomes, strict=True):
            if isinstance(outcome, UUID):
                event_id = written[outcome]
                records.dispatch_fact(SPENT, event_id, balance.store_id, order.holder, now)
        return outcomes


def _refusal(order: Debit, balance: LockedBalance) -> InsufficientPoints | InvalidAmount | None:
    try:
        amounts.check(order.amount, decimals=balance.decimals)
    except InvalidAmount as refusal:
        return refusal
    return InsufficientPoints() if balance.active < order.amount else None


def _row(
    position: int, uuid: UUID, order: Debit, balance: LockedBalance, now: datetime
) -> dict[str, Any]:
    """Return an order as the statement reads it."""
    return {
        "position": position,
        "uuid": uuid,
        "store_id": balance.store_id,
        "point_type_id": balance.point_type_id,
        "spend_order": balance.spend_order,
        "wallet_id": balance.wallet_id,
        "amount": str(order.amount),
        "key": keys.chosen(None),
        "issuer": order.issuer,
        "comment": order.comment,
        "effective_at": order.effective_at or now,
        "transaction_uuid": order.transaction_uuid,
        "event_uuid": uuid7(),
        "subject": balance.wallet_uuid,
        "customer_id": order.holder.customer_id,
        "payload": facts.payload(
            accountId=balance.wallet_uuid,
            active=amounts.text(balance.active - order.amount),
            transfer_uuid=uuid,
            value=order.amount,
            type="spending",
            issuer=order.issuer,
            comment=order.comment,
            now=now,
            transactionId=order.transaction_uuid,
        ),
    }


def _write(rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[UUID, int]:
    """Write the orders; return the numbers of their facts by the postings' ids."""
    if not rows:
        return {}
    written = sql.rows(SPEND_MANY, {"orders": core_sql.as_json(rows), "now": now})
    short = [uuid for uuid, _event_id, is_supplied in written if not is_supplied]
    assert not short, f"The lots do not supply what is active: {short}"
    return {uuid: event_id for uuid, event_id, _is_supplied in written}


# The wallets are locked by a statement before, so their lots are seen as they are now. In which
# order lots give, see `debits`.
SPEND_MANY = """
with ordered as (
    select * from json_to_recordset(%(orders)s) as o (
        position integer, uuid uuid, store_id bigint, point_type_id bigint, spend_order text,
        wallet_id bigint, amount numeric, key text, issuer text, comment text,
        effective_at timestamptz, transaction_uuid uuid, event_uuid uuid, subject uuid,
        customer_id bigint, payload jsonb
    )
), queue as (
    select o.position, l.id, o.amount as wanted, l.remaining - l.reserved as free,
        sum(l.remaining - l.reserved) over (
            partition by o.position
            order by case o.spend_order when 'soonest_expiring_first' then l.expires_at end,
                l.created_at, l.id
            rows unbounded preceding
        ) as upto
    from ordered o
    join ledger_lot l on l.wallet_id = o.wallet_id and l.point_type_id = o.point_type_id
    where l.is_open and not l.is_locked
), taken as (
    select position, id, upto, free - greatest(upto - wanted, 0) as amount
    from queue where upto - free < wanted
), posting as (
    insert into ledger_posting (
        uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
        requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
        created_at, transaction_uuid
    )
    select o.uuid, o.store_id, o.point_type_id, o.wallet_id, w.id, 'spend', 'captured', o.amount,
        o.amount, o.amount, o.key, o.issuer, o.comment, o.effective_at, %(now)s::timestamptz,
        o.transaction_uuid
    from ordered o
    join ledger_wallet w on w.store_id = o.store_id and w.kind = 'redemption'
    order by o.position
    returning id, uuid
), lot as (
    update ledger_lot l
    set remaining = l.remaining - taken.amount, consumed = l.consumed + taken.amount
    from taken where l.id = taken.id
), allocation as (
    insert into ledger_lotallocation (posting_id, lot_id, amount, state)
    select posting.id, taken.id, taken.amount, 'consumed'
    from taken join ordered o using (position) join posting on posting.uuid = o.uuid
    order by taken.position, taken.upto
), balance as (
    update ledger_walletbalance b
    set active = b.active - o.amount, spent = b.spent + o.amount
    from ordered o where b.wallet_id = o.wallet_id and b.point_type_id = o.point_type_id
), event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select event_uuid, store_id, 'points.spent', subject, customer_id, payload, %(now)s
    from ordered order by position
    returning id, uuid
)
select o.uuid, event.id,
    o.amount = (select sum(taken.amount) from taken where taken.position = o.position)
from ordered o join event on event.uuid = o.event_uuid
"""
