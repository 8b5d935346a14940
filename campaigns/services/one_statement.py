"""
Buy one coupon out of a pool in one statement: the way of nearly every purchase.

It locks the buyer, then the wallet, counts, takes the code, spends the points and writes coupon and
facts, in the order of the long way in `rewards` and `issuing`, which it falls back to whenever
anything is not as usual: the long way finds the reason for a refusal. Python decides by the reward
that the caller read; each change of a reward moves its number `terms`, also in the rows that
count it, which is compared under the lock on the count: nobody buys by terms that were changed
meanwhile. Source: BUY-9…11, LIM-2…7.
"""

import json
from datetime import datetime
from uuid import UUID

from django.db import DataError, connection, transaction

from accounts.ledger import debits, records, sql
from accounts.ledger.debits import Debit
from accounts.ledger.wallets import Holder
from accounts.models import Customer
from campaigns import events
from campaigns.amounts import life_of
from campaigns.models import Coupon, CouponOrigin, CouponStatus, RewardCampaign
from campaigns.services.issuing import NAME, SHARD, SHARDS, TARGETED
from loyalty.core.models import uuid7
from loyalty.core.sql import Long


class _Unfinished(Exception):
    """A part could be written and another could not: all is undone."""


def buy(
    *,
    campaign: RewardCampaign,
    customer: Customer,
    issuer: str,
    is_for_all: bool,
    now: datetime,
) -> Coupon | None:
    """
    Buy a coupon for the campaign's cost; None: nothing was written, go the long way.

    The caller has found the campaign active, and visible where it must be. `is_for_all`: it need
    not be meant for this customer. Outside of a transaction the statement is one of its own.
    """
    assert campaign.store_id == customer.store_id
    if not campaign.has_pool or campaign.cost_in_points <= 0:
        return None
    try:
        if not connection.in_atomic_block:
            return _write(campaign, customer, issuer, is_for_all, now)
        with transaction.atomic():
            return _write(campaign, customer, issuer, is_for_all, now)
    except _Unfinished:
        return None


def _write(
    campaign: RewardCampaign, customer: Customer, issuer: str, is_for_all: bool, now: datetime
) -> Coupon | None:
    spending = debits.spend_arguments(
        Debit(
            holder=Holder(customer.wallet_id, customer.pk, customer.store),
            amount=campaign.cost_in_points,
            issuer=issuer,
        ),
        now=now,
    )
    coupon = _begun(campaign, customer, spending["uuid"], now)
    arguments = spending | {
        "campaign": sql.whole(campaign.pk),
        "terms": sql.whole(campaign.terms),
        "store": sql.whole(campaign.store_id),
        "statuses": [*customer.store.settings.customer_statuses_spending],
        "is_for_all": is_for_all,
        "limit": sql.whole(campaign.limit),
        "limit_per_user": sql.whole(campaign.limit_per_user),
        "shards": SHARDS,
        "coupon": coupon.uuid,
        "campaign_type": coupon.campaign_type,
        "tax_price_value": coupon.tax_price_value,
        "status": coupon.status,
        "active_since": coupon.active_since,
        "active_to": coupon.active_to,
        "fact_uuid": uuid7(),
        "fact_type": events.BOUGHT,
        "fact": json.dumps(events.bought(coupon, campaign, customer)),
    }
    try:
        rows = sql.once(_SINGLE if campaign.is_single_coupon else _POOL, arguments)
    except DataError as error:
        raise _Unfinished from error
    if not rows:
        return None
    [(pk, pool_code, code, name, points_after, spent_fact, bought_fact, _)] = rows
    coupon.__dict__.update(
        id=pk, pool_code_id=pool_code, code=code, campaign_name=name, points_after=points_after
    )
    coupon.store = customer.store
    holder = Holder(customer.wallet_id, customer.pk, customer.store)
    records.dispatch_fact(debits.SPENT, spent_fact, campaign.store_id, holder, now)
    events.dispatch_written(events.BOUGHT, [bought_fact])
    return coupon


def _begun(
    campaign: RewardCampaign, customer: Customer, posting_uuid: UUID, now: datetime
) -> Coupon:
    """Return the coupon as far as it is known before its code is."""
    life = life_of(days_inactive=campaign.days_inactive, days_valid=campaign.days_valid, now=now)
    coupon: Coupon = records.loaded(
        Coupon,
        uuid=uuid7(),
        store_id=campaign.store_id,
        campaign_id=campaign.pk,
        customer_id=customer.pk,
        campaign_type=campaign.type,
        campaign_name="",
        cost_in_points=campaign.cost_in_points,
        tax_price_value=campaign.tax_price_value,
        posting_uuid=posting_uuid,
        holds_code=not campaign.is_single_coupon,
        origin=CouponOrigin.BOUGHT,
        status=CouponStatus.INACTIVE if life.active_since else CouponStatus.ACTIVE,
        active_since=life.active_since,
        active_to=life.active_to,
        purchased_at=now,
        transaction_uuid=None,
        is_used=False,
        used_at=None,
        delivery_status="",
    )
    return coupon


