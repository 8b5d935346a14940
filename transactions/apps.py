from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"
    label = "transactions"
    verbose_name = "Purchases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the rooms below what they show of purchases, and what segments ask of them."""
        from accounts.segments import criteria
        from accounts.selectors import pos as accounts_pos
        from accounts.selectors import transfers
        from transactions import segment_criteria
        from transactions.selectors import documents, pos

        accounts_pos.install_counter(pos.count_by_pos)
        transfers.register_document_loader(documents.load_documents)
        criteria.register(*segment_criteria.CRITERIA)
