"""
Coupon codes are worth money: who may not change rewards sees no more of them than their ends.

A transfer's comment names the code that it paid for (BUY-9), so this stands in the lowest room.
"""

import re

from accounts.models import Resource
from loyalty.core.actors import Actor

SHOWN = 3
HIDDEN = "••••"
IN_COMMENT = re.compile(r"(, coupon: )(.+)\Z", re.DOTALL)


def sees(actor: Actor) -> bool:
    """Return whether somebody sees codes whole; sellers and customers see only customers' own."""
    return not actor.is_staff or actor.can_modify(Resource.REWARD_CAMPAIGN)


def hidden(code: str) -> str:
    """Return what may be shown of a code: its end, if that tells little."""
    if not code:
        return ""
    return f"{HIDDEN}{code[-SHOWN:]}" if len(code) > 2 * SHOWN else HIDDEN


def shown(code: str, actor: Actor) -> str:
    return code if sees(actor) else hidden(code)


def hidden_in(comment: str) -> str:
    """Return a transfer's comment without the code that it names."""
    return IN_COMMENT.sub(lambda found: found[1] + hidden(found[2]), comment)


def comment_for(actor: Actor, comment: str) -> str:
    return comment if sees(actor) else hidden_in(comment)
