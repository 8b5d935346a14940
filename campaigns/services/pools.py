"""Pools of coupon codes: replace them, add to them. Source: POOL-1…6."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import psycopg
from django.db import connection, transaction

from campaigns import events
from campaigns.models import RewardCampaign
from campaigns.services import campaign_locks
from campaigns.services import campaign_validation as validation
from loyalty.core import clock, sql
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.services import audit

# How many of the codes that must stay a refusal names.
NAMED_MAX = 20


class NoPool(DomainError):
    """This kind of reward has no coupon codes."""

    code = "no_pool"
    field = "coupons"


@transaction.atomic
def set_codes(
    *,
    campaign: RewardCampaign,
    codes: Iterable[str],
    is_appended: bool,
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """
    Add codes to a pool, or put them in its place (POOL-3). Constant memory on an iterator.

    Codes are trimmed; empty ones and those that the pool holds already are passed over.

    :raises NoPool: a kind of reward without codes.
    :raises InvalidFields: a code is too long, by its number from 1, or codes that somebody has
        would go (POOL-4).
    """
    now = now or clock.now()
    if not campaign.has_pool:
        raise NoPool
    if not is_appended:
        campaign_locks.change_terms(campaign.pk)
    if is_appended:
        added, removed = append_codes(campaign, codes), 0
    else:
        added, removed = replace_codes(campaign, codes)
    events.pool_changed(campaign, added=added, removed=removed, now=now)
    audit.record(
        actor,
        store=campaign.store,
        event_type="ChangeCampaignCoupons",
        entity_type="Campaign",
        entity_id=campaign.uuid,
        data={"added": added, "removed": removed},
        now=now,
    )


def replace_codes(campaign: RewardCampaign, codes: Iterable[str]) -> tuple[int, int]:
    """
    Make these codes the whole pool, in their order; return how many came and how many went.

    The caller keeps buyers out. :raises InvalidFields: codes that somebody has are missing.
    """
    _stage(codes)
    missing = sql.write(MISSING, {"campaign": campaign.pk, "limit": NAMED_MAX + 1})
    if missing:
        raise InvalidFields({"coupons": [_must_stay([row[0] for row in missing])]})
    [(removed,)] = sql.write(REMOVE, {"campaign": campaign.pk})
    added = _bring_in(campaign)
    sql.write(REORDER, {"campaign": campaign.pk})
    _count(campaign, added - removed)
    return added, removed


def append_codes(campaign: RewardCampaign, codes: Iterable[str]) -> int:
    """Add the codes that a pool does not hold yet, behind the others; return how many."""
    _stage(codes)
    added = _bring_in(campaign)
    _count(campaign, added)
    return added


def _must_stay(codes: Sequence[str]) -> str:
    more = " and others" if len(codes) > NAMED_MAX else ""
    named = ", ".join(codes[:NAMED_MAX])
    return f"Customers have these coupons, so they cannot be removed: {named}{more}."


def _stage(codes: Iterable[str]) -> None:
    """Send codes, trimmed, into a table of this transaction, each with its place."""
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        raw: psycopg.Cursor = cursor.cursor
        with raw.copy("copy coupon_stage (code) from stdin") as copy:
            for line in _lines(codes):
                copy.write(line)


def _lines(codes: Iterable[str]) -> Iterator[str]:
    """Yield blocks of COPY's lines; codes are text without control characters but tabs."""
    block: list[str] = []
    for number, code in enumerate(codes, start=1):
        trimmed = code.strip()
        if len(trimmed) > validation.NAME_MAX:
            raise InvalidFields({"coupons": [f"Code {number}: {validation.TOO_LONG}"]})
        if not trimmed:
            continue
        if not trimmed.isalnum():
            for sign, written in ESCAPES:
                trimmed = trimmed.replace(sign, written)
        block.append(trimmed)
        if len(block) == LINES_PER_BLOCK:
            yield "\n".join(block) + "\n"
            block.clear()
    if block:
        yield "\n".join(block) + "\n"


def _bring_in(campaign: RewardCampaign) -> int:
    """Insert the staged codes that the pool lacks. Locks the campaign's row for their places."""
    [(added,)] = sql.write(BRING_IN, {"campaign": campaign.pk})
    return int(added)


def _count(campaign: RewardCampaign, change: int) -> None:
    sql.write(COUNT, {"campaign": campaign.pk, "change": change})


LINES_PER_BLOCK = 500
# What COPY's text format reads otherwise. The backslash comes first.
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", ""))
# A second pool in one transaction finds the table there already.
STAGE = """
create temporary table if not exists coupon_stage (
    place bigint generated always as identity, code varchar(255) not null
) on commit drop;
truncate coupon_stage restart identity;
"""
MISSING = """
select c.code from campaigns_couponcode c
where c.campaign_id = %(campaign)s and c.is_issued
    and not exists (select from coupon_stage s where s.code = c.code)
order by c.position, c.id limit %(limit)s
"""
REMOVE = """
with removed as (
    delete from campaigns_couponcode c
    where c.campaign_id = %(campaign)s and not c.is_issued
        and not exists (select from coupon_stage s where s.code = c.code)
    returning 1
)
select count(*) from removed
"""
BRING_IN = """
with staged as (
    select count(*) as n from coupon_stage
), base as (
    update campaigns_rewardcampaign set next_position = next_position + staged.n
    from staged where id = %(campaign)s
    returning next_position - staged.n as position
), added as (
    insert into campaigns_couponcode (campaign_id, code, position)
    select %(campaign)s::bigint, s.code, base.position + s.place
    from base cross join coupon_stage s order by s.place
    on conflict (campaign_id, code) do nothing
    returning 1
)
select count(*) from added
"""
# New codes have places behind the old ones; the order of the list is the pool's from now on.
REORDER = """
with placed as (
    select s.code, min(s.place) as place from coupon_stage s group by s.code
)
update campaigns_couponcode c set position = base.position + placed.place
from placed, (
    select next_position - (select count(*) from coupon_stage) as position
    from campaigns_rewardcampaign where id = %(campaign)s
) base
where c.campaign_id = %(campaign)s and c.code = placed.code
    and c.position <> base.position + placed.place
returning 1
"""
COUNT = """
insert into campaigns_campaigntally (campaign_id, shard, codes)
values (%(campaign)s, -1, %(change)s)
on conflict (campaign_id, shard) do update
set codes = campaigns_campaigntally.codes + excluded.codes
returning 1
"""
