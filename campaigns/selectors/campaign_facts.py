"""What lists and details tell of rewards beyond their own rows, read for all of them at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from campaigns.models import DEFAULT_LOCALE, RewardCampaign
from campaigns.selectors import audience, connected_rules, usage
from campaigns.selectors.audience import Names
from campaigns.selectors.connected_rules import ConnectedRule
from campaigns.selectors.usage import Tally
from loyalty.core import sql
from loyalty.core.models import Store

# A pool of more codes than that is not printed: its list would fit no answer.
CODES_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    `names` of what rewards are for; by primary key of each reward its `tallies`, `visible_for` how
    many customers, and `codes`, all of its pool; `rules` by their uuids.
    """

    names: Names = field(default_factory=lambda: Names({}, {}, {}))
    tallies: Mapping[int, Tally] = field(default_factory=dict)
    visible_for: Mapping[int, int] = field(default_factory=dict)
    codes: Mapping[int, list[str]] = field(default_factory=dict)
    rules: Mapping[UUID, ConnectedRule] = field(default_factory=dict)


def get_facts(
    store: Store,
    campaigns: Sequence[RewardCampaign],
    *,
    now: datetime,
    locale: str = DEFAULT_LOCALE,
    with_codes: bool = False,
    tallies: Mapping[int, Tally] | None = None,
) -> Facts:
    """Return what is told of rewards of one store, by as many queries for a thousand as for one."""
    if not campaigns:
        return Facts()
    if tallies is None:
        tallies = usage.get_tallies([campaign.pk for campaign in campaigns])
    rules = [each.earning_rule_uuid for each in campaigns if each.earning_rule_uuid]
    visible = [campaign for campaign in campaigns if campaign.is_visible_at(now)]
    return Facts(
        names=audience.get_names(store, campaigns, locale=locale),
        tallies=tallies,
        visible_for=audience.count_targeted(store, visible),
        codes=_codes(tallies) if with_codes else {},
        rules=connected_rules.get_rules(store, rules),
    )


def _codes(tallies: Mapping[int, Tally]) -> dict[int, list[str]]:
    """Return the codes of all pools that are small enough, in their order."""
    small = [pk for pk, tally in tallies.items() if 0 < tally.codes <= CODES_MAX]
    codes: dict[int, list[str]] = {}
    for pk, code in sql.read(CODES, (small,)) if small else ():
        codes.setdefault(pk, []).append(code)
    return codes


CODES = """
select campaign_id, code from campaigns_couponcode
where campaign_id = any(%s::bigint[]) order by campaign_id, position, id
"""
