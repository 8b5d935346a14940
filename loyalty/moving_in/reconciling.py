"""Compare each customer's balance there and here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import Customer, CustomerStatus
from accounts.selectors import balances
from loyalty.core.models import Store
from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in.source import NotThere, Source
from loyalty.moving_in.values import amount

ZERO = Decimal(0)
# What the status of a customer calls each figure. Figures that a release does not print are not
# compared.
FIGURES = {
    "points": "points",
    "usedPoints": "used",
    "expiredPoints": "expired",
    "lockedPoints": "locked",
    "blockedPoints": "blocked",
}


@dataclass(frozen=True)
class Comparison:
    """`theirs`, `ours`: each figure by its name there."""

    customer: UUID
    name: str
    theirs: dict[str, Decimal]
    ours: dict[str, Decimal]

    @property
    def differences(self) -> list[str]:
        return [name for name, value in self.theirs.items() if self.ours[name] != value]


def compare(store: Store, source: Source, prefix: str, *, now: datetime) -> Iterator[Comparison]:
    """Yield a comparison for each customer who is here and there: a call and a query for each."""
    customers = Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED)
    for customer in customers.order_by("pk").iterator(chunk_size=500):
        theirs = get_figures(source, prefix, customer.uuid)
        if not theirs:
            continue
        figures = balances.get_figures(customer.wallet_id, now, zone=store.zone)
        ours = {name: getattr(figures, FIGURES[name]) for name in theirs}
        yield Comparison(customer.uuid, customer.name, theirs, ours)


def get_figures(source: Source, prefix: str, customer: UUID) -> dict[str, Decimal]:
    """Return what the other server says of a customer's balance; nothing of one that it lacks."""
    for path in (f"customer/{customer}/status", f"admin/customer/{customer}/status"):
        try:
            told = source.get(f"{prefix}{path}")
        except NotThere:
            continue
        figures = {name: amount(told.get(name)) for name in FIGURES}
        return {name: value for name, value in figures.items() if value is not None}
    return {}


def count(move: MoveIn) -> dict[str, tuple[int, int]]:
    """Return of each list how many rows were read, and how many are here; a deleted person's
    points are not."""
    rows = MoveInRow.objects.filter(move=move).order_by()
    figures = rows.values_list("resource").annotate(
        there=Count("*"), here=Count("pk", filter=Q(is_built=True))
    )
    return {resource: (there, here) for resource, there, here in figures}
