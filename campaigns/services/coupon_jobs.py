"""
Write down what time has done to coupons, and tell of coupons that end soon. Source: CPN-4, CPX-1.

No answer waits for these jobs: whether a coupon can be used is computed from its dates (CPN-5).
Sets by chunks, which may be stopped anywhere.
"""

from datetime import datetime, timedelta

from campaigns import events
from campaigns.models import RewardCampaign
from campaigns.selectors import usage
from loyalty.core import clock, sql
from loyalty.core.jobs import Run
from loyalty.core.models import Store

CHUNK = 5_000


def activate_due(now: datetime | None = None, *, run: Run | None = None) -> int:
    """Make active what has waited long enough; return how many."""
    return _change(ACTIVATE, "activated", now or clock.now(), run or Run())


def expire_due(now: datetime | None = None, *, run: Run | None = None) -> int:
    """Expire what has ended unused; return how many."""
    return _change(EXPIRE, "expired", now or clock.now(), run or Run())


def _change(statement: str, counted: str, now: datetime, run: Run) -> int:
    while True:
        with run.chunk() as done:
            done[counted] = int(sql.write(statement, {"now": now, "limit": CHUNK})[0][0])
        if done[counted] < CHUNK:
            return run.counts[counted]


# Whoever marks one of them as used just now has it locked: the next run looks again.
ACTIVATE = """
with due as (
    select id from campaigns_coupon
    where status = 'inactive' and active_since <= %(now)s::timestamptz
    order by active_since limit %(limit)s::bigint
    for no key update skip locked
), changed as (
    update campaigns_coupon c set status = 'active' from due where c.id = due.id returning 1
)
select count(*) from changed
"""
EXPIRE = """
with due as (
    select id from campaigns_coupon
    where status = 'active' and not is_used and active_to is not null
        and active_to <= %(now)s::timestamptz
    order by active_to limit %(limit)s::bigint
    for no key update skip locked
), changed as (
    update campaigns_coupon c set status = 'expired' from due where c.id = due.id returning 1
)
select count(*) from changed
"""


def alert_low_stock(now: datetime | None = None, *, run: Run | None = None) -> int:
    """
    Tell once of each pool that has fewer free codes than its threshold; return of how many.

    A pool that was filled up is told of anew the next time.
    """
    now, run = now or clock.now(), run or Run()
    campaigns = RewardCampaign.objects.filter(low_stock_threshold__gt=0, is_active=True)
    for campaign in campaigns.filter(is_single_coupon=False).select_related("store"):
        free = usage.get_tally(campaign).free
        is_low = free < campaign.low_stock_threshold
        if is_low == (campaign.low_stock_alerted_at is not None):
            continue
        with run.chunk() as done:
            same = RewardCampaign.objects.filter(
                pk=campaign.pk, low_stock_alerted_at=campaign.low_stock_alerted_at
            )
            if same.update(low_stock_alerted_at=now if is_low else None) and is_low:
                events.pool_low(campaign, free=free, now=now)
                done["told"] = 1
    return run.counts["told"]


def warn_of_expiring(now: datetime | None = None, *, run: Run | None = None) -> int:
    """
    Tell of each coupon that ends on the day to warn of, and only of those; return of how many.

    The day is today and `expireCouponsNotificationDays` more, in the store's zone (CPX-1). Of none
    twice: it is written down with the fact, which names no code.
    """
    now, run = now or clock.now(), run or Run()
    for store in Store.objects.filter(is_active=True).order_by("pk"):
        today = now.astimezone(store.zone).date()
        day = today + timedelta(days=store.settings.expire_coupons_notification_days)
        arguments = {
            "store": store.pk,
            "start": clock.start_of_day(day, store.zone),
            "end": clock.start_of_day(day + timedelta(days=1), store.zone),
            "type": events.COUPON_EXPIRING_SOON,
            "now": now,
            "limit": CHUNK,
        }
        while True:
            with run.chunk() as done:
                facts = [row[0] for row in sql.write(WARN, arguments)]
                events.dispatch_written(events.COUPON_EXPIRING_SOON, facts)
                done["told"] = len(facts)
            if len(facts) < CHUNK:
                break
    return run.counts["told"]


# Each status by its own index. Whoever uses one just now need not be told of it.
WARN = """
with due as (
    select p.id from campaigns_coupon p join accounts_customer c on c.id = p.customer_id
    where p.id in (
        select id from campaigns_coupon
        where status = 'active' and not is_used and active_to is not null
            and active_to >= %(start)s::timestamptz and active_to < %(end)s::timestamptz
        union all
        select id from campaigns_coupon
        where status = 'inactive' and active_to >= %(start)s and active_to < %(end)s
    )
        and p.store_id = %(store)s::bigint and p.expiry_told_at is null and c.status <> 'deleted'
    order by p.id limit %(limit)s::bigint
    for no key update of p skip locked
), told as (
    update campaigns_coupon p set expiry_told_at = %(now)s::timestamptz
    from due, accounts_customer c, campaigns_rewardcampaign r
    where p.id = due.id and c.id = p.customer_id and r.id = p.campaign_id
    returning p.id, p.uuid, p.active_to, c.id as customer_id, c.uuid as customer_uuid,
        r.uuid as campaign_uuid
)
insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
select ledger_uuid7(), %(store)s, %(type)s::text, customer_uuid, customer_id, jsonb_build_object(
        'customerId', customer_uuid, 'campaignId', campaign_uuid, 'couponId', uuid,
        'expiresAt', floor(extract(epoch from active_to))::bigint
    ), %(now)s
from told order by id
returning id
"""
