"""
The socket for who brought a new customer.

The room of invitations, above this one, fills it; registering a customer asks it once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Customer


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a new customer says of who brought them; empty: nothing."""

    token: str = ""
    referrer_email: str = ""


Attacher = Callable[[Customer, Introduction, datetime], None]

_attachers: list[Attacher] = []


def register_attacher(attach: Attacher) -> None:
    """Take the function that ties a new customer to an invitation. Called once, at the start."""
    _attachers[:] = [attach]


def attach(customer: Customer, introduction: Introduction, *, now: datetime) -> None:
    """Tie a customer who was just written to who brought them, where they say so and it is so."""
    if introduction.token or introduction.referrer_email:
        for attacher in _attachers:
            attacher(customer, introduction, now)
