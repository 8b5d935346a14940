from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    label = "loyalty"
    verbose_name = "Platform"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from loyalty import switchboard
        from loyalty.core import consumers, events

        events.install(switchboard.NOW)
        consumers.install(switchboard.LATER)
