"""
Take points out of a wallet's lots: spend them, send them to another wallet, or set them aside.

PostgreSQL picks the lots in the point type's spend order and writes everything in one statement.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.ledger import amounts, facts, guards, keys, records, sql
from accounts.ledger.errors import InsufficientPoints, SameWallet
from accounts.ledger.models import Issuer, Posting, PostingKind, PostingStatus
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled
from loyalty.core import events
from loyalty.core import sql as core_sql
from loyalty.core.models import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """
    Points to take from one wallet. `key`: None is never repeated. `effective_at`: None is now.
    """

    holder: Holder
    amount: Decimal
    issuer: str = Issuer.SYSTEM
    comment: str = ""
    key: str | None = None
    effective_at: datetime | None = None
    transaction_uuid: UUID | None = None


def spend(order: Debit, *, now: datetime, point_type_id: int | None = None) -> Posting:
    """
    Move points from a wallet to redemption. Locks the wallet until the transaction ends.

    A repeated key returns the first posting, whatever the balance is by now.

    :raises InsufficientPoints: less than `amount` is active; nothing was written but what was due.
    :raises InvalidAmount: not an amount of this point type.
    :raises KeyReused: the key stands for another posting.
    """
    return _debit(_SPENDING, order, now, point_type_id)


def hold(
    order: Debit,
    *,
    now: datetime,
    kind: PostingKind = PostingKind.HOLD,
    receiver: Holder | None = None,
    point_type_id: int | None = None,
) -> Posting:
    """
    Set points aside, to be captured or released later. Locks the wallet as `spend` does.

    `kind`: HOLD is a block, which is never captured; SPEND and TRANSFER name what a capture will
    do, TRANSFER to `receiver`. Refuses what `spend` refuses.
    """
    assert kind in {PostingKind.HOLD, PostingKind.SPEND, PostingKind.TRANSFER}
    assert (receiver is not None) == (kind == PostingKind.TRANSFER)
    _refuse_same(order.holder, receiver)
    plan = _Plan(HOLD, kind, "points.blocked", "blocked", receiver, is_held=True)
    return _debit(plan, order, now, point_type_id)


def transfer(
    order: Debit, *, receiver: Holder, now: datetime, point_type_id: int | None = None
) -> Posting:
    """
    Move points from one customer's wallet to another's, with the dates of the lots they sat in.

    The receiver gets one lot for each that the sender's points came from (PA-17). Locks both
    wallets in primary-key order. Refuses what `spend` refuses, and a transfer to the same wallet.
    """
    _refuse_same(order.holder, receiver)
    plan = _Plan(TRANSFER, PostingKind.TRANSFER, "points.transferred", "p2p_spending", receiver)
    key = keys.chosen(order.key)
    with sql.atomic():
        return _debit_the_long_way(plan, order, key, now, point_type_id)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one kind of debit writes: its statement, and the words of its fact."""

    statement: str
    kind: PostingKind
    event: str
    transfer_type: str
    receiver: Holder | None = None
    is_held: bool = False


def _refuse_same(sender: Holder, receiver: Holder | None) -> None:
    if receiver is not None and receiver.wallet_id == sender.wallet_id:
        raise SameWallet


def _debit(plan: _Plan, order: Debit, now: datetime, point_type_id: int | None) -> Posting:
    key = keys.chosen(order.key)
    has_handlers = events.has_now_handlers(plan.event, order.holder.store)
    if has_handlers and not connection.in_atomic_block:
        with sql.atomic():
            return _debit_the_long_way(plan, order, key, now, point_type_id)
    amounts.check(order.amount, decimals=amounts.DECIMALS_MAX)
    written = _write(plan, order, key, now, point_type_id)
    if written is not None:
        return written
    with sql.atomic():
        return _debit_the_long_way(plan, order, key, now, point_type_id)


def _debit_the_long_way(
    plan: _Plan, order: Debit, key: str, now: datetime, point_type_id: int | None
) -> Posting:
    """Lock, settle and decide in Python: two wallets, or something is due, repeated or refused."""
    holders = [order.holder]
    if plan.kind == PostingKind.TRANSFER and not plan.is_held:
        assert plan.receiver is not None
        holders.append(plan.receiver)
    balance, *others = lock_settled(holders, now=now, point_type_id=point_type_id)
    amounts.check(order.amount, decimals=balance.decimals)
    if balance.active < order.amount:
        earlier = _earlier(plan, order, balance)
        if earlier is None:
            raise InsufficientPoints
        return earlier
    received = _received(plan, order, others[0], now) if others else {}
    posting = _write(plan, order, key, now, balance.point_type_id, **received)
    posting = posting or _earlier(plan, order, balance)
    assert posting is not None, f"{key} met no posting, or the lots do not supply what is active."
    return posting


