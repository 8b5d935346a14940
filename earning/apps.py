from django.apps import AppConfig


class EarningConfig(AppConfig):
    name = "earning"
    label = "earning"
    verbose_name = "Earning"
    default_auto_field = "django.db.models.BigAutoField"
