"""
Coupon codes are worth money: who may not change rewards sees no more of them than their ends.

A transfer's comment names the code that it paid for (BUY-9), and so do the facts about transfers,
which stand in the lowest room.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet, Value
from django.http import QueryDict

from loyalty.core.actors import Actor
from loyalty.core.exports.kinds import Find
from loyalty.core.models import Store

# Whose rows codes are: accounts.models.Resource's name for it.
RESOURCE = "REWARD_CAMPAIGN"
SHOWN = 3
HIDDEN = "••••"
IN_COMMENT = re.compile(r"(, coupon: )(.+)\Z", re.DOTALL)


def sees(actor: Actor) -> bool:
    """Return whether somebody sees codes whole; sellers and customers see only customers' own."""
    return not actor.is_staff or actor.can_modify(RESOURCE)


def hides_from(actor: Actor) -> bool:
    return not sees(actor)


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


def payload_for(actor: Actor, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a fact tells somebody: the same, but for the code in a comment."""
    told = dict(payload)
    if not sees(actor) and (comment := told.get("comment")):
        told["comment"] = hidden_in(comment)
    return told


def told_of(find: Find) -> Find:
    """Return an export's search whose rows also say whether their reader sees codes whole."""

    def found(store: Store, actor: Actor, query: QueryDict) -> "QuerySet[Any]":
        rows: QuerySet[Any] = find(store, actor, query).annotate(is_code_seen=Value(sees(actor)))
        return rows

    return found


def body_for(actor: Actor, body: str) -> Any:
    """Return what a kept webhook told its receiver, as somebody may see it."""
    told = json.loads(body)
    return told if sees(actor) else _without_codes(told)


def _without_codes(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_codes(each) for each in node]
    if isinstance(node, dict):
        return {
            key: _told(key, value) if isinstance(value, str) else _without_codes(value)
            for key, value in node.items()
        }
    return node


def _told(key: str, text: str) -> str:
    return hidden(text) if key == "coupon" else hidden_in(text)
