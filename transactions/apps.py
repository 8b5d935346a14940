from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"
    label = "transactions"
    verbose_name = "Purchases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the rooms below what they show of purchases, and what segments ask of them."""
        from accounts.segments import criteria
        from accounts.selectors import own_data as accounts_own_data
        from accounts.selectors import pos as accounts_pos
        from accounts.selectors import transfers
        from campaigns.selectors import sales
        from loyalty.core.exports import kinds as export_kinds
        from loyalty.core.imports import kinds
        from transactions import exports, segment_criteria
        from transactions.api.open_loyalty import imports
        from transactions.selectors import coupon_sales, documents, own_data, pos

        accounts_own_data.register_part(own_data.get_purchases)
        accounts_pos.install_counter(pos.count_by_pos)
        transfers.register_document_loader(documents.load_documents)
        criteria.register(*segment_criteria.CRITERIA)
        sales.register(coupon_sales.find_sales)
        kinds.register(imports.TransactionsKind, imports.MatchesKind)
        export_kinds.register(*exports.KINDS)
