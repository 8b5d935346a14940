from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    label = "campaigns"
    verbose_name = "Rewards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the room below what is stored of a customer here, and what segments are for."""
        from accounts.api.open_loyalty import customer_purchases as purchases_in_documents
        from accounts.selectors import own_data as accounts_own_data
        from accounts.selectors import segments
        from campaigns import exports, selections
        from campaigns.api.open_loyalty import code_imports, customer_purchases
        from campaigns.selectors import own_data, segment_uses
        from loyalty.core.exports import kinds as export_kinds
        from loyalty.core.imports import kinds

        accounts_own_data.register_part(own_data.get_coupons)
        purchases_in_documents.register(customer_purchases.read)
        segments.register_uses(segment_uses.list_uses)
        kinds.register(code_imports.CouponCodesKind, *selections.KINDS)
        export_kinds.register(*exports.KINDS)
