import django.db.models.deletion
from django.db import migrations, models

import loyalty.core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("core", "0001_initial"),
        ("earning", "0006_pack_explanations"),
    ]

    operations = [
        # Null on the way back, until the texts are there again.
        migrations.AlterField("evaluation", "explanation", models.JSONField(null=True)),
        migrations.RemoveField("evaluation", "explanation"),
        migrations.RenameField("evaluation", "packed", "explanation"),
        migrations.AlterField("evaluation", "explanation", loyalty.core.fields.PackedJSONField()),
        migrations.AlterField(
            "evaluation",
            "store",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.store",
            ),
        ),
        migrations.AlterField(
            "evaluation",
            "customer",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evaluations",
                to="accounts.customer",
            ),
        ),
    ]
