"""Where a customer stands: points, level, and how far the next level is. Source: LV 4.6."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from accounts.models import Customer
from accounts.selectors import balances, qualifying
from accounts.selectors.ladder import Step, get_ladder
from loyalty.core import sql
from loyalty.core.models import Store
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


def find_standing(store: Store, uuid: UUID, now: datetime) -> tuple[Customer, Standing] | None:
    """
    Return a customer of a store and where they stand.

    One query, and another where levels follow points.

    The status is the call that tills and apps make all day, so one statement reads both, and of the
    customer only what the status shows; other fields are read when they are used.
    """
    rows = sql.read(
        _STANDING,
        balances.figures_arguments(now, store.zone) | {"store": store.pk, "uuid": uuid},
    )
    if not rows:
        return None
    width = len(_COLUMNS)
    customer = Customer.from_db(DEFAULT_DB_ALIAS, _COLUMNS, rows[0][:width])
    customer.store = store
    figures = balances.figures_of(rows[0][width:])
    return customer, Standing(figures, get_progress(customer, now))


# In the order of the model's fields, as `from_db` reads them.
_COLUMNS = (
    "id",
    "uuid",
    "store_id",
    "wallet_id",
    "first_name",
    "last_name",
    "level_id",
    "manually_assigned_level_id",
    "last_level_recalculation_at",
    "transactions_count",
    "transactions_amount",
    "transactions_amount_without_delivery",
    "amount_excluded_for_level",
    "created_at",
)
_FIGURES = balances.FIGURES.replace("%(wallet)s", "customer.wallet_id")
_STANDING = f"""
    select {", ".join(f"customer.{column}" for column in _COLUMNS)}, figures.*
    from accounts_customer customer
    left join lateral ({_FIGURES}) figures on true
    where customer.store_id = %(store)s and customer.uuid = %(uuid)s
"""  # noqa: S608  # the columns are ours


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
