"""Give out points: one earn, or a batch of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.ledger import amounts, facts, guards, keys, records, sql, supply
from accounts.ledger.errors import InvalidAmount
from accounts.ledger.models import (
    Issuer,
    Lot,
    LotOrigin,
    Posting,
    PostingKind,
    PostingStatus,
)
from accounts.ledger.wallets import Holder, LockedBalance, lock_settled
from loyalty.core import events
from loyalty.core import sql as core_sql
from loyalty.core.errors import KeyReused
from loyalty.core.models import uuid7
from loyalty.core.rows import relate

ZERO = Decimal(0)
EVENT = "points.added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earn:
    """
    Points to give to one wallet.

    `active_from`: later than now makes the lot pending until then; None is at once. `expires_at`:
    None is never. `effective_at`: business time; None is now. `key`: None is never repeated.
    `uuid`: of the lot, where it has one already; None makes one.
    """

    holder: Holder
    amount: Decimal
    issuer: str = Issuer.SYSTEM
    comment: str = ""
    key: str | None = None
    active_from: datetime | None = None
    expires_at: datetime | None = None
    effective_at: datetime | None = None
    transaction_uuid: UUID | None = None
    invitation_uuid: UUID | None = None
    uuid: UUID | None = None


def earn(order: Earn, *, now: datetime, point_type_id: int | None = None) -> Lot:
    """
    Move points from issuance into a new lot of a wallet, and return the lot.

    Locks the wallet until the transaction ends; in a limited point type the issuance, too.
    A repeated key returns the lot of the first call.

    :raises InvalidAmount: not an amount of this point type; nothing was written.
    :raises SupplyExhausted: a limited point type has less than that left.
    :raises KeyReused: the key stands for another posting.
    """
    if events.has_now_handlers(EVENT, order.holder.store) and not connection.in_atomic_block:
        with sql.atomic():
            return earn(order, now=now, point_type_id=point_type_id)
    amounts.check(order.amount, decimals=amounts.DECIMALS_MAX)
    key = keys.chosen(order.key)
    return _write_one(order, key, now, point_type_id) or _earn_the_long_way(
        order, key, now, point_type_id
    )


def _earn_the_long_way(order: Earn, key: str, now: datetime, point_type_id: int | None) -> Lot:
    """Lock, settle and decide in Python: something is due, limited, repeated or refused."""
    with sql.atomic():
        [balance] = lock_settled([order.holder], now=now, point_type_id=point_type_id)
        _check(order.amount, balance)
        is_limited = balance.max_supply is not None
        if is_limited and not supply.take(balance, order.amount):
            return _earlier(order, balance) or supply.refuse(balance)
        lot = _write_one(order, key, now, balance.point_type_id, is_supplied=is_limited)
        if lot is None:
            if is_limited:
                supply.give_back(balance, order.amount)
            lot = _earlier(order, balance)
        assert lot is not None, f"{key} met a posting that cannot be found."
        return lot


def earn_many(
    orders: Sequence[Earn], *, now: datetime, point_type_id: int | None = None
) -> list[Lot]:
    """
    Give points to many wallets by three statements, and return the lots in the same order.

    All or none: what one order is refused for refuses them all. Otherwise as `earn`.
    """
    if not orders:
        return []
    with sql.atomic():
        holders = list({order.holder.wallet_id: order.holder for order in orders}.values())
        locked = lock_settled(holders, now=now, point_type_id=point_type_id)
        balances = {balance.wallet_id: balance for balance in locked}
        for order in orders:
            _check(order.amount, balances[order.holder.wallet_id])
        return _write_many(orders, balances, now)


def _check(amount: Decimal, balance: LockedBalance) -> None:
    amounts.check(amount, decimals=balance.decimals)
    if balance.earned + amount > amounts.LARGEST_TOTAL:
        raise InvalidAmount("This value is too large.")


def _write_one(
    order: Earn,
    key: str,
    now: datetime,
    point_type_id: int | None,
    *,
    is_supplied: bool = False,
) -> Lot | None:
    """Write an earn; None: the guards did not let it pass, or its key was used before."""
    posting_uuid, lot_uuid, event_uuid = uuid7(), order.uuid or uuid7(), uuid7()
    active_from = max(order.active_from or now, now)
    is_locked = active_from > now
    effective_at = order.effective_at or now
    rows = sql.once(
        EARN,
        {
            "wallet": sql.whole(order.holder.wallet_id),
            "point_type": sql.whole(point_type_id),
            "is_supplied": is_supplied,
            "posting_uuid": posting_uuid,
            "lot_uuid": lot_uuid,
            "amount": order.amount,
            "key": key,
            "issuer": order.issuer,
            "comment": order.comment,
            "effective_at": effective_at,
            "now": now,
            "transaction": order.transaction_uuid,
            "invitation": order.invitation_uuid,
            "is_locked": is_locked,
            "active_from": active_from,
            "expires_at": order.expires_at,
            "event_uuid": event_uuid,
            "customer": sql.whole(order.holder.customer_id),
            "payload": _payload(order, lot_uuid, active_from if is_locked else None, now),
        },
    )
    if not rows:
        return None
    [(posting_id, from_wallet_id, store_id, type_id, lot_id, event_id)] = rows
    records.dispatch_fact(EVENT, event_id, store_id, order.holder, now)
    return _loaded(
        order,
        now,
        posting_id=posting_id,
        lot_id=lot_id,
        from_wallet_id=from_wallet_id,
        store_id=store_id,
        type_id=type_id,
        posting_uuid=posting_uuid,
        lot_uuid=lot_uuid,
        key=key,
        effective_at=effective_at,
        active_from=active_from,
        is_locked=is_locked,
    )


def _loaded(
    order: Earn,
    now: datetime,
    *,
    posting_id: int,
    lot_id: int,
    from_wallet_id: int,
    store_id: int,
    type_id: int,
    posting_uuid: UUID,
    lot_uuid: UUID,
    key: str,
    effective_at: datetime,
    active_from: datetime,
    is_locked: bool,
) -> Lot:
    """Return a lot that was just written, and its posting, as if they had been read."""
    posting = records.loaded(
        Posting,
        id=posting_id,
        uuid=posting_uuid,
        store_id=store_id,
        point_type_id=type_id,
        from_wallet_id=from_wallet_id,
        to_wallet_id=order.holder.wallet_id,
        kind=PostingKind.EARN,
        status=PostingStatus.CAPTURED,
        amount=order.amount,
        requested_amount=order.amount,
        captured_amount=order.amount,
        system_unique_key=key,
        issuer=order.issuer,
        comment=order.comment,
        effective_at=effective_at,
        created_at=now,
        transaction_uuid=order.transaction_uuid,
        revised_transaction_uuid=None,
        invitation_uuid=order.invitation_uuid,
        reverts_id=None,
        lot_id=None,
    )
    lot = records.loaded(
        Lot,
        id=lot_id,
        uuid=lot_uuid,
        store_id=store_id,
        wallet_id=order.holder.wallet_id,
        point_type_id=type_id,
        posting_id=posting_id,
        parent_id=None,
        origin=LotOrigin.EARNED,
        amount=order.amount,
        remaining=order.amount,
        reserved=ZERO,
        consumed=ZERO,
        expired=ZERO,
        cancelled=ZERO,
        is_locked=is_locked,
        active_from=active_from,
        expires_at=order.expires_at,
        expired_at=None,
        cancelled_at=None,
        created_at=now,
        transaction_uuid=order.transaction_uuid,
        is_open=True,
    )
    relate(lot, "posting", posting)
    return lot


def _payload(order: Earn, lot_uuid: UUID, locked_until: datetime | None, now: datetime) -> str:
    """Return the fact, but for whose account it is and what can be spent then."""
    return core_sql.as_json(
        facts.payload(
            transfer_uuid=lot_uuid,
            value=order.amount,
            type="adding",
            issuer=order.issuer,
            comment=order.comment,
            now=now,
            expiresAt=order.expires_at,
            lockedUntil=locked_until,
            transactionId=order.transaction_uuid,
            invitationId=order.invitation_uuid,
        )
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """An order of a batch with what is known of it before it is written."""

    order: Earn
    balance: LockedBalance
    key: str
    posting_uuid: UUID
    lot_uuid: UUID
    event_uuid: UUID
    active_from: datetime
    is_locked: bool
    effective_at: datetime


def _write_many(
    orders: Sequence[Earn], balances: dict[int, LockedBalance], now: datetime
) -> list[Lot]:
    drafts = [_draft(order, balances[order.holder.wallet_id], now) for order in orders]
    _take_supply(orders, balances)
    active = {wallet_id: balance.active for wallet_id, balance in balances.items()}
    rows = []
    for position, draft in enumerate(drafts):
        wallet_id = draft.balance.wallet_id
        if not draft.is_locked:
            active[wallet_id] += draft.order.amount
        rows.append(_row(position, draft, active[wallet_id], now))
    written = sql.rows(EARN_MANY, {"orders": core_sql.as_json(rows), "now": now})
    named = {row[0]: row[1:] for row in written}
    firsts: dict[tuple[int, str], _Draft] = {}
    return [
        _named_or_earlier(
            draft,
            # The first of its batch with the same key: the one that was written.
            firsts.setdefault((draft.balance.store_id, draft.key), draft),
            named,
            now,
        )
        for draft in drafts
    ]


def _draft(order: Earn, balance: LockedBalance, now: datetime) -> _Draft:
    active_from = max(order.active_from or now, now)
    return _Draft(
        order=order,
        balance=balance,
        key=keys.chosen(order.key),
        posting_uuid=uuid7(),
        lot_uuid=order.uuid or uuid7(),
        event_uuid=uuid7(),
        active_from=active_from,
        is_locked=active_from > now,
        effective_at=order.effective_at or now,
    )


def _row(position: int, draft: _Draft, active: Decimal, now: datetime) -> dict[str, Any]:
    """Return a draft as the statement reads it. `active`: what can be spent then."""
    order, balance = draft.order, draft.balance
    return {
        "position": position,
        "store_id": balance.store_id,
        "point_type_id": balance.point_type_id,
        "wallet_id": balance.wallet_id,
        "posting_uuid": draft.posting_uuid,
        "lot_uuid": draft.lot_uuid,
        "amount": str(order.amount),
        "key": draft.key,
        "issuer": order.issuer,
        "comment": order.comment,
        "effective_at": draft.effective_at,
        "transaction_uuid": order.transaction_uuid,
        "invitation_uuid": order.invitation_uuid,
        "is_locked": draft.is_locked,
        "active_from": draft.active_from,
        "expires_at": order.expires_at,
        "event_uuid": draft.event_uuid,
        "subject": balance.wallet_uuid,
        "customer_id": order.holder.customer_id,
        "payload": facts.payload(
            accountId=balance.wallet_uuid,
            active=amounts.text(active),
            transfer_uuid=draft.lot_uuid,
            value=order.amount,
            type="adding",
            issuer=order.issuer,
            comment=order.comment,
            now=now,
            expiresAt=order.expires_at,
            lockedUntil=draft.active_from if draft.is_locked else None,
            transactionId=order.transaction_uuid,
            invitationId=order.invitation_uuid,
        ),
    }


def _named_or_earlier(
    draft: _Draft, first: _Draft, named: Mapping[UUID, Sequence[Any]], now: datetime
) -> Lot:
    order = draft.order
    if draft.lot_uuid in named:
        posting_id, from_wallet_id, lot_id, event_id = named[draft.lot_uuid]
        balance = draft.balance
        records.dispatch_fact(EVENT, event_id, balance.store_id, order.holder, now)
        return _lot_of(
            draft,
            now,
            posting_id=posting_id,
            lot_id=lot_id,
            from_wallet_id=from_wallet_id,
        )
    if first is not draft and (first.balance.wallet_id, first.order.amount) != (
        draft.balance.wallet_id,
        order.amount,
    ):
        raise KeyReused
    earlier = _earlier(order, draft.balance)
    assert earlier is not None, f"{draft.key} met no posting."
    return earlier


def _lot_of(
    draft: _Draft, now: datetime, *, posting_id: int, lot_id: int, from_wallet_id: int
) -> Lot:
    """Return the lot of an order of a batch, and its posting, as if they had been read."""
    order, balance = draft.order, draft.balance
    return _loaded(
        order,
        now,
        posting_id=posting_id,
        lot_id=lot_id,
        from_wallet_id=from_wallet_id,
        store_id=balance.store_id,
        type_id=balance.point_type_id,
        posting_uuid=draft.posting_uuid,
        lot_uuid=draft.lot_uuid,
        key=draft.key,
        effective_at=draft.effective_at,
        active_from=draft.active_from,
        is_locked=draft.is_locked,
    )


def _take_supply(orders: Sequence[Earn], balances: dict[int, LockedBalance]) -> None:
    """Take a whole batch from limited supplies; replayed keys in it count as if they were new."""
    totals: dict[int, Decimal] = {}
    for order in orders:
        balance = balances[order.holder.wallet_id]
        if balance.max_supply is not None:
            totals[balance.wallet_id] = totals.get(balance.wallet_id, ZERO) + order.amount
    for wallet_id, total in totals.items():
        if not supply.take(balances[wallet_id], total):
            supply.refuse(balances[wallet_id])


def _earlier(order: Earn, balance: LockedBalance) -> Lot | None:
    """Return the lot that an order's key made before."""
    if order.key is None:
        return None
    posting = keys.find_earlier(
        order.key,
        store_id=balance.store_id,
        kind=PostingKind.EARN,
        point_type_id=balance.point_type_id,
        requested=order.amount,
        to_wallet_id=balance.wallet_id,
    )
    return None if posting is None else posting.lots.get()


