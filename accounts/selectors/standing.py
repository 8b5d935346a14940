"""Where a customer stands: points, level, and how far the next level is. Source: LV 4.6."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Customer
from accounts.selectors import balances
from accounts.selectors.ladder import Step, get_ladder
from accounts.services.level_moves import qualifying_amount
from loyalty.core.store_settings import TierBasis


@dataclass(frozen=True, slots=True)
class Progress:
    """
    A customer's level and the next one; None: none, or the top.

    `amount`: what counts for the level, on the `transactions` basis. `missing`: how much more of
    it the next level needs. Both None where levels follow points.
    """

    current: Step | None
    next: Step | None
    amount: Decimal | None
    missing: Decimal | None


@dataclass(frozen=True, slots=True)
class Standing:
    figures: balances.Figures
    progress: Progress


def get_standing(customer: Customer, now: datetime) -> Standing:
    """Return a customer's points and level; `customer.store` must be loaded. One query."""
    return Standing(
        figures=balances.get_figures(customer.wallet_id, now, zone=customer.store.zone),
        progress=get_progress(customer),
    )


def get_progress(customer: Customer) -> Progress:
    """Return a customer's level and the next; no query once the process knows the levels."""
    ladder = get_ladder(customer.store)
    current = ladder.by_id.get(customer.level_id) if customer.level_id else None
    if customer.store.settings.tier_assign_type != TierBasis.TRANSACTIONS:
        floor = current.condition_value if current else Decimal(0)
        return Progress(current, ladder.next_after(floor, current), amount=None, missing=None)
    amount = qualifying_amount(customer)
    following = ladder.next_after(amount, current)
    missing = following.condition_value - amount if following else None
    return Progress(current, following, amount=amount, missing=missing)
