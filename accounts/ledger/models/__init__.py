from accounts.ledger.models.lots import AllocationState, Lot, LotAllocation, LotOrigin, LotState
from accounts.ledger.models.postings import Entry, Issuer, Posting, PostingKind, PostingStatus
from accounts.ledger.models.wallets import (
    PointsField,
    PointType,
    SpendOrder,
    Wallet,
    WalletBalance,
    WalletKind,
)

__all__ = [
    "AllocationState",
    "Entry",
    "Issuer",
    "Lot",
    "LotAllocation",
    "LotOrigin",
    "LotState",
    "PointType",
    "PointsField",
    "Posting",
    "PostingKind",
    "PostingStatus",
    "SpendOrder",
    "Wallet",
    "WalletBalance",
    "WalletKind",
]