_LOCK, _SPEND = debits.spending_within(
    wallet="(select customer.wallet_id from customer, terms)",
    condition="exists (select from code)",
    comment="(select terms.name || ', coupon: ' || code.code from terms, code)",
)
# A code that another buyer is just taking is passed over.
_NEXT_CODE = """free as (
    select id from campaigns_couponcode
    where campaign_id = %(campaign)s::bigint and not is_issued and exists (select from tally)
    order by position, id limit 1
    for update skip locked
), code as (
    update campaigns_couponcode c set is_issued = true
    from free where c.id = free.id
    returning c.id, c.code
)"""
# Once in a customer's hands it stays in the pool, so it needs no lock.
_FIRST_CODE = """code as (
    select id, code from campaigns_couponcode
    where campaign_id = %(campaign)s::bigint and exists (select from tally)
    order by position, id limit 1
)"""
# In the order of the index: any code would be looked for among all.
_IS_LEFT = """(
        select true from campaigns_couponcode f where f.campaign_id = c.id and not f.is_issued
        order by f.position, f.id limit 1
    )"""
_IS_OUT = """(
        select f.is_issued from campaigns_couponcode f where f.campaign_id = c.id
        order by f.position, f.id limit 1
    )"""
# The last column fails where a count was changed and no coupon was written after all: then the
# whole statement is undone.
_STATEMENT = """
with customer as materialized (
    select id, uuid, wallet_id, level_id, email, phone, first_name, last_name, address
    from accounts_customer
    where id = %(customer)s::bigint and store_id = %(store)s::bigint
        and status = any(%(statuses)s::text[])
    for no key update
), terms as materialized (
    select c.id, {name} as name
    from customer, campaigns_rewardcampaign c
    join campaigns_campaigntally t
        on t.campaign_id = c.id and t.shard = {shard} and t.terms = c.terms
    where c.id = %(campaign)s::bigint and c.store_id = %(store)s and c.terms = %(terms)s::bigint
        and (%(limit)s::bigint is null or t.used < %(limit)s)
        and (%(is_for_all)s::boolean or {targeted}) and {is_left}
), {lock}, usage as (
    insert into campaigns_customerusage as u (campaign_id, customer_id, used)
    select %(campaign)s, %(customer)s, 1 from usable
    on conflict (customer_id, campaign_id) do update set used = u.used + 1
    where %(limit_per_user)s::bigint is null or u.used < %(limit_per_user)s
    returning used
), tally as (
    update campaigns_campaigntally t
    set used = t.used + 1, issued = t.issued + {issued},
        customers = t.customers + (usage.used = 1)::int
    from usage
    where t.campaign_id = %(campaign)s and t.shard = {shard} and t.terms = %(terms)s
        and (%(limit)s is null or t.used < %(limit)s - (
            select coalesce(sum(o.used), 0) from campaigns_campaigntally o
            where o.campaign_id = %(campaign)s and o.shard <> {shard}
        ))
    returning t.shard
), {code}, {spend}, coupon as (
    insert into campaigns_coupon (
        uuid, store_id, campaign_id, customer_id, code, pool_code_id, holds_code, posting_uuid,
        points_after, origin, purchased_at, campaign_type, campaign_name, cost_in_points,
        tax_price_value, customer_email, customer_phone, customer_first_name, customer_last_name,
        shipping_address, status, active_since, active_to, is_used, delivery_status,
        returned_amount, cashback_provider, payout_status, payout_message
    )
    select %(coupon)s::uuid, %(store)s, %(campaign)s, %(customer)s, code.code, code.id, {holds},
        %(uuid)s, usable.active - %(amount)s, 'bought', %(now)s, %(campaign_type)s::text,
        terms.name, %(amount)s, %(tax_price_value)s::numeric, coalesce(customer.email, ''),
        coalesce(customer.phone, ''), customer.first_name, customer.last_name, customer.address,
        %(status)s::text, %(active_since)s::timestamptz, %(active_to)s::timestamptz, false, '', 0,
        '', '', ''
    from customer, terms, usable, code, posting
    returning id, points_after
), bought as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select %(fact_uuid)s::uuid, %(store)s, %(fact_type)s::text, customer.uuid, customer.id,
        %(fact)s::jsonb || jsonb_build_object('campaignName', terms.name), %(now)s
    from customer, terms, event, coupon
    returning id
)
select coupon.id, code.id, code.code, terms.name, coupon.points_after, event.id, bought.id,
    1 / (coupon.id is not null)::int
from usage cross join terms left join (code cross join coupon cross join event cross join bought)
    on true
"""


def _statement(code: str, *, issued: int, holds: bool, is_left: str) -> Long:
    text = _STATEMENT.format(
        name=NAME,
        shard=SHARD.format(is_limited="%(limit)s::bigint is not null"),
        targeted=TARGETED.format(campaign="c", level="customer.level_id", customer="customer.id"),
        is_left=is_left,
        lock=_LOCK.rstrip(),
        issued=issued,
        code=code,
        spend=_SPEND.rstrip(),
        holds=str(holds).lower(),
    )
    return Long(text)


_POOL = _statement(_NEXT_CODE, issued=1, holds=True, is_left=_IS_LEFT)
_SINGLE = _statement(_FIRST_CODE, issued=0, holds=False, is_left=_IS_OUT)
