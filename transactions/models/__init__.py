from transactions.models.transactions import DocumentType, Transaction, TransactionItem

__all__ = ["DocumentType", "Transaction", "TransactionItem"]
