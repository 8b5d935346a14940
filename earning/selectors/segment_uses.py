"""Which earning rules are meant for a segment; the room of segments asks through its socket."""

from accounts.models import Segment
from accounts.selectors.segments import Use
from earning.models import EarningRule


def list_uses(segment: Segment) -> list[Use]:
    """Return the rules that name a segment, active or not. One query."""
    rules = EarningRule.objects.in_store(segment.store_id).filter(segments=segment)
    return [
        Use("earning rule", pk, name)
        for pk, name in rules.order_by("name", "pk").values_list("pk", "name")
    ]
