"""Built while the trail goes on; alone, because it cannot be part of a transaction."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0011_audit_archives")]

    operations = [
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(fields=["event_type", "-created_at"], name="audit_by_event_type"),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(fields=["username", "-created_at"], name="audit_by_username"),
        ),
    ]
