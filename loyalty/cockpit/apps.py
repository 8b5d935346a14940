from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class CockpitConfig(AppConfig):
    name = "loyalty.cockpit"
    label = "cockpit"
    verbose_name = "Cockpit"
    default = True
    default_auto_field = "django.db.models.BigAutoField"


class CockpitAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the cockpit as its site: contexts register their screens there."""

    default = False
    default_site = "loyalty.cockpit.site.CockpitSite"
