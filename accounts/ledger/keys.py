"""Same key and same input: the first posting again. Same key, other input: refuse."""

from decimal import Decimal

from accounts.ledger.errors import ReservedKey
from accounts.ledger.models import Posting, PostingKind
from loyalty.core.errors import KeyReused
from loyalty.core.models import uuid7

# Begins the keys of postings that the ledger makes by itself; nobody else may occupy one.
RESERVED = ("expire:", "cancel:", "revert:", "take-back:", "own:")
LENGTH = 255


def chosen(key: str | None) -> str:
    """
    Return the caller's key, or a new one that nobody can have used.

    :raises ReservedKey: it could be one of the ledger's own.
    """
    if key is None:
        return f"own:{uuid7()}"
    if not key or len(key) > LENGTH or key.startswith(RESERVED):
        raise ReservedKey
    return key


def find_earlier(
    key: str,
    *,
    store_id: int,
    kind: PostingKind,
    point_type_id: int,
    requested: Decimal,
    from_wallet_id: int | None = None,
    to_wallet_id: int | None = None,
) -> Posting | None:
    """
    Return the posting that `key` made before; None if it made none.

    A wallet that is None here is a system wallet, which follows from `kind`.

    :raises KeyReused: it stands for another kind, wallet, point type or amount.
    """
    earlier: Posting | None = (
        Posting.objects.in_store(store_id)
        .filter(system_unique_key=key)
        .select_related("point_type")
        .first()
    )
    if earlier is None:
        return None
    if (
        earlier.kind != kind
        or earlier.point_type_id != point_type_id
        or earlier.requested_amount != requested
        or from_wallet_id not in {None, earlier.from_wallet_id}
        or to_wallet_id not in {None, earlier.to_wallet_id}
    ):
        raise KeyReused
    return earlier