_EARN = """, posting as (
    insert into ledger_posting (
        uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
        requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
        created_at, transaction_uuid, invitation_uuid
    )
    select %(posting_uuid)s::uuid, store_id, point_type_id,
        (
            select i.id from ledger_wallet i
            where i.store_id = usable.store_id and i.kind = 'issuance'
        ), wallet_id, 'earn', 'captured', %(amount)s, %(amount)s, %(amount)s, %(key)s, %(issuer)s,
        %(comment)s, %(effective_at)s::timestamptz, %(now)s, %(transaction)s::uuid,
        %(invitation)s::uuid
    from usable
    on conflict (store_id, system_unique_key) do nothing
    returning id, from_wallet_id
), lot as (
    insert into ledger_lot (
        uuid, store_id, wallet_id, point_type_id, posting_id, origin, amount, remaining, reserved,
        consumed, expired, cancelled, is_locked, active_from, expires_at, created_at,
        transaction_uuid
    )
    select %(lot_uuid)s::uuid, store_id, wallet_id, point_type_id, posting.id, 'earned',
        %(amount)s, %(amount)s, 0, 0, 0, 0, %(is_locked)s::boolean, %(active_from)s::timestamptz,
        %(expires_at)s::timestamptz, %(now)s, %(transaction)s
    from usable, posting
    returning id
), balance as (
    update ledger_walletbalance b
    set active = b.active + case when %(is_locked)s then 0 else %(amount)s end,
        pending = b.pending + case when %(is_locked)s then %(amount)s else 0 end,
        earned = b.earned + %(amount)s,
        next_due_at = least(
            b.next_due_at, case when %(is_locked)s then %(active_from)s else %(expires_at)s end
        )
    from usable, posting where b.id = usable.id
), event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select %(event_uuid)s::uuid, store_id, 'points.added', usable.uuid, %(customer)s::bigint,
        %(payload)s::jsonb || jsonb_build_object('accountId', usable.uuid, 'active',
            trim_scale(active + case when %(is_locked)s then 0 else %(amount)s end)::text),
        %(now)s
    from usable, posting
    returning id
)
select posting.id, posting.from_wallet_id, usable.store_id, usable.point_type_id, lot.id, event.id
from usable, posting, lot, event
"""

