"""
A customer's points figures (PA 1.2), exact at any moment whatever the jobs have done so far.

The stored balance is as of the wallet's last settlement; the open lots say what has unlocked or
come due since. Both are read by one statement.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.utils import timezone

from accounts.ledger import sql
from accounts.ledger.models import Lot, LotOrigin, Wallet
from loyalty.core import clock

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    What a wallet holds in the store's default point type at one moment.

    `points`: can be spent now. `p2p`: the part of it that came from other customers.
    `total_earned`, `used`, `expired`: over the wallet's life. `locked`: in pending transfers.
    `blocked`: set aside by blocks. `held`: set aside by anything.
    `expiring_next_month`: part of `points` whose last day is in the next calendar month, and
    `expiring_breakdown` the same by day, in the store's time zone (PE-9).
    """

    points: Decimal = ZERO
    p2p: Decimal = ZERO
    total_earned: Decimal = ZERO
    used: Decimal = ZERO
    expired: Decimal = ZERO
    locked: Decimal = ZERO
    blocked: Decimal = ZERO
    held: Decimal = ZERO
    expiring_next_month: Decimal = ZERO
    expiring_breakdown: dict[date, Decimal] = field(default_factory=dict)


def get_figures(wallet_id: int, now: datetime, *, zone: ZoneInfo | None = None) -> Figures:
    """
    Return a wallet's figures at `now`, by one query.

    `zone`: the store's, for the days of the breakdown; None looks it up, by a second query.
    """
    zone = zone or Wallet.objects.select_related("store").get(pk=wallet_id).store.zone
    rows = sql.read(FIGURES, figures_arguments(now, zone) | {"wallet": wallet_id})
    return figures_of(rows[0]) if rows else Figures()


def figures_arguments(now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return the arguments of `FIGURES`, but for the wallet."""
    month_start, month_end = _next_month(now, zone)
    return {"now": now, "month_start": month_start, "month_end": month_end, "zone": zone.key}


def figures_of(row: Sequence[Any]) -> Figures:
    """Return the figures of a row of `FIGURES`; of one without a wallet they are all nothing."""
    points, p2p, earned, used, expired, locked, blocked, held, breakdown = row
    if earned is None:
        return Figures()
    # Django's connection hands JSON over as text.
    by_day = sorted(json.loads(breakdown).items())
    days = {date.fromisoformat(day): Decimal(amount) for day, amount in by_day}
    return Figures(
        points=points,
        p2p=p2p,
        total_earned=earned,
        used=used,
        expired=expired,
        locked=locked,
        blocked=blocked,
        held=held,
        expiring_next_month=sum(days.values(), ZERO),
        expiring_breakdown=days,
    )


def get_active(wallet_id: int, now: datetime) -> Decimal:
    """Return what can be spent now."""
    lots = Lot.objects.active_at(now).filter(wallet_id=wallet_id, point_type__is_default=True)
    totals = lots.aggregate(remaining=Sum("remaining"), reserved=Sum("reserved"))
    return (totals["remaining"] or ZERO) - (totals["reserved"] or ZERO)


def points_of_transaction(transaction_uuid: UUID, now: datetime | None = None) -> Decimal:
    """
    Return what a purchase brought: the full amount of its active and pending transfers.

    Those that have expired or were cancelled bring nothing (TX-19, TX-23).
    """
    now = now or timezone.now()
    lots = Lot.objects.filter(
        Q(is_locked=True, active_from__gt=now) | Q(expires_at=None) | Q(expires_at__gt=now),
        transaction_uuid=transaction_uuid,
        origin=LotOrigin.EARNED,
        cancelled_at=None,
        expired_at=None,
    )
    total: Decimal | None = lots.aggregate(total=Sum("amount"))["total"]
    return total or ZERO


def _next_month(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the half-open bounds of the calendar month after `now`'s."""
    this = now.astimezone(zone).date().replace(day=1)
    following = _month_after(this)
    return clock.start_of_day(following, zone), clock.start_of_day(_month_after(following), zone)


def _month_after(first_day: date) -> date:
    month = first_day.month % 12 + 1
    return first_day.replace(year=first_day.year + (month == 1), month=month)


# `open` are the lots in which something can still be taken, with where they stand now. They are
# summed by the day they expire on, where that is one of the breakdown's, and once more for all.
FIGURES = """
select total.points, total.p2p, b.earned, b.spent, b.expired + total.due as expired,
    total.locked,
    case when b.held > 0 then (
        select coalesce(sum(p.amount), 0) from ledger_posting p
        where p.from_wallet_id = b.wallet_id and p.status = 'held' and p.kind = 'hold'
            and p.point_type_id = b.point_type_id
    ) else 0 end as blocked,
    b.held, total.breakdown
from ledger_walletbalance b
join ledger_pointtype t on t.id = b.point_type_id and t.is_default
cross join lateral (
    select coalesce(sum(active), 0) as points, coalesce(sum(p2p), 0) as p2p,
        coalesce(sum(due), 0) as due, coalesce(sum(pending), 0) as locked,
        coalesce(
            jsonb_object_agg(day, active::text) filter (where day is not null), '{}'
        ) as breakdown
    from (
        select
            case when state = 'active' and expires_at >= %(month_start)s::timestamptz
                and expires_at < %(month_end)s::timestamptz
                then (expires_at at time zone %(zone)s)::date
            end as day,
            sum(free) filter (where state = 'active') as active,
            sum(free) filter (where state = 'active' and origin = 'p2p') as p2p,
            sum(free) filter (where state = 'due') as due,
            sum(remaining) filter (where state = 'pending') as pending
        from (
            select remaining - reserved as free, remaining, origin, expires_at,
                case when is_locked and active_from > %(now)s::timestamptz then 'pending'
                    when expires_at <= %(now)s then 'due'
                    else 'active' end as state
            from ledger_lot
            where wallet_id = b.wallet_id and is_open and point_type_id = b.point_type_id
        ) open
        group by 1
    ) by_day
) total
where b.wallet_id = %(wallet)s
"""
