from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    label = "loyalty"
    verbose_name = "Platform"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The Celery application is imported, so that tasks are sent to its broker from everywhere.
        from loyalty import celery, switchboard  # noqa: F401
        from loyalty.core import consumers, events

        events.install(switchboard.NOW)
        consumers.install(switchboard.LATER)
