from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"
    label = "transactions"
    verbose_name = "Purchases"
    default_auto_field = "django.db.models.BigAutoField"
