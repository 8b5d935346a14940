"""
Make rows of ours of the other server's, with its ids and dates.

They are written as they stand there, by no command: nothing is earned, told or sent again. What is
here already is left as it is, so each may be begun again.
"""

from collections.abc import Callable

from django.db import DatabaseError, transaction

from loyalty.moving_in.builders import earning, people, purchases, rewards
from loyalty.moving_in.builders.known import Known, Row, Unfit

BUILDERS: dict[str, Callable[[Known, Row], None]] = {
    "levels": people.level,
    "pos": people.pos,
    "sellers": people.seller,
    "segments": people.segment,
    "categories": rewards.category,
    "campaigns": rewards.campaign,
    "rules": earning.rule,
    "customers": people.customer,
    "invitations": earning.invitation,
    "transactions": purchases.document,
    "coupons": rewards.coupon,
}


def build(known: Known, resource: str, content: Row) -> None:
    """
    Make what one row of a resource tells of, unless it is here.

    :raises Unfit: it tells what cannot be here; nothing was written.
    """
    try:
        with transaction.atomic():
            BUILDERS[resource](known, content)
    except (KeyError, TypeError, ValueError, ArithmeticError, DatabaseError) as error:
        raise Unfit(str(error).splitlines()[0]) from error
