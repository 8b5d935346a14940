"""Built while the audit trail goes on; alone, because it cannot be part of a transaction."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0009_forgetting_people")]

    operations = [
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                fields=["actor_id"],
                name="audit_entry_by_customer",
                condition=models.Q(actor_kind="customer"),
            ),
        ),
    ]
