from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class CockpitConfig(AppConfig):
    name = "loyalty.cockpit"
    label = "cockpit"
    verbose_name = "Cockpit"
    default = True
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the platform's own lists as files."""
        from loyalty.cockpit import exports
        from loyalty.core.exports import kinds

        kinds.register(*exports.KINDS)


class CockpitAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the cockpit as its site: contexts register their screens there."""

    default = False
    default_site = "loyalty.cockpit.site.CockpitSite"
