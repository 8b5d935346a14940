"""
What happens after what: fact → handlers, in order.

*now* runs inside the transaction that wrote the fact, for what the caller expects to see when the
call returns. *later* runs after commit, from the event store; each consumer has its own cursor and
sees every fact at least once, in order. Nothing subscribes anywhere else.
"""

from accounts.ledger import setup
from accounts.selectors import qualifying
from accounts.services import forgetting as accounts_forgetting
from accounts.services import level_moves, segment_members
from campaigns.services import forgetting as campaigns_forgetting
from campaigns.services import payouts
from earning import handlers as earning
from earning.services import forgetting as earning_forgetting
from loyalty import webhooks
from loyalty.core.consumers import Consumer
from loyalty.core.events import Handler, OnlyIn
from loyalty.core.messages import outbox
from loyalty.notices.tellings import TELLINGS, VOICE
from transactions.services import forgetting as transactions_forgetting

FOLLOW_POINTS = OnlyIn(
    qualifying.follows_points, level_moves.follow_points, level_moves.follow_points_of
)

NOW: dict[str, tuple[Handler, ...]] = {
    "store.created": (setup.open_store_of,),
    "account.created": (earning.pay_new_account,),
    "customer.signed_in": (earning.pay_sign_in,),
    "customer.subscribed_to_newsletter": (earning.pay_newsletter,),
    # Levels that follow points (LV 4.2). Spending, blocking, expiry and resets are not here: they
    # only lower what is left to spend, and that brings nobody down but in the job (LV-8, C4).
    "points.added": (FOLLOW_POINTS,),
    "points.unlocked": (FOLLOW_POINTS,),
    "points.unblocked": (FOLLOW_POINTS,),
    "points.transferred": (FOLLOW_POINTS,),
    "points.reverted": (FOLLOW_POINTS,),
    "points.returned": (FOLLOW_POINTS,),
    "points.canceled": (FOLLOW_POINTS,),
    # A purchase checks its customer itself, down the stairs.
    # The segments first: the rule may be for one of them.
    "customer.activated": (segment_members.recheck_of, earning.pay_newsletter_of_activated),
    "customer.deactivated": (segment_members.recheck_of,),
    "customer.updated": (segment_members.recheck_of,),
    "customer.deleted": (segment_members.recheck_of,),
    # Each room forgets its own, and still reads by whose name; the record itself goes last.
    "customer.anonymized": (
        transactions_forgetting.forget_buyer,
        earning_forgetting.forget_invitations,
        campaigns_forgetting.forget_buyer,
    ),
}

# Statistics will stand here, too.
LATER: tuple[Consumer, ...] = (
    Consumer("welcome-mail", outbox.tell, facts=frozenset({"customer.registered"})),
    webhooks.CONSUMER,
    Consumer(
        "forget-customers",
        accounts_forgetting.forget_late,
        facts=frozenset({"customer.anonymized"}),
    ),
    Consumer("cashback-payouts", payouts.ask, facts=frozenset({"campaign.bought"})),
    Consumer("invitation-mail", outbox.tell, facts=frozenset({"invitation.created"})),
    Consumer(
        "messages",
        outbox.tell,
        facts=frozenset(
            {telling.fact for telling in TELLINGS} - {"customer.registered", "invitation.created"}
        ),
    ),
)

# What the facts above are told as, and to whom.
MESSAGES = (TELLINGS, VOICE)
