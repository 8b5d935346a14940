"""
Hand a reward out: take its code, count it, charge it, and write down what was bought.

The core of every way to a coupon. The caller has locked the customer and shares the campaign's
lock. Counts rise first and are looked at then, under the lock that counting took; a refusal undoes
all by the caller's savepoint. Source: BUY-9…11, LIM-2…7.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, transaction

from accounts.ledger import wallets
from accounts.models import Customer
from accounts.selectors import balances
from accounts.services import points
from campaigns import events
from campaigns.amounts import life_of
from campaigns.models import Coupon, CouponOrigin, CouponStatus, RewardCampaign
from campaigns.selectors import usage
from campaigns.services import campaign_locks
from campaigns.services.refusals import (
    InvalidCost,
    LimitExceeded,
    LimitPerCustomerExceeded,
    NoCouponsLeft,
    NotEnoughPoints,
)
from loyalty.core import sql
from loyalty.core.errors import NotFound
from loyalty.core.models import Store, uuid7

ZERO = Decimal(0)
# Connections spread over so many shards of an unlimited campaign's counts.
SHARDS = 32


@dataclass(frozen=True)
class Terms:
    """
    What a buyer and a reward are to each other, read under both locks.

    `campaign` has the columns that buying looks at, the others are read when they are used.
    """

    campaign: RewardCampaign
    name: str
    customer: Customer
    # The customer's postal address as JSON.
    address: str
    is_targeted: bool


@dataclass(frozen=True)
class Taken:
    """A code of the pool; without a pool only what the coupon says."""

    code: str
    pool_code_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to hand out, and for what. `cost`: of each coupon; 0 makes no transfer."""

    terms: Terms
    codes: Sequence[Taken]
    cost: Decimal
    issuer: str
    now: datetime
    holds_codes: bool = False
    origin: CouponOrigin = CouponOrigin.BOUGHT
    transaction_uuid: UUID | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def lock_terms(*, store: Store, campaign_id: int, customer_id: int) -> Terms:
    """
    Lock a customer and hold a reward as it is until commit; return how they stand.

    Two statements: what is decided on is read after both locks are there.
    """
    assert connection.in_atomic_block
    rows = sql.write(_LOCK_CUSTOMER, (*campaign_locks.key(campaign_id), customer_id, store.pk))
    if not rows:
        raise NotFound
    [(*values, address, _)] = rows
    customer = Customer.from_db(DEFAULT_DB_ALIAS, _CUSTOMER_COLUMNS, values)
    customer.store = store
    arguments = {
        "campaign": campaign_id,
        "store": store.pk,
        "customer": customer_id,
        "level": customer.level_id,
    }
    rows = sql.read(_CAMPAIGN, arguments)
    if not rows:
        raise NotFound
    [(*values, name, is_targeted)] = rows
    campaign: RewardCampaign = RewardCampaign.from_db(DEFAULT_DB_ALIAS, _CAMPAIGN_COLUMNS, values)
    campaign.store = store
    return Terms(campaign, name, customer, address, bool(is_targeted))


def take_codes(terms: Terms, quantity: int, *, waits: bool = True) -> list[Taken]:
    """
    Take the next codes of the pool, and count the purchase against the limits (LIM-6).

    Codes that other buyers are just taking are passed over; only where no other is left does this
    wait for them, as their buyers may still fail. `waits=False`: not even then, for who may have
    codes already, for which others wait.

    :raises NoCouponsLeft, LimitExceeded, LimitPerCustomerExceeded:
    """
    campaign = terms.campaign
    used_by_customer = count(terms, quantity)
    if campaign.limit is not None:
        tally = usage.get_tally(campaign)
        if tally.used > campaign.limit:
            raise LimitExceeded
    if campaign.limit_per_user is not None and used_by_customer > campaign.limit_per_user:
        _refuse_more_of_code(terms, quantity)
    if campaign.is_single_coupon:
        return _take_single(campaign, quantity)
    return _take_from_pool(terms, quantity, waits=waits)


def _refuse_more_of_code(terms: Terms, quantity: int) -> None:
    """Refuse who took a reward too often; of a single coupon, this code of it (LIM-5)."""
    campaign, customer = terms.campaign, terms.customer
    assert campaign.limit_per_user is not None
    if campaign.is_single_coupon:
        used = usage.get_customer_usages(customer.pk, [campaign.pk], counted_ahead=quantity)
        if used[campaign.pk] <= campaign.limit_per_user:
            return
    raise LimitPerCustomerExceeded


