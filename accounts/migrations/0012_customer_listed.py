"""Built while customers go on registering; alone, because it cannot be part of a transaction."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0011_password_resets_and_doors")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                fields=["store", "-created_at", "-id"],
                name="customer_listed",
                condition=~models.Q(status="deleted"),
            ),
        ),
    ]