EARN = guards.EARN + _EARN

EARN_MANY = """
with ordered as (
    select * from json_to_recordset(%(orders)s) as o (
        position integer, store_id bigint, point_type_id bigint, wallet_id bigint,
        posting_uuid uuid, lot_uuid uuid, amount numeric, key text, issuer text, comment text,
        effective_at timestamptz, transaction_uuid uuid, invitation_uuid uuid, is_locked boolean,
        active_from timestamptz, expires_at timestamptz, event_uuid uuid, subject uuid,
        customer_id bigint, payload jsonb
    )
), posting as (
    insert into ledger_posting (
        uuid, store_id, point_type_id, from_wallet_id, to_wallet_id, kind, status, amount,
        requested_amount, captured_amount, system_unique_key, issuer, comment, effective_at,
        created_at, transaction_uuid, invitation_uuid
    )
    select posting_uuid, o.store_id, point_type_id, w.id, wallet_id, 'earn', 'captured',
        amount, amount, amount, key, issuer, comment, effective_at, %(now)s::timestamptz,
        transaction_uuid, invitation_uuid
    from ordered o
    join ledger_wallet w on w.store_id = o.store_id and w.kind = 'issuance'
    order by position
    on conflict (store_id, system_unique_key) do nothing
    returning id, uuid, from_wallet_id
), new as (
    select o.*, p.id as posting_id, p.from_wallet_id
    from ordered o join posting p on p.uuid = o.posting_uuid
), lot as (
    insert into ledger_lot (
        uuid, store_id, wallet_id, point_type_id, posting_id, origin, amount, remaining, reserved,
        consumed, expired, cancelled, is_locked, active_from, expires_at, created_at,
        transaction_uuid
    )
    select lot_uuid, store_id, wallet_id, point_type_id, posting_id, 'earned', amount, amount,
        0, 0, 0, 0, is_locked, active_from, expires_at, %(now)s, transaction_uuid
    from new order by position
    returning id, uuid
), balance as (
    update ledger_walletbalance b
    set active = b.active + s.active, pending = b.pending + s.pending,
        earned = b.earned + s.active + s.pending,
        next_due_at = least(b.next_due_at, s.due_at)
    from (
        select wallet_id, point_type_id,
            coalesce(sum(amount) filter (where not is_locked), 0) as active,
            coalesce(sum(amount) filter (where is_locked), 0) as pending,
            min(case when is_locked then active_from else expires_at end) as due_at
        from new group by 1, 2
    ) s
    where b.wallet_id = s.wallet_id and b.point_type_id = s.point_type_id
), event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select event_uuid, store_id, 'points.added', subject, customer_id, payload, %(now)s
    from new order by position
    returning id, uuid
)
select new.lot_uuid, new.posting_id, new.from_wallet_id, lot.id, event.id
from new join lot on lot.uuid = new.lot_uuid join event on event.uuid = new.event_uuid
"""
