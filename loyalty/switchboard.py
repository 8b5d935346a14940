"""
What happens after what: fact → handlers, in order.

*now* runs inside the transaction that wrote the fact, for what the caller expects to see when the
call returns. *later* runs after commit, from the event store; each consumer has its own cursor and
sees every fact at least once, in order. Nothing subscribes anywhere else.
"""

from accounts.ledger import setup
from accounts.services import level_moves, segment_members
from earning import handlers as earning
from loyalty.core.consumers import Consumer
from loyalty.core.events import Handler
from loyalty.portal import welcome

NOW: dict[str, tuple[Handler, ...]] = {
    "store.created": (setup.open_store_of,),
    "account.created": (earning.pay_new_account,),
    "customer.signed_in": (earning.pay_sign_in,),
    "customer.subscribed_to_newsletter": (earning.pay_newsletter,),
    # Levels that follow points (LV 4.2). Spending, blocking, expiry and resets are not here: they
    # only lower what is left to spend, and that brings nobody down but in the job (LV-8, C4).
    "points.added": (level_moves.follow_points,),
    "points.unlocked": (level_moves.follow_points,),
    "points.unblocked": (level_moves.follow_points,),
    "points.transferred": (level_moves.follow_points,),
    "points.reverted": (level_moves.follow_points,),
    "points.returned": (level_moves.follow_points,),
    "points.canceled": (level_moves.follow_points,),
    # A purchase checks its customer itself, down the stairs.
    # The segments first: the rule may be for one of them.
    "customer.activated": (segment_members.recheck_of, earning.pay_newsletter_of_activated),
    "customer.deactivated": (segment_members.recheck_of,),
    "customer.updated": (segment_members.recheck_of,),
}

# Webhooks and statistics will stand here, too.
LATER: tuple[Consumer, ...] = (
    Consumer("welcome-mail", welcome.welcome, facts=frozenset({"customer.registered"})),
)
