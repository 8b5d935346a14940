"""
Webhooks tell what happens from now on: without this their consumer would begin with all history.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

END_OF_POSITION = 2**63 - 1


def begin_here(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        # All transactions below have ended; what is written by those above is still to come.
        cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        [horizon] = cursor.fetchone()
    apps.get_model("core", "ConsumerCursor").objects.get_or_create(
        name="webhooks", defaults={"position": horizon - 1, "event_id": END_OF_POSITION}
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0006_webhooks")]

    operations = [
        # Going back keeps the cursor: nothing reads it then, and coming again it is where it was.
        migrations.RunPython(begin_here, migrations.RunPython.noop),
    ]
