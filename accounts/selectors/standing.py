"""Where a customer stands: points, level, and how far the next level is. Source: LV 4.6."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Customer
from accounts.selectors import balances, qualifying
from accounts.selectors.ladder import Step, get_ladder
from loyalty.core.store_settings import DowngradeMode

ZERO = Decimal(0)
DAY = timedelta(days=1)
# Where `after_x_days` comes without a number (§9).
DOWNGRADE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Retention:
    """
    When a level ends that must be earned again, and what for (mode `after_x_days`).

    `days`: begun days until the next recalculation, 0 when it is due. `earned`: points since the
    last one. `required`: how many more keep the level.
    """

    days: int
    earned: Decimal
    required: Decimal


@dataclass(frozen=True, slots=True)
class Progress:
    """
    A customer's level and the next one; None: none, or the top.

    `amount`: what counts for the level: money on the `transactions` basis, points on the other.
    `missing`: how much more of it the next level needs. `retention`: None where no level ends.
    """

    current: Step | None
    next: Step | None
    amount: Decimal
    missing: Decimal | None
    retention: Retention | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    figures: balances.Figures
    progress: Progress


def get_standing(customer: Customer, now: datetime) -> Standing:
    """
    Return a customer's points and level; `customer.store` must be loaded.

    One query, and another where levels follow points.
    """
    return Standing(
        figures=balances.get_figures(customer.wallet_id, now, zone=customer.store.zone),
        progress=get_progress(customer, now),
    )


def get_progress(customer: Customer, now: datetime) -> Progress:
    """
    Return a customer's level and the next.

    No query once the process knows the levels; one where they follow points.
    """
    ladder = get_ladder(customer.store)
    current = ladder.by_id.get(customer.level_id) if customer.level_id else None
    if not qualifying.follows_points(customer.store):
        amount = qualifying.amount_of_purchases(customer)
        following = ladder.next_after(amount, current)
        return Progress(current, following, amount, _missing(following, amount))
    found = qualifying.assess_points(customer.pk, store=customer.store, now=now)
    following = ladder.next_after(found.amount, current)
    return Progress(
        current,
        following,
        found.amount,
        _missing(following, found.amount),
        _retention(customer, current, found.earned, now),
    )


def get_recalculation_time(customer: Customer) -> datetime:
    """Return when the job assesses a customer next, in the mode `after_x_days` (LV-14)."""
    since = customer.last_level_recalculation_at or customer.created_at
    return since + timedelta(days=downgrade_days(customer.store.settings.level_downgrade_days))


def downgrade_days(chosen: int | None) -> int:
    return chosen or DOWNGRADE_DAYS


def _missing(following: Step | None, amount: Decimal) -> Decimal | None:
    return following.condition_value - amount if following else None


def _retention(
    customer: Customer, current: Step | None, earned: Decimal, now: datetime
) -> Retention | None:
    """None for members by hand, too: their level does not end (C5)."""
    mode = customer.store.settings.level_downgrade_mode
    if mode != DowngradeMode.AFTER_X_DAYS or customer.manually_assigned_level_id is not None:
        return None
    left = get_recalculation_time(customer) - now
    required = (current.condition_value if current else ZERO) - earned
    # Days are rounded up: the negative of a floor.
    return Retention(max(0, -(-left // DAY)), earned, max(ZERO, required))
