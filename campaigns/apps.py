from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    label = "campaigns"
    verbose_name = "Rewards"
    default_auto_field = "django.db.models.BigAutoField"