def count(terms: Terms, quantity: int) -> int:
    """
    Count purchases of a campaign; return how many the customer has made with these.

    A campaign with a limit counts in one row: its lock lasts until commit, and whoever has it sees
    every purchase before. Without a limit each connection counts in its own.
    """
    # Nobody holds a count who still waits for a wallet.
    wallets.lock([terms.customer.wallet_id])
    is_limited = terms.campaign.limit is not None
    arguments = {
        "campaign": terms.campaign.pk,
        "customer": terms.customer.pk,
        "quantity": quantity,
        "is_limited": is_limited,
        "shards": SHARDS,
    }
    [(used,)] = sql.write(_COUNT, arguments)
    return int(used)


def hold_counts(campaign_ids: Iterable[int]) -> None:
    """
    Hold rewards, and lock where they will be counted, for who hands them out in many steps.

    In the order of their keys, in which one purchase counts them, too. The caller has locked the
    wallets of all who will get them.
    """
    wanted = sorted(set(campaign_ids))
    campaign_locks.share(wanted)
    sql.write(_HOLD_COUNTS, {"campaigns": wanted, "shards": SHARDS})


def issue(order: Order) -> list[Coupon]:
    """
    Charge each coupon and write it down, with its fact (BUY-9, BUY-10).

    :raises NotEnoughPoints: for all of them together; the caller rolls back.
    """
    customer, now = order.terms.customer, order.now
    postings = _charge(order)
    left = balances.get_active(customer.wallet_id, now) if order.cost == 0 else None
    common = _columns(order)
    coupons = [
        Coupon(
            store=customer.store,
            code=taken.code,
            pool_code_id=taken.pool_code_id,
            posting_uuid=posting_uuid,
            shipping_address=json.loads(order.terms.address),
            **common,
        )
        for taken, posting_uuid in zip(order.codes, postings, strict=True)
    ]
    _write(coupons, order.terms, left)
    return coupons


def _charge(order: Order) -> list[UUID | None]:
    """
    Take the points for each coupon; return the ids of the postings, None for what is free.

    :raises NotEnoughPoints: for all of them together; the caller rolls back.
    :raises InvalidCost: it was set before points had so few decimals.
    """
    if order.cost == 0:
        return [None for _ in order.codes]
    terms = order.terms
    word = "cashback" if "reward_amount" in order.extra else None
    postings: list[UUID | None] = []
    for taken in order.codes:
        comment = f"{terms.name}, {word}" if word else f"{terms.name}, coupon: {taken.code}"
        try:
            posting = points.spend(
                customer=terms.customer,
                amount=order.cost,
                issuer=order.issuer,
                comment=comment,
                transaction_uuid=order.transaction_uuid,
                now=order.now,
            )
        except points.InsufficientPoints as error:
            raise NotEnoughPoints from error
        except points.InvalidAmount as error:
            if word is not None:
                # Whoever turns points into money has said how many.
                raise
            raise InvalidCost from error
        postings.append(posting.uuid)
    return postings


def _columns(order: Order) -> dict[str, Any]:
    """Return what all coupons of one order have alike."""
    customer, campaign, now = order.terms.customer, order.terms.campaign, order.now
    life = life_of(days_inactive=campaign.days_inactive, days_valid=campaign.days_valid, now=now)
    return {
        "campaign_id": campaign.pk,
        "customer_id": customer.pk,
        "holds_code": order.holds_codes,
        "origin": order.origin,
        "purchased_at": now,
        "campaign_type": campaign.type,
        "campaign_name": order.terms.name,
        "cost_in_points": order.cost,
        "tax_price_value": campaign.tax_price_value,
        "customer_email": customer.email or "",
        "customer_phone": customer.phone or "",
        "customer_first_name": customer.first_name,
        "customer_last_name": customer.last_name,
        "status": CouponStatus.INACTIVE if life.active_since else CouponStatus.ACTIVE,
        "active_since": life.active_since,
        "active_to": life.active_to,
        "transaction_uuid": order.transaction_uuid,
        **order.extra,
    }


