"""The store that there is from the start (STO-4). Other rooms add their rows to it themselves."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create_default_store(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    store = apps.get_model("core", "Store")
    store.objects.get_or_create(code="DEFAULT", defaults={"name": "Default", "currency": "EUR"})


class Migration(migrations.Migration):
    dependencies = [("core", "0002_append_only_events_and_audit")]

    operations = [
        # Going back keeps the store: by then it may have customers.
        migrations.RunPython(create_default_store, migrations.RunPython.noop),
    ]
