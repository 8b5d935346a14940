"""What the platform's facts earn: called by the switchboard, inside the fact's transaction."""

from earning.models import StoreEvent
from earning.services import occasions
from loyalty.core.events import Handler, OnlyIn
from loyalty.core.models import Event

NEWSLETTER_FACT = "customer.subscribed_to_newsletter"


def _pay_new_account(event: Event) -> None:
    """Pay for a new account, before it is activated (ER 3.4)."""
    _pay(event, StoreEvent.ACCOUNT_CREATED)


def _pay_sign_in(event: Event) -> None:
    """Pay for every successful sign-in; there is no limit."""
    _pay(event, StoreEvent.LOGGED_IN)


def _pay_newsletter(event: Event) -> None:
    """Pay for the marketing agreement; who waits for activation is paid then."""
    if event.payload["status"] != "new":
        _pay(event, StoreEvent.NEWSLETTER)


def _pay_newsletter_of_activated(event: Event) -> None:
    """
    Pay for the marketing agreement that a new customer gave before they were activated.

    Nobody else: letting a blocked customer back in is no second subscription.
    """
    if not event.payload["wasNew"] or event.customer_id is None:
        return
    facts = Event.objects.filter(customer_id=event.customer_id, type=NEWSLETTER_FACT)
    if facts.exists():
        _pay(event, StoreEvent.NEWSLETTER)


def _pay(event: Event, store_event: StoreEvent) -> None:
    assert event.store is not None
    assert event.customer_id is not None
    occasions.happened(
        store=event.store,
        customer_id=event.customer_id,
        event=store_event,
        now=event.recorded_at,
    )


def _where_paid(event: StoreEvent, handler: Handler) -> OnlyIn:
    return OnlyIn(lambda store: occasions.is_paid(store, event), handler)


pay_new_account = _where_paid(StoreEvent.ACCOUNT_CREATED, _pay_new_account)
pay_sign_in = _where_paid(StoreEvent.LOGGED_IN, _pay_sign_in)
pay_newsletter = _where_paid(StoreEvent.NEWSLETTER, _pay_newsletter)
pay_newsletter_of_activated = _where_paid(StoreEvent.NEWSLETTER, _pay_newsletter_of_activated)
