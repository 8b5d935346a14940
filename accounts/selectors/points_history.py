"""A customer's points account as its owner reads it: what came and went, and what stood after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Max, Q, Sum

from accounts.ledger import sql
from accounts.ledger.models import Lot, PostingKind
from loyalty.core import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """
    A posting as one wallet sees it.

    `amount`: signed; what is set aside counts as gone. `balance`: what the wallet held after it, by
    the business time of all that happened, points that are still on their way included.
    `is_pending`: these are still on their way. `transaction_uuid`: the document that caused it.
    """

    uuid: UUID
    kind: PostingKind
    at: datetime
    comment: str
    transaction_uuid: UUID | None
    amount: Decimal
    balance: Decimal
    is_pending: bool


@dataclass(frozen=True, slots=True)
class Due:
    """Points whose time is over, but which no posting has expired yet. `at`: of the last."""

    amount: Decimal
    at: datetime


def list_movements(
    wallet_id: int, *, limit: int, before: UUID | None = None, now: datetime | None = None
) -> Sequence[Movement]:
    """
    Return what moved in a wallet's default point type, newest first, by one query.

    `before`: the last movement of the page before; one that the wallet does not have ends the list.
    A released hold has moved nothing and is left out, and so is a take-back that found nothing.
    Reads the whole wallet, for its order is business time: in some milliseconds for thousands.
    """
    arguments = {
        "wallet": sql.whole(wallet_id),
        "before": before,
        "limit": limit,
        "now": now or clock.now(),
    }
    return [
        Movement(
            uuid=uuid,
            kind=PostingKind(kind),
            at=at,
            comment=comment,
            transaction_uuid=transaction_uuid,
            amount=amount,
            balance=balance,
            is_pending=is_pending,
        )
        for uuid, kind, at, comment, transaction_uuid, amount, balance, is_pending in sql.read(
            MOVEMENTS, arguments
        )
    ]


def find_due(wallet_id: int, now: datetime) -> Due | None:
    """Return what has run out since the wallet was last settled; None: nothing."""
    due = Lot.objects.filter(
        Q(is_locked=False) | Q(active_from__lte=now),
        wallet_id=wallet_id,
        point_type__is_default=True,
        is_open=True,
        expires_at__lte=now,
    ).aggregate(amount=Sum(F("remaining") - F("reserved")), at=Max("expires_at"))
    return Due(due["amount"], due["at"]) if due["amount"] else None


# The kinds are those of the two partial indexes.
MOVEMENTS = """
with type as (
    select t.id from ledger_pointtype t join ledger_wallet w on w.store_id = t.store_id
    where w.id = %(wallet)s and t.is_default
), moved as (
    select id, uuid, kind, effective_at, comment, transaction_uuid, captured_amount as amount
    from ledger_posting
    where to_wallet_id = %(wallet)s and kind in ('earn', 'transfer', 'revert')
        and captured_amount > 0 and point_type_id = (select id from type)
    union all
    select id, uuid, kind, effective_at, comment, transaction_uuid,
        -coalesce(captured_amount, amount)
    from ledger_posting
    where from_wallet_id = %(wallet)s and kind <> 'earn' and status <> 'released'
        and coalesce(captured_amount, amount) > 0 and point_type_id = (select id from type)
), told as (
    select *, sum(amount) over (order by effective_at, id) as balance from moved
)
select uuid, kind, effective_at, comment, transaction_uuid, amount, balance,
    exists (
        select from ledger_lot l
        where l.posting_id = told.id and l.wallet_id = %(wallet)s
            and l.is_open and l.is_locked and l.active_from > %(now)s::timestamptz
    ) as is_pending
from told
where %(before)s::uuid is null
    or (effective_at, id) < (
        select effective_at, id from moved where uuid = %(before)s::uuid
    )
order by effective_at desc, id desc
limit %(limit)s::bigint
"""
