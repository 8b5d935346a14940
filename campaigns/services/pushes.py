"""
Tell customers on their devices that a reward has become available to them. Source: PSH-1, PSH-2.

The job finds whom a reward is newly meant for and appends a fact for each; the messages hear of it
from the event store. Sets by chunks, which may be stopped anywhere.
"""

from datetime import datetime

from campaigns import events
from campaigns.models import PushStart, RewardCampaign
from campaigns.services.issuing import TARGETED
from loyalty.core import clock, sql
from loyalty.core.jobs import Run
from loyalty.core.models import Store

CHUNK = 2_000


def push_new(now: datetime | None = None, *, run: Run | None = None) -> int:
    """
    Tell each customer with a device of each live reward with a push text, once in a life.

    Returns how many are told. A store's first run only notes whom its rewards are meant for.
    """
    now, run = now or clock.now(), run or Run()
    for store in Store.objects.filter(is_active=True).order_by("pk"):
        is_started = PushStart.objects.filter(store=store).exists()
        campaigns = RewardCampaign.objects.in_store(store).visible_at(now).order_by("pk")
        for pk in (
            campaigns.filter(is_active=True)
            .exclude(push_notification_text="")
            .values_list("pk", flat=True)
        ):
            _see_all(store, pk, is_started, now, run)
        if not is_started:
            PushStart.objects.get_or_create(store=store, defaults={"started_at": now})
    return run.counts["told"]


def _see_all(store: Store, campaign_id: int, is_told: bool, now: datetime, run: Run) -> None:
    arguments = {
        "store": store.pk,
        "campaign": campaign_id,
        "is_told": is_told,
        "type": events.BECAME_AVAILABLE,
        "now": now,
        "limit": CHUNK,
    }
    while True:
        with run.chunk() as done:
            rows = sql.write(SEE, arguments)
            facts = [row[0] for row in rows if row[0] is not None]
            events.dispatch_written(events.BECAME_AVAILABLE, facts)
            done["told" if is_told else "noted"] = len(rows)
        if len(rows) < CHUNK:
            return


# Whoever has no device is not seen: they are new on the day that they have one.
SEE = f"""
with seen as (
    insert into campaigns_campaignpush (campaign_id, customer_id, seen_at)
    select r.id, c.id, %(now)s::timestamptz
    from campaigns_rewardcampaign r
    join accounts_customer c on c.store_id = r.store_id and c.status = 'active'
    where r.id = %(campaign)s::bigint
        and exists (select from accounts_pushtoken t where t.customer_id = c.id)
        and {TARGETED.format(campaign="r", level="c.level_id", customer="c.id")}
        and not exists (
            select from campaigns_campaignpush p
            where p.campaign_id = r.id and p.customer_id = c.id
        )
    order by c.id limit %(limit)s::bigint
    on conflict (campaign_id, customer_id) do nothing
    returning campaign_id, customer_id
), fact as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select ledger_uuid7(), %(store)s::bigint, %(type)s::text, c.uuid, c.id,
        jsonb_build_object('customerId', c.uuid, 'campaignId', r.uuid), %(now)s
    from seen
    join accounts_customer c on c.id = seen.customer_id
    join campaigns_rewardcampaign r on r.id = seen.campaign_id
    where %(is_told)s::boolean
    order by c.id
    returning id, customer_id
)
select fact.id from seen left join fact on fact.customer_id = seen.customer_id
"""  # noqa: S608  # what is put in is ours
