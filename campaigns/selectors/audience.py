"""Whom rewards are meant for, and how many that are. Source: VIS-3, VIS-4."""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import Customer, CustomerStatus, Segment, SegmentMembership
from accounts.selectors.ladder import get_ladder
from campaigns.models import CampaignCategory, RewardCampaign
from loyalty.core import sql
from loyalty.core.models import Store

# A count that took long is kept for so many times as long, and at most that many seconds.
KEPT_TIMES, KEPT_SECONDS_MAX = 100, 60.0

Target = tuple[frozenset[int], frozenset[int]]

_counts: dict[tuple[int, Target], tuple[float, int]] = {}


def list_targeted(campaign: RewardCampaign) -> QuerySet[Customer]:
    """Return the customers on one of a reward's levels or in one of its active segments (VIS-3)."""
    members = SegmentMembership.objects.filter(
        segment__in=campaign.segment_ids, segment__is_active=True
    )
    return (
        Customer.objects.in_store(campaign.store_id)
        .filter(Q(level__in=campaign.level_ids) | Q(pk__in=members.values("customer")))
        .exclude(status=CustomerStatus.DELETED)
        .order_by("-created_at", "-pk")
    )


def count_targeted(store: Store, campaigns: Iterable[RewardCampaign]) -> dict[int, int]:
    """
    Return for how many customers each reward is meant. One query for all, or none.

    Counting a million customers for every list is out of the question: a count stays for a hundred
    times as long as it took, so that a small store's is as good as exact.
    """
    targets = {campaign.pk: _target_of(campaign) for campaign in campaigns}
    now = time.monotonic()
    missing = {
        target for target in targets.values() if _counts.get((store.pk, target), (0.0, 0))[0] <= now
    }
    if missing:
        _count(store, list(missing), now)
    return {pk: _counts[store.pk, target][1] for pk, target in targets.items()}


def _target_of(campaign: RewardCampaign) -> Target:
    return frozenset(campaign.level_ids), frozenset(campaign.segment_ids)


def _count(store: Store, targets: list[Target], started: float) -> None:
    # Rows of (target, level, segment): PostgreSQL has no arrays of arrays of different lengths.
    rows = [
        *((n, level, None) for n, (levels, _) in enumerate(targets) for level in levels),
        *((n, None, segment) for n, (_, segments) in enumerate(targets) for segment in segments),
    ]
    numbers, levels, segments = zip(*rows, strict=True) if rows else ((), (), ())
    arguments = {
        "store": store.pk,
        "numbers": list(numbers),
        "levels": list(levels),
        "segments": list(segments),
    }
    found: dict[int, int] = dict(sql.read(_COUNT, arguments))
    ended = time.monotonic()
    until = ended + min(KEPT_SECONDS_MAX, (ended - started) * KEPT_TIMES)
    if len(_counts) > 10_000:
        _counts.clear()
    for number, target in enumerate(targets):
        _counts[store.pk, target] = (until, int(found.get(number, 0)))


# Levels are disjoint, so they are counted once for all and added up. Who is in a segment and not on
# one of the target's levels is counted besides.
_COUNT = """
with wanted as (
    select * from unnest(%(numbers)s::int[], %(levels)s::bigint[], %(segments)s::bigint[])
        as w (number, level_id, segment_id)
), level as (
    select level_id, count(*) as members from accounts_customer
    where store_id = %(store)s::bigint and status <> 'deleted'
        and level_id in (select level_id from wanted)
    group by level_id
), both_kinds as (
    select w.number, l.members from wanted w join level l on l.level_id = w.level_id
    union all
    select w.number, count(distinct m.customer_id) from wanted w
    join accounts_segment s on s.id = w.segment_id and s.is_active
    join accounts_segmentmembership m on m.segment_id = s.id
    join accounts_customer c on c.id = m.customer_id and c.status <> 'deleted'
    where not exists (
        select from wanted v where v.number = w.number and v.level_id = c.level_id
    )
    group by w.number
)
select number, sum(members)::bigint from both_kinds group by number
"""


@dataclass(frozen=True)
class Names:
    """What the ids in rewards are called; by primary key: (uuid as text, name)."""

    levels: dict[int, tuple[str, str]]
    segments: dict[int, tuple[str, str]]
    categories: dict[int, tuple[str, str]]


def get_names(store: Store, campaigns: Collection[RewardCampaign], *, locale: str = "en") -> Names:
    """
    Return the names of all levels, segments and categories that these rewards name (VIS-5).

    At most three queries; levels come from what the process knows.
    """
    segment_ids = {pk for campaign in campaigns for pk in campaign.segment_ids}
    category_ids = {pk for campaign in campaigns for pk in campaign.category_ids}
    segments = Segment.objects.in_store(store).filter(pk__in=segment_ids) if segment_ids else ()
    categories = (
        CampaignCategory.objects.in_store(store)
        .filter(pk__in=category_ids)
        .prefetch_related("translations")
        if category_ids
        else ()
    )
    return Names(
        levels={step.id: (str(step.uuid), step.name(locale)) for step in get_ladder(store).steps},
        segments={each.pk: (str(each.uuid), each.name) for each in segments},
        categories={each.pk: (str(each.uuid), each.translated(locale)) for each in categories},
    )
