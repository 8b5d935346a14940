from django.apps import AppConfig


class EarningConfig(AppConfig):
    name = "earning"
    label = "earning"
    verbose_name = "Earning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the room of segments what they are used for here."""
        from accounts.selectors import segments
        from earning.selectors import segment_uses

        segments.register_uses(segment_uses.list_uses)
