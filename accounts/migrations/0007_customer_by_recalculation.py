"""Built while customers go on registering; alone, because it cannot be part of a transaction."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0006_customer_by_word")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                models.F("store"),
                Coalesce("last_level_recalculation_at", "created_at"),
                models.F("id"),
                condition=~models.Q(status="deleted"),
                name="customer_by_recalculation",
            ),
        ),
    ]
