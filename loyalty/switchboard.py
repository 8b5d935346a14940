"""
What happens after what: fact → handlers, in order.

*now* runs inside the transaction that wrote the fact, for what the caller expects to see when the
call returns. *later* runs after commit, from the event store; each consumer has its own cursor and
sees every fact at least once, in order. Nothing subscribes anywhere else.
"""

from accounts.ledger import setup
from loyalty.core.consumers import Consumer
from loyalty.core.events import Handler

NOW: dict[str, tuple[Handler, ...]] = {
    "store.created": (setup.open_store_of,),
}

# Webhooks, messages and statistics will stand here.
LATER: tuple[Consumer, ...] = ()
