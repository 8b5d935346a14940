"""Which rewards are meant for a segment; the room of segments asks through its socket."""

from accounts.models import Segment
from accounts.selectors.segments import Use
from campaigns.models import RewardCampaign


def list_uses(segment: Segment) -> list[Use]:
    """Return the rewards that name a segment, active or not. Two queries."""
    rewards = (
        RewardCampaign.objects.in_store(segment.store_id)
        .filter(segment_ids__contains=[segment.pk])
        .prefetch_related("translations")
        .order_by("pk")
    )
    return [Use("reward", reward.pk, reward.name) for reward in rewards]
