"""
What a store sells, as its purchases tell: there is no list of products.

A product is known as it was sold last: by the name, price, category, maker and labels of then.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from loyalty.core.models import Store
from transactions.models import DocumentType, Transaction, TransactionItem

CENT = Decimal("0.01")
# How far back the products of the day are looked for.
RECENT_SALES = 100
RECENT_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Product:
    """`price`: of one, in money of the store, as it was sold last."""

    sku: str
    name: str
    price: Decimal
    category: str = ""
    maker: str = ""
    labels: frozenset[tuple[str, str]] = frozenset()


def find_by_sku(store: Store, skus: Collection[str]) -> dict[str, Product]:
    """Return the products that the store has sold under these SKUs; one query."""
    sold = TransactionItem.objects.filter(
        transaction__store=store, transaction__document_type=DocumentType.SELL
    )
    # One sorted and bounded part per SKU: a single sorted list would read every line ever sold.
    parts = [sold.filter(sku=sku).order_by("-pk")[:1] for sku in dict.fromkeys(skus)]
    if not parts:
        return {}
    items = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return {item.sku: _product(item) for item in items}


def list_recent(store: Store) -> list[Product]:
    """Return what the store's last sales were of, each product once, the last sold first."""
    sales = Transaction.objects.in_store(store).filter(document_type=DocumentType.SELL)
    last = sales.order_by("-purchased_at", "-pk").values("pk")[:RECENT_SALES]
    items = TransactionItem.objects.filter(transaction__in=last).order_by("-pk")[:RECENT_LINES]
    found: dict[str, Product] = {}
    for item in items:
        if item.sku not in found:
            found[item.sku] = _product(item)
    return list(found.values())


def _product(item: TransactionItem) -> Product:
    one = item.gross_value / item.quantity if item.quantity else item.gross_value
    return Product(
        sku=item.sku,
        name=item.name,
        price=one.quantize(CENT, ROUND_HALF_UP),
        category=item.category,
        maker=item.maker,
        labels=frozenset((label["key"], label["value"]) for label in item.labels),
    )