def _write(
    plan: _Plan,
    order: Debit,
    key: str,
    now: datetime,
    point_type_id: int | None,
    **received: Any,
) -> Posting | None:
    """Write a debit; None: the guards did not let it pass, or its key was used before."""
    arguments = _arguments(plan, order, key, now, point_type_id)
    rows = sql.once(plan.statement, arguments | received)
    if not rows:
        return None
    [(posting_id, to_wallet_id, store_id, type_id, *event_ids)] = rows
    # A transfer has a fact for each side; what is held for a receiver has only the sender's.
    for event_id, holder in zip(event_ids, (order.holder, plan.receiver), strict=False):
        assert holder is not None
        records.dispatch_fact(plan.event, event_id, store_id, holder, now)
    return records.loaded(
        Posting,
        id=posting_id,
        uuid=arguments["uuid"],
        store_id=store_id,
        point_type_id=type_id,
        from_wallet_id=order.holder.wallet_id,
        to_wallet_id=to_wallet_id,
        kind=plan.kind,
        status=PostingStatus.HELD if plan.is_held else PostingStatus.CAPTURED,
        amount=order.amount,
        requested_amount=order.amount,
        captured_amount=None if plan.is_held else order.amount,
        system_unique_key=key,
        issuer=order.issuer,
        comment=order.comment,
        effective_at=arguments["effective_at"],
        created_at=now,
        transaction_uuid=order.transaction_uuid,
        revised_transaction_uuid=None,
        invitation_uuid=None,
        reverts_id=None,
        lot_id=None,
    )


def _arguments(
    plan: _Plan, order: Debit, key: str, now: datetime, point_type_id: int | None
) -> dict[str, Any]:
    posting_uuid = uuid7()
    return {
        "uuid": posting_uuid,
        "wallet": sql.whole(order.holder.wallet_id),
        "point_type": sql.whole(point_type_id),
        "receiver": sql.whole(None if plan.receiver is None else plan.receiver.wallet_id),
        "kind": plan.kind.value,
        "amount": order.amount,
        "key": key,
        "issuer": order.issuer,
        "comment": order.comment,
        "effective_at": order.effective_at or now,
        "now": now,
        "transaction": order.transaction_uuid,
        "event_uuid": uuid7(),
        "event_type": plan.event,
        "customer": sql.whole(order.holder.customer_id),
        "payload": _payload(plan.transfer_type, order, posting_uuid, now),
    }


def _payload(transfer_type: str, order: Debit, posting_uuid: UUID, now: datetime) -> str:
    """Return the fact, but for whose account it is and what can be spent then."""
    return core_sql.as_json(
        facts.payload(
            transfer_uuid=posting_uuid,
            value=order.amount,
            type=transfer_type,
            issuer=order.issuer,
            comment=order.comment,
            now=now,
            transactionId=order.transaction_uuid,
        )
    )


def _received(plan: _Plan, order: Debit, balance: LockedBalance, now: datetime) -> dict[str, Any]:
    """Return the arguments of the fact on the receiver's side."""
    assert plan.receiver is not None
    return {
        "received_uuid": uuid7(),
        "received_subject": balance.wallet_uuid,
        "received_customer": plan.receiver.customer_id,
        "received_active": amounts.text(balance.active + order.amount),
    }


def _earlier(plan: _Plan, order: Debit, balance: LockedBalance) -> Posting | None:
    if order.key is None:
        return None
    return keys.find_earlier(
        order.key,
        store_id=balance.store_id,
        kind=plan.kind,
        point_type_id=balance.point_type_id,
        requested=order.amount,
        from_wallet_id=balance.wallet_id,
        to_wallet_id=None if plan.receiver is None else plan.receiver.wallet_id,
    )


# Which lots: the oldest first (PA-10: not by expiry), or the soonest expiring. `upto` is what the
# lots give up to and with this one, so the last one taken gives only what is still needed.
_PICK = """, queue as (
    select id, expires_at, remaining - reserved as free,
        sum(remaining - reserved) over (spend_order rows unbounded preceding) as upto
    from ledger_lot
    where wallet_id = %(wallet)s and is_open and not is_locked
        and point_type_id = (select point_type_id from usable)
    window spend_order as (
        order by case (select spend_order from usable)
            when 'soonest_expiring_first' then expires_at end, created_at, id
    )
), taken as (
    select id, expires_at, upto, free - greatest(upto - %(amount)s::numeric, 0) as amount
    from queue where upto - free < %(amount)s
)
"""
_POST = """, posting as (
    insert into ledger_posting (
        uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
        requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
        created_at, transaction_uuid
    )
    select %(uuid)s::uuid, store_id, point_type_id, wallet_id, {receiver}, %(kind)s, '{status}',
        %(amount)s, %(amount)s, {captured}, %(key)s, %(issuer)s, {comment},
        %(effective_at)s::timestamptz, %(now)s::timestamptz, %(transaction)s::uuid
    from usable
    where (select sum(amount) from taken) = %(amount)s and {condition}
    on conflict (store_id, system_unique_key) do nothing
    returning id, to_wallet_id
), lot as (
    update ledger_lot l set {lot_change}
    from taken, posting where l.id = taken.id
), allocation as (
    insert into ledger_lotallocation (posting_id, lot_id, amount, state)
    select posting.id, taken.id, taken.amount, '{allocation}'
    from taken, posting order by taken.upto
), event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select %(event_uuid)s::uuid, store_id, %(event_type)s, usable.uuid, %(customer)s::bigint,
        %(payload)s::jsonb || jsonb_build_object(
            {told} 'accountId', usable.uuid, 'active', trim_scale(active - %(amount)s)::text
        ), %(now)s
    from usable, posting
    returning id
)
"""
_TAKE = _PICK + _POST