def _write(coupons: Sequence[Coupon], terms: Terms, left: Decimal | None) -> None:
    """Write coupons and their facts by one statement; `left` None: the balance is just settled."""
    first = coupons[0]
    facts = [events.bought(coupon, terms.campaign, terms.customer) for coupon in coupons]
    spent_after = [first.cost_in_points * (len(coupons) - 1 - n) for n in range(len(coupons))]
    arguments = {
        "uuids": [coupon.uuid for coupon in coupons],
        "codes": [coupon.code for coupon in coupons],
        "pool_codes": [coupon.pool_code_id for coupon in coupons],
        "postings": [coupon.posting_uuid for coupon in coupons],
        "spent_after": spent_after,
        "event_uuids": [uuid7() for _ in coupons],
        "facts": [json.dumps(fact) for fact in facts],
        "event_type": events.BOUGHT,
        "store": first.store_id,
        "wallet": terms.customer.wallet_id,
        "left": left,
        "subject": terms.customer.uuid,
        "address": terms.address,
        **{name: getattr(first, name) for name in _COMMON},
    }
    rows = sql.write(_INSERT, arguments)
    for coupon, (pk, points_after, _) in zip(coupons, rows, strict=True):
        coupon.pk, coupon.points_after = pk, points_after
        coupon._state.adding = False
        coupon._state.db = DEFAULT_DB_ALIAS
    events.dispatch_written(events.BOUGHT, [row[2] for row in rows])


def _take_single(campaign: RewardCampaign, quantity: int) -> list[Taken]:
    """Return the first code of the pool, as often as wanted; it cannot leave the pool any more."""
    rows = sql.read(_FIRST_CODE, {"campaign": campaign.pk})
    if not rows:
        raise NoCouponsLeft
    [(pk, code, is_issued)] = rows
    if not is_issued:
        sql.write(_ISSUE_ONE, (pk,))
    return [Taken(code, pk)] * quantity


def _take_from_pool(terms: Terms, quantity: int, *, waits: bool) -> list[Taken]:
    campaign = terms.campaign
    arguments = {"campaign": campaign.pk, "quantity": quantity, "shards": SHARDS}
    arguments["is_limited"] = campaign.limit is not None
    # Whoever finds too few lets go of them before waiting for others, or two might wait for each
    # other. Finding none is no exception: a code that was sold while it was looked at stays locked.
    with transaction.atomic():
        rows = sql.write(_TAKE, arguments)
        if not rows:
            transaction.set_rollback(True)
    if not rows and waits:
        rows = sql.write(_TAKE_WAITING, arguments)
    if not rows:
        raise NoCouponsLeft
    return [Taken(code, pk) for pk, code in rows]


_CUSTOMER_COLUMNS = (
    "id",
    "uuid",
    "store_id",
    "wallet_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "status",
    "level_id",
)
_LOCK_CUSTOMER = f"""
    select {", ".join(_CUSTOMER_COLUMNS)}, address::text,
        pg_advisory_xact_lock_shared(%s::int, %s::int)::text
    from accounts_customer
    where id = %s::bigint and store_id = %s::bigint for no key update
"""  # noqa: S608  # the columns are ours

# In the order of the model's fields, as `from_db` reads them.
_CAMPAIGN_COLUMNS = tuple(
    field.attname
    for field in RewardCampaign._meta.concrete_fields
    if field.attname
    in {
        "id",
        "uuid",
        "store_id",
        "type",
        "is_active",
        "level_ids",
        "segment_ids",
        "tax_price_value",
        "cost_in_points",
        "point_value",
        "cashback_provider",
        "transaction_percentage_value",
        "is_unlimited",
        "is_single_coupon",
        "limit",
        "limit_per_user",
        "days_inactive",
        "days_valid",
        "is_all_time_visible",
        "visible_from",
        "visible_to",
        "is_all_time_active",
        "active_from",
        "active_to",
        "has_fulfillment_tracking",
    }
)
# Is a campaign meant for a customer on this level (VIS-3)?
TARGETED = """(
    {campaign}.level_ids @> array[{level}] or exists (
        select from accounts_segmentmembership m join accounts_segment s on s.id = m.segment_id
        where m.customer_id = {customer} and s.is_active and s.id = any({campaign}.segment_ids)
    )
)"""
NAME = """coalesce((
        select n.name from campaigns_campaigntranslation n
        where n.campaign_id = c.id and n.name <> '' order by n.locale <> 'en', n.id limit 1
    ), '')"""
_CAMPAIGN = f"""
select {", ".join(f'c."{name}"' for name in _CAMPAIGN_COLUMNS)}, {NAME},
    {TARGETED.format(campaign="c", level="%(level)s::bigint", customer="%(customer)s::bigint")}
from campaigns_rewardcampaign c
where c.id = %(campaign)s::bigint and c.store_id = %(store)s::bigint
"""  # noqa: S608  # what is put in is ours

SHARD = """(case when {is_limited} then 0
        else 1 + pg_backend_pid() %% %(shards)s::int end)"""
