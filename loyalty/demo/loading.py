"""Make the whole demo store, in order."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Customer
from loyalty.core import consumers
from loyalty.core.models import DEFAULT_STORE_CODE, Store
from loyalty.demo import cast, friends, program, rewards, rules, segments, shelf, staff
from loyalty.demo.crowd import DAYS, Year

# The consumers that write to people.
TOLD = ("welcome-mail", "invitation-mail", "messages")


class NotEmpty(Exception):
    """There are customers already: somebody works with this installation."""


def is_loaded() -> bool:
    return Customer.objects.filter(uuid=cast.JOHN).exists()


@transaction.atomic
def load(*, now: datetime) -> None:
    """
    Make the demo store in the store `DEFAULT`: all of it, or nothing.

    :raises NotEmpty: there are customers.
    """
    if Customer.objects.exists():
        raise NotEmpty
    opened = now - timedelta(days=DAYS + 1)
    store = program.configure(Store.objects.get(code=DEFAULT_STORE_CODE), now=opened)
    program.open_outlet(now=opened)
    levels = program.make_levels(store, now=opened)
    places = program.make_places(store, now=opened)
    rules.make_rules(store, levels, now=opened)
    staff.make_staff(now=opened)
    staff.make_sellers(store, places, now=opened)
    people = cast.register(store, now=opened)
    sold = shelf.Shelf(store, levels, now=opened)
    year = Year(store, places, sold, until=now)
    # John and Jane are regulars; the others have only what the reference shows.
    year.plan(people[:2])
    year.live()
    friends.bring_friends(store, people[1], now=now)
    cast.register_waiting(store, now=now - timedelta(hours=2))
    cast.give_points(people, now=now)
    cast.sell(store, now=now)
    rewards.take_printed(sold, people, now=now)
    shelf.show_pictures(sold)
    # Nobody is written to about a made-up year.
    for consumer in TOLD:
        consumers.pass_over(consumer)
    segments.make_segments(store, now=now)
