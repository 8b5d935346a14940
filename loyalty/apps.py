from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    label = "loyalty"
    verbose_name = "Platform"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The Celery application is imported, so that tasks are sent to its broker from everywhere.
        from loyalty import celery, switchboard  # noqa: F401
        from loyalty.core import consumers, events
        from loyalty.core.messages import outbox

        # Who offers to start a job must know them all, as the workers do.
        autodiscover_modules("tasks")
        events.install(switchboard.NOW)
        consumers.install(switchboard.LATER)
        outbox.install(*switchboard.MESSAGES)
