"""
Keep changes of a reward and purchases of it apart, without purchases waiting for one another.

Purchases share the lock, so a thousand may run at once; a change waits until they are through, and
those that come meanwhile wait for the change. Those in one statement do not take it; see
`change_terms`. An advisory lock, as it leaves no trace in the row
that every buyer reads.

Whoever wants coupons of a reward as well, takes this lock first.
"""

from collections.abc import Iterable

from loyalty.core import sql

# The first half of the key, among PostgreSQL's advisory locks; the other half is the campaign.
CLASS = 7_301_020


def key(campaign_id: int) -> tuple[int, int]:
    """Return the key of `pg_advisory_xact_lock_shared`, for a statement that locks more."""
    return CLASS, _half(campaign_id)


def share(campaign_ids: Iterable[int]) -> None:
    """Hold rewards as they are until commit, for whoever locks coupons of them afterwards."""
    for campaign_id in sorted(set(campaign_ids)):
        sql.read("select pg_advisory_xact_lock_shared(%s::int, %s::int)", key(campaign_id))


def lock_to_change(campaign_id: int) -> None:
    """Wait for all purchases of a reward that are under way, and keep others out until commit."""
    sql.write("select pg_advisory_xact_lock(%s::int, %s::int)", key(campaign_id))


def change_terms(campaign_id: int) -> int:
    """
    Count a change of what buyers decide by, under the lock to change; return the new number.

    Waits for those who buy without the lock, in one statement: they hold a count until they commit,
    and whoever comes later finds that the number is another one.
    """
    lock_to_change(campaign_id)
    [(terms,)] = sql.write(_CHANGE_TERMS, {"campaign": campaign_id})
    return int(terms)


_CHANGE_TERMS = """
with campaign as (
    update campaigns_rewardcampaign set terms = terms + 1
    where id = %(campaign)s::bigint returning terms
), tallies as (
    update campaigns_campaigntally t set terms = campaign.terms
    from campaign where t.campaign_id = %(campaign)s and t.shard >= 0
)
select terms from campaign
"""


def _half(campaign_id: int) -> int:
    # Two campaigns that share a key only wait for each other.
    return campaign_id % 2**31
