"""What goes with every change of points: whom it locks, whose points they are, what is recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.ledger import amounts, sql
from accounts.ledger.models import Issuer, Lot, Posting, WalletKind
from accounts.ledger.wallets import Holder
from accounts.models import Customer
from accounts.selectors import qualifying
from accounts.services import customer_locks
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.models import Store
from loyalty.core.services import audit


@contextmanager
def changing(*customers: Customer, actor: Actor | None = None) -> Iterator[datetime | None]:
    """
    Hold together what changes with the points of customers: their levels, the entry for `actor`.

    Where neither is written, a posting is a whole by itself and needs no transaction around it.
    Yields when points were last counted anew for a level, None where they never were.
    """
    store = customers[0].store
    if actor is None and not qualifying.follows_points(store):
        yield None
        return
    with sql.atomic():
        yield customer_locks.lock_for_points(store, [customer.pk for customer in customers])


def holder_of(customer: Customer) -> Holder:
    return Holder(wallet_id=customer.wallet_id, customer_id=customer.pk, store=customer.store)


def issuer_of(actor: Actor | None) -> str:
    return Issuer.SYSTEM if actor is None else actor.issuer


def owner_of(wallet_id: int) -> Customer:
    return Customer.objects.select_related("store").get(wallet_id=wallet_id)


def find_debit(store: Store, transfer_uuid: UUID) -> Posting:
    posting: Posting | None = (
        Posting.objects.in_store(store)
        .filter(uuid=transfer_uuid, from_wallet__kind=WalletKind.CUSTOMER)
        .first()
    )
    if posting is None:
        raise NotFound
    return posting


def find_lot(store: Store, transfer_uuid: UUID, refusal: type[DomainError]) -> tuple[Lot, Customer]:
    """Return an adding transfer; a debit of that id raises `refusal`."""
    lot = Lot.objects.in_store(store).filter(uuid=transfer_uuid).first()
    if lot is None:
        find_debit(store, transfer_uuid)
        raise refusal
    return lot, owner_of(lot.wallet_id)


def record(
    actor: Actor | None,
    event_type: str,
    customer: Customer,
    transfer_uuid: UUID,
    amount: Decimal,
    comment: str,
    now: datetime,
) -> None:
    """Record what a person did by hand; what rules do is in the facts already."""
    if actor is not None:
        audit.record(
            actor,
            store=customer.store,
            event_type=event_type,
            entity_type="PointsTransfer",
            entity_id=transfer_uuid,
            data=audited(customer, amount, comment),
            now=now,
        )


def audited(customer: Customer, amount: Decimal, comment: str) -> dict[str, str]:
    """Return what the trail keeps of a change by hand."""
    return {
        "customerId": str(customer.uuid),
        "points": amounts.text(amount),
        "comment": comment,
    }
