"""
What happens after what: fact → handlers, in order.

*now* runs inside the transaction that wrote the fact, for what the caller expects to see when the
call returns. *later* runs after commit, from the event store; each consumer has its own cursor and
sees every fact at least once, in order. Nothing subscribes anywhere else.
"""

from accounts.ledger import setup
from loyalty.core.consumers import Consumer
from loyalty.core.events import Handler
from loyalty.portal import welcome

NOW: dict[str, tuple[Handler, ...]] = {
    "store.created": (setup.open_store_of,),
}

# Webhooks and statistics will stand here, too.
LATER: tuple[Consumer, ...] = (
    Consumer("welcome-mail", welcome.welcome, facts=frozenset({"customer.registered"})),
)
