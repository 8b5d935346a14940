from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fill the registry of segment criteria with this room's own."""
        from accounts.segments import criteria, own

        criteria.register(*own.CRITERIA)