_BALANCE = """, balance as (
    update ledger_walletbalance b
    set active = b.active - %(amount)s, {balance_change}
    from usable, posting where b.id = usable.id
)
"""
_RESULT = """
select posting.id, posting.to_wallet_id, usable.store_id, usable.point_type_id, event.id
from usable, posting, event
"""

_REDEMPTION = """(
        select r.id from ledger_wallet r
        where r.store_id = usable.store_id and r.kind = 'redemption'
    )"""
_CONSUME = "remaining = l.remaining - taken.amount, consumed = l.consumed + taken.amount"


# What most debits have in common.
_AS_ASKED = {"comment": "%(comment)s", "condition": "true", "told": ""}
_SPENT = {
    "receiver": _REDEMPTION,
    "status": "captured",
    "captured": "%(amount)s",
    "lot_change": _CONSUME,
    "allocation": "consumed",
    "balance_change": "spent = b.spent + %(amount)s",
}
SPEND = (guards.DEBIT + _TAKE + _BALANCE + _RESULT).format(**_SPENT, **_AS_ASKED)


def spending_within(*, wallet: str, condition: str, comment: str) -> tuple[str, str]:
    """
    Return a spend as two parts of a larger statement, each a list of common table expressions.

    For what is paid for and handed out in one round trip. The first part locks the balance of
    `wallet` and has a row in `usable` if it has enough; the second writes where `condition` holds
    ("posting" has then a row, and "event" the fact's id). The arguments are `spend_arguments`, but
    for the `comment`, which is SQL too. Whoever finds no row in `usable` goes the long way.
    """
    second = (_POST + _BALANCE).format(
        **_SPENT,
        comment=comment,
        condition=condition,
        told=f"'comment', {comment},",
    )
    return guards.debit_of(wallet) + _PICK, second.removeprefix(", ")


def spend_arguments(order: Debit, *, now: datetime) -> dict[str, Any]:
    """Return a spend's arguments, in the store's default points; `uuid` is the posting's."""
    amounts.check(order.amount, decimals=amounts.DECIMALS_MAX)
    return _arguments(_SPENDING, order, keys.chosen(order.key), now, None)


HOLD = (guards.DEBIT + _TAKE + _BALANCE + _RESULT).format(
    **_AS_ASKED,
    receiver=f"case %(kind)s when 'spend' then {_REDEMPTION} else %(receiver)s::bigint end",
    status="held",
    captured="null",
    lot_change="reserved = l.reserved + taken.amount",
    allocation="reserved",
    balance_change="held = b.held + %(amount)s",
)

_RECEIVED = """, received as (
    insert into ledger_lot (
        uuid, store_id, wallet_id, point_type_id, posting_id, parent_id, origin, amount, remaining,
        reserved, consumed, expired, cancelled, is_locked, active_from, expires_at, created_at
    )
    select ledger_uuid7(), store_id, %(receiver)s, point_type_id, posting.id, taken.id, 'p2p',
        taken.amount, taken.amount, 0, 0, 0, 0, false, %(now)s, taken.expires_at, %(now)s
    from usable, taken, posting order by taken.upto
), balance as (
    update ledger_walletbalance b
    set active = b.active + change.active, spent = b.spent + change.spent,
        next_due_at = least(b.next_due_at, change.due_at)
    from usable, posting, (
        select %(wallet)s as wallet_id, -%(amount)s as active, %(amount)s as spent,
            null::timestamptz as due_at
        union all
        select %(receiver)s, %(amount)s, 0, (select min(expires_at) from taken)
    ) change
    where b.wallet_id = change.wallet_id and b.point_type_id = usable.point_type_id
), received_event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select %(received_uuid)s::uuid, store_id, %(event_type)s, %(received_subject)s::uuid,
        %(received_customer)s::bigint, %(payload)s::jsonb || jsonb_build_object(
            'accountId', %(received_subject)s, 'type', 'p2p_adding', 'active',
            %(received_active)s::text
        ), %(now)s
    from usable, posting
    returning id
)
select posting.id, posting.to_wallet_id, usable.store_id, usable.point_type_id, event.id,
    received_event.id
from usable, posting, event, received_event
"""

TRANSFER = (guards.TRANSFER + _TAKE + _RECEIVED).format(
    **_AS_ASKED,
    receiver="%(receiver)s::bigint",
    status="captured",
    captured="%(amount)s",
    lot_change=_CONSUME,
    allocation="consumed",
)

SPENT = "points.spent"
_SPENDING = _Plan(SPEND, PostingKind.SPEND, SPENT, "spending")
