from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the registries of segment criteria and of imports with this room's own."""
        from accounts import exports, selections
        from accounts.api.open_loyalty import customer_imports, segment_imports, transfer_imports
        from accounts.segments import criteria, own
        from loyalty.core.exports import kinds as export_kinds
        from loyalty.core.imports import kinds

        criteria.register(*own.CRITERIA)
        kinds.register(
            customer_imports.CustomersKind,
            transfer_imports.PointsKind,
            segment_imports.SegmentCustomersKind,
            *selections.KINDS,
        )
        export_kinds.register(*exports.KINDS)
