from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"
    label = "transactions"
    verbose_name = "Purchases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.selectors import pos as accounts_pos
        from transactions.selectors import pos

        accounts_pos.install_counter(pos.count_by_pos)
