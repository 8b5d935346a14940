"""The rows of customers that are taken out as CSV. Source: LV-18, SG-8."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet, Sum

from accounts.ledger.models import Lot, WalletBalance
from accounts.models import Customer, CustomerStatus, Segment
from loyalty.core.models import Store

CHUNK = 1_000
ZERO = Decimal(0)

PERSON_COLUMNS = (
    "Customer id",
    "First name",
    "Last name",
    "E-mail address",
    "Gender",
    "Telephone",
    "Loyalty card number",
    "Birthdate",
    "Created at",
    "Legal agreement",
    "Marketing agreement",
    "Data processing agreement",
)
LEVEL_COLUMNS = (*PERSON_COLUMNS, "Active points", "Used points", "Export date")
SEGMENT_COLUMNS = (*PERSON_COLUMNS, "Export date")
MOMENT = "%Y-%m-%d %H:%M:%S"

Row = tuple[object, ...]


def level_rows(store: Store, level_id: int, *, now: datetime) -> Iterator[Row]:
    """Yield a row for each customer of a level, the deleted left out: three queries a chunk."""
    customers = _present(store).filter(level_id=level_id)
    exported = (now.astimezone(store.zone).strftime(MOMENT),)
    for chunk in _chunks(customers):
        wallets = [customer.wallet_id for customer in chunk]
        active, used = _active(wallets, now), _used(wallets)
        for customer in chunk:
            points = (
                _figure(active.get(customer.wallet_id, ZERO)),
                _figure(used.get(customer.wallet_id, ZERO)),
            )
            yield _person(customer, store) + points + exported


def segment_rows(store: Store, segment: Segment, *, now: datetime) -> Iterator[Row]:
    """Yield a row for each member of a segment, the deleted left out: a query a chunk."""
    customers = _present(store).filter(segment_memberships__segment=segment)
    exported = (now.astimezone(store.zone).strftime(MOMENT),)
    for chunk in _chunks(customers):
        for customer in chunk:
            yield _person(customer, store) + exported


def _present(store: Store) -> QuerySet[Customer]:
    return Customer.objects.in_store(store).exclude(status=CustomerStatus.DELETED)


def _chunks(customers: QuerySet[Customer]) -> Iterator[list[Customer]]:
    last = 0
    while chunk := list(customers.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _person(customer: Customer, store: Store) -> Row:
    return (
        customer.uuid,
        customer.first_name,
        customer.last_name,
        customer.email,
        customer.gender,
        customer.phone,
        customer.loyalty_card_number,
        customer.birth_date,
        customer.created_at.astimezone(store.zone).strftime(MOMENT),
        int(customer.agreement1),
        int(customer.agreement2),
        int(customer.agreement3),
    )


def _active(wallets: Sequence[int], now: datetime) -> dict[int, Decimal]:
    """Return what each wallet can spend; as `balances.get_active` for many."""
    lots = Lot.objects.active_at(now).filter(wallet__in=wallets, point_type__is_default=True)
    rows = lots.order_by().values_list("wallet").annotate(Sum("remaining"), Sum("reserved"))
    return {wallet: remaining - reserved for wallet, remaining, reserved in rows}


def _used(wallets: Sequence[int]) -> dict[int, Decimal]:
    balances = WalletBalance.objects.filter(wallet__in=wallets, point_type__is_default=True)
    return dict(balances.values_list("wallet", "spent"))


def _figure(amount: Decimal) -> str:
    return f"{amount:f}".rstrip("0").rstrip(".") if amount else "0"