_SHARD = SHARD.format(is_limited="%(is_limited)s::boolean")
_COUNT = f"""
with usage as (
    insert into campaigns_customerusage as u (campaign_id, customer_id, used)
    values (%(campaign)s::bigint, %(customer)s::bigint, %(quantity)s::bigint)
    on conflict (customer_id, campaign_id) do update set used = u.used + excluded.used
    returning used
), tally as (
    insert into campaigns_campaigntally as t (campaign_id, shard, used, customers, terms)
    select %(campaign)s, {_SHARD}, %(quantity)s, (usage.used = %(quantity)s)::int, c.terms
    from usage, campaigns_rewardcampaign c where c.id = %(campaign)s
    on conflict (campaign_id, shard) do update
    set used = t.used + excluded.used, customers = t.customers + excluded.customers
)
select used from usage
"""  # noqa: S608  # what is put in is ours
# Also those that are not there yet: two who insert one wait for each other as well.
_HOLD_COUNTS = f"""
insert into campaigns_campaigntally as t (campaign_id, shard, terms)
select c.id, {SHARD.format(is_limited="c.limit is not null")}, c.terms
from campaigns_rewardcampaign c where c.id = any(%(campaigns)s::bigint[]) order by c.id
on conflict (campaign_id, shard) do update set used = t.used
returning t.id
"""  # noqa: S608  # what is put in is ours
_TAKE = f"""
with free as (
    select id, code, position from campaigns_couponcode
    where campaign_id = %(campaign)s::bigint and not is_issued
    order by position, id limit %(quantity)s::int
    for update skip locked
), taken as (
    update campaigns_couponcode c set is_issued = true
    from free where c.id = free.id and (select count(*) from free) = %(quantity)s
    returning c.id, c.code, c.position
), tally as (
    insert into campaigns_campaigntally as t (campaign_id, shard, issued)
    select %(campaign)s, {_SHARD}, %(quantity)s where exists (select from taken)
    on conflict (campaign_id, shard) do update set issued = t.issued + excluded.issued
)
select id, code from taken order by position, id
"""  # noqa: S608  # what is put in is ours
_TAKE_WAITING = _TAKE.replace(" skip locked", "")
_FIRST_CODE = """
select id, code, is_issued from campaigns_couponcode
where campaign_id = %(campaign)s::bigint order by position, id limit 1
"""
_ISSUE_ONE = """
update campaigns_couponcode set is_issued = true where id = %s::bigint and not is_issued returning 1
"""

# What the coupons of one purchase have in common, and the types of these columns.
_COMMON = {
    "campaign_id": "bigint",
    "customer_id": "bigint",
    "holds_code": "boolean",
    "origin": "text",
    "purchased_at": "timestamptz",
    "campaign_type": "text",
    "campaign_name": "text",
    "cost_in_points": "numeric",
    "tax_price_value": "numeric",
    "customer_email": "text",
    "customer_phone": "text",
    "customer_first_name": "text",
    "customer_last_name": "text",
    "status": "text",
    "active_since": "timestamptz",
    "active_to": "timestamptz",
    "is_used": "boolean",
    "delivery_status": "text",
    "transaction_uuid": "uuid",
    "percentage": "smallint",
    "returned_amount": "numeric",
    "replaces_id": "bigint",
    "point_value": "numeric",
    "reward_amount": "numeric",
    "cashback_provider": "text",
    "payout_status": "text",
    "payout_message": "text",
}
_INSERT = f"""
with bought as (
    select * from unnest(
        %(uuids)s::uuid[], %(codes)s::text[], %(pool_codes)s::bigint[], %(postings)s::uuid[],
        %(spent_after)s::numeric[], %(event_uuids)s::uuid[], %(facts)s::text[]
    ) with ordinality as b (uuid, code, pool_code, posting, spent_after, event, fact, place)
), balance as (
    select coalesce(%(left)s::numeric, (
        select b.active from ledger_walletbalance b
        join ledger_pointtype t on t.id = b.point_type_id and t.is_default
        where b.wallet_id = %(wallet)s::bigint
    ), 0) as active
), coupon as (
    insert into campaigns_coupon (
        uuid, store_id, code, pool_code_id, posting_uuid, points_after, shipping_address,
        {", ".join(_COMMON)}
    )
    select uuid, %(store)s::bigint, code, pool_code, posting, active + spent_after,
        %(address)s::jsonb, {", ".join(f"%({name})s::{kind}" for name, kind in _COMMON.items())}
    from bought cross join balance order by place
    returning id, uuid, points_after
), event as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select event, %(store)s, %(event_type)s::text, %(subject)s::uuid, %(customer_id)s,
        fact::jsonb, %(purchased_at)s
    from bought order by place
    returning id, uuid
)
select coupon.id, coupon.points_after, event.id
from bought
join coupon on coupon.uuid = bought.uuid
join event on event.uuid = bought.event
order by place
"""  # noqa: S608  # what is put in is ours
