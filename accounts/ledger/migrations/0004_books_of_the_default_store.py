"""The point type and the system wallets of the store that there is from the start."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SYSTEM_KINDS = ("issuance", "redemption", "expiry", "adjustment")


def open_books(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for store in apps.get_model("core", "Store").objects.all():
        apps.get_model("ledger", "PointType").objects.get_or_create(
            store=store, is_default=True, defaults={"key": "points", "name": "Points"}
        )
        for kind in SYSTEM_KINDS:
            apps.get_model("ledger", "Wallet").objects.get_or_create(store=store, kind=kind)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_append_only_and_views"),
        ("core", "0003_default_store"),
    ]

    operations = [
        # Going back keeps the wallets: by then they may have moved points.
        migrations.RunPython(open_books, migrations.RunPython.noop),
    ]
