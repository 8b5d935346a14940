"""
Take points out of a wallet's lots: spend them, send them to another wallet, or set them aside.

PostgreSQL picks the lots in the point type's spend order and writes everything in one statement.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.ledger import amounts, facts, keys, sql
from accounts.ledger.errors import InsufficientPoints, SameWallet
from accounts.ledger.models import Issuer, Posting, PostingKind, PostingStatus, SpendOrder
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled
from loyalty.core import events
from loyalty.core.models import Event, uuid7


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
    with sql.atomic():
        [balance] = lock_settled([order.holder], now=now, point_type_id=point_type_id)
        return _debit(SPEND, PostingKind.SPEND, order, balance, now, event="points.spent")


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
    if receiver is not None and receiver.wallet_id == order.holder.wallet_id:
        raise SameWallet
    with sql.atomic():
        [balance] = lock_settled([order.holder], now=now, point_type_id=point_type_id)
        return _debit(HOLD, kind, order, balance, now, event="points.blocked", receiver=receiver)


def transfer(
    order: Debit, *, receiver: Holder, now: datetime, point_type_id: int | None = None
) -> Posting:
    """
    Move points from one customer's wallet to another's, with the dates of the lots they sat in.

    The receiver gets one lot for each that the sender's points came from (PA-17). Locks both
    wallets in primary-key order. Refuses what `spend` refuses, and a transfer to the same wallet.
    """
    if receiver.wallet_id == order.holder.wallet_id:
        raise SameWallet
    with sql.atomic():
        sender_balance, receiver_balance = lock_settled(
            [order.holder, receiver], now=now, point_type_id=point_type_id
        )
        return _debit(
            TRANSFER,
            PostingKind.TRANSFER,
            order,
            sender_balance,
            now,
            event="points.transferred",
            receiver=receiver,
            receiver_balance=receiver_balance,
        )


def _debit(
    statements: dict[SpendOrder, str],
    kind: PostingKind,
    order: Debit,
    balance: LockedBalance,
    now: datetime,
    *,
    event: str,
    receiver: Holder | None = None,
    receiver_balance: LockedBalance | None = None,
) -> Posting:
    amounts.check(order.amount, decimals=balance.decimals)
    if balance.active < order.amount:
        earlier = _earlier(kind, order, balance, receiver)
        if earlier is None:
            raise InsufficientPoints
        return earlier
    posting = _draft(kind, order, balance, receiver, now, is_held=statements is HOLD)
    fact = _fact(event, order, balance, posting, now)
    arguments = {
        "uuid": posting.uuid,
        "store": balance.store_id,
        "type": balance.point_type_id,
        "wallet": balance.wallet_id,
        "receiver": None if receiver is None else receiver.wallet_id,
        "kind": kind.value,
        "amount": order.amount,
        "key": posting.system_unique_key,
        "issuer": order.issuer,
        "comment": order.comment,
        "effective_at": posting.effective_at,
        "now": now,
        "transaction": order.transaction_uuid,
        "event_uuid": fact.uuid,
        "event_type": event,
        "subject": balance.wallet_uuid,
        "customer": order.holder.customer_id,
        "payload": json.dumps(fact.payload),
    }
    received = None
    if receiver_balance is not None:
        assert receiver is not None
        received = _fact(event, order, balance, posting, now, receiver=receiver_balance)
        received.customer_id = receiver.customer_id
        if receiver.store is not None:
            received.store = receiver.store
        arguments |= {
            "received_uuid": received.uuid,
            "received_subject": receiver_balance.wallet_uuid,
            "received_customer": receiver.customer_id,
            "received_payload": json.dumps(received.payload),
        }
    rows = sql.rows(statements[balance.spend_order], arguments)
    if not rows:
        earlier = _earlier(kind, order, balance, receiver)
        assert earlier is not None, f"{posting.system_unique_key} met no posting."
        return earlier
    [(posting_id, to_wallet_id, taken, *event_ids)] = rows
    assert taken == order.amount, f"The lots of wallet {balance.wallet_id} supply only {taken}."
    posting.pk, posting.to_wallet_id = posting_id, to_wallet_id
    facts_written = [fact] if received is None else [fact, received]
    for written, event_id in zip(facts_written, event_ids, strict=True):
        written.pk = event_id
        _mark_saved(written)
        events.dispatch(written)
    _mark_saved(posting)
    return posting


def _mark_saved(row: Posting | Event) -> None:
    row._state.adding = False
    row._state.db = "default"


def _draft(
    kind: PostingKind,
    order: Debit,
    balance: LockedBalance,
    receiver: Holder | None,
    now: datetime,
    *,
    is_held: bool,
) -> Posting:
    return Posting(
        store_id=balance.store_id,
        point_type_id=balance.point_type_id,
        from_wallet_id=balance.wallet_id,
        to_wallet_id=None if receiver is None else receiver.wallet_id,
        kind=kind,
        status=PostingStatus.HELD if is_held else PostingStatus.CAPTURED,
        amount=order.amount,
        requested_amount=order.amount,
        captured_amount=None if is_held else order.amount,
        system_unique_key=keys.chosen(order.key),
        issuer=order.issuer,
        comment=order.comment,
        effective_at=order.effective_at or now,
        created_at=now,
        transaction_uuid=order.transaction_uuid,
    )


TRANSFER_TYPES = {
    "points.spent": "spending",
    "points.blocked": "blocked",
    "points.transferred": "p2p_spending",
}


def _fact(
    type: str,
    order: Debit,
    balance: LockedBalance,
    posting: Posting,
    now: datetime,
    *,
    receiver: LockedBalance | None = None,
) -> Event:
    """Tell of a debit from the payer's side or, with `receiver`, from the receiver's."""
    about = receiver or balance
    change = order.amount if receiver else -order.amount
    return Event(
        uuid=uuid7(),
        store_id=balance.store_id,
        type=type,
        subject=about.wallet_uuid,
        customer_id=order.holder.customer_id,
        payload=facts.payload(
            wallet_uuid=about.wallet_uuid,
            transfer_uuid=posting.uuid,
            value=order.amount,
            type="p2p_adding" if receiver else TRANSFER_TYPES[type],
            issuer=order.issuer,
            comment=order.comment,
            now=now,
            active=about.active + change,
            transactionId=order.transaction_uuid,
        ),
        recorded_at=now,
    )


def _earlier(
    kind: PostingKind, order: Debit, balance: LockedBalance, receiver: Holder | None
) -> Posting | None:
    if order.key is None:
        return None
    return keys.find_earlier(
        order.key,
        store_id=balance.store_id,
        kind=kind,
        point_type_id=balance.point_type_id,
        requested=order.amount,
        from_wallet_id=balance.wallet_id,
        to_wallet_id=None if receiver is None else receiver.wallet_id,
    )


# Which lots, in which order (PA-10: by creation, not by expiry). `upto` is what the lots give up to
# and with this one, so the last lot taken gives only the part that is still needed.
ORDERS = {
    SpendOrder.OLDEST_FIRST: "created_at, id",
    SpendOrder.SOONEST_EXPIRING_FIRST: "expires_at, created_at, id",
}

_TAKE = """
with queue as (
    select id, expires_at, remaining - reserved as free,
        sum(remaining - reserved) over (order by {order} rows unbounded preceding) as upto,
        row_number() over (order by {order}) as position
    from ledger_lot
    where wallet_id = %(wallet)s::bigint and is_open and not is_locked
        and point_type_id = %(type)s::bigint
), taken as (
    select id, expires_at, position, free - greatest(upto - %(amount)s::numeric, 0) as amount
    from queue where upto - free < %(amount)s
), posting as (
    insert into ledger_posting (
        uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
        requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
        created_at, transaction_uuid
    ) values (
        %(uuid)s::uuid, %(store)s::bigint, %(type)s, %(wallet)s, {receiver}, %(kind)s, '{status}',
        %(amount)s, %(amount)s, {captured}, %(key)s, %(issuer)s, %(comment)s,
        %(effective_at)s::timestamptz, %(now)s::timestamptz, %(transaction)s::uuid
    )
    on conflict (store_id, system_unique_key) do nothing
    returning id, to_wallet_id
), lot as (
    update ledger_lot l set {lot_change}
    from taken, posting where l.id = taken.id
), allocation as (
    insert into ledger_lotallocation (posting_id, lot_id, amount, state)
    select posting.id, taken.id, taken.amount, '{allocation}'
    from taken, posting order by taken.position
), event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select %(event_uuid)s::uuid, %(store)s, %(event_type)s, %(subject)s::uuid,
        %(customer)s::bigint, %(payload)s::jsonb, %(now)s
    from posting
    returning id
)
"""

_BALANCE = """, balance as (
    update ledger_walletbalance b
    set active = b.active - %(amount)s, {balance_change}
    from posting where b.wallet_id = %(wallet)s and b.point_type_id = %(type)s
)
select posting.id, posting.to_wallet_id, (select sum(amount) from taken), event.id
from posting, event
"""

_REDEMPTION = "(select id from ledger_wallet where store_id = %(store)s and kind = 'redemption')"
_CONSUME = "remaining = l.remaining - taken.amount, consumed = l.consumed + taken.amount"


def _statements(
    template: str, tail: str, *, balance_change: str = "", **parts: str
) -> dict[SpendOrder, str]:
    return {
        order: template.format(order=columns, **parts) + tail.format(balance_change=balance_change)
        for order, columns in ORDERS.items()
    }


SPEND = _statements(
    _TAKE,
    _BALANCE,
    receiver=_REDEMPTION,
    status="captured",
    captured="%(amount)s",
    lot_change=_CONSUME,
    allocation="consumed",
    balance_change="spent = b.spent + %(amount)s",
)

HOLD = _statements(
    _TAKE,
    _BALANCE,
    receiver=f"case %(kind)s when 'spend' then {_REDEMPTION} else %(receiver)s::bigint end",
    status="held",
    captured="null",
    lot_change="reserved = l.reserved + taken.amount",
    allocation="reserved",
    balance_change="held = b.held + %(amount)s",
)

TRANSFER = _statements(
    _TAKE,
    """, received as (
    insert into ledger_lot (
        uuid, store_id, wallet_id, point_type_id, posting_id, parent_id, origin, amount, remaining,
        reserved, consumed, expired, cancelled, is_locked, active_from, expires_at, created_at
    )
    select ledger_uuid7(), %(store)s, %(receiver)s, %(type)s, posting.id, taken.id, 'p2p',
        taken.amount, taken.amount, 0, 0, 0, 0, false, %(now)s, taken.expires_at, %(now)s
    from taken, posting order by taken.position
), balance as (
    update ledger_walletbalance b
    set active = b.active + change.active, spent = b.spent + change.spent,
        next_due_at = least(b.next_due_at, change.due_at)
    from posting, (
        select %(wallet)s::bigint as wallet_id, -%(amount)s::numeric as active,
            %(amount)s::numeric as spent, null::timestamptz as due_at
        union all
        select %(receiver)s, %(amount)s, 0, (select min(expires_at) from taken)
    ) change
    where b.wallet_id = change.wallet_id and b.point_type_id = %(type)s
), received_event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select %(received_uuid)s::uuid, %(store)s, %(event_type)s, %(received_subject)s::uuid,
        %(received_customer)s::bigint, %(received_payload)s::jsonb, %(now)s
    from posting
    returning id
)
select posting.id, posting.to_wallet_id, (select sum(amount) from taken), event.id,
    received_event.id
from posting, event, received_event
""",
    receiver="%(receiver)s::bigint",
    status="captured",
    captured="%(amount)s",
    lot_change=_CONSUME,
    allocation="consumed",
)
