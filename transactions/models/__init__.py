from transactions.models.transactions import (
    DocumentType,
    ItemLabel,
    Transaction,
    TransactionItem,
)

__all__ = ["DocumentType", "ItemLabel", "Transaction", "TransactionItem"]
