"""Open a store's books: its default point type and its system wallets."""

from accounts.ledger.models import PointType, Wallet, WalletKind
from loyalty.core.models import Event, Store

SYSTEM_KINDS = (
    WalletKind.ISSUANCE,
    WalletKind.REDEMPTION,
    WalletKind.EXPIRY,
    WalletKind.ADJUSTMENT,
)


def open_store(store: Store) -> PointType:
    """Make what the ledger needs in a store, and return its default point type. May be repeated."""
    point_type, _ = PointType.objects.get_or_create(
        store=store, is_default=True, defaults={"key": "points", "name": "Points"}
    )
    for kind in SYSTEM_KINDS:
        Wallet.objects.get_or_create(store=store, kind=kind)
    return point_type


def open_store_of(event: Event) -> None:
    """Handle `store.created`."""
    assert event.store is not None
    open_store(event.store)
