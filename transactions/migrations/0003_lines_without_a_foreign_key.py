import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0002_item_labels"),
    ]

    operations = [
        migrations.AlterField(
            model_name="transactionitem",
            name="transaction",
            field=models.ForeignKey(
                db_constraint=False,
                # (transaction, position) is unique, and its index begins with the same column.
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="transactions.transaction",
            ),
        ),
    ]
