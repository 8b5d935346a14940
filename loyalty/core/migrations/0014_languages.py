"""A table for languages; while it is empty the program speaks its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0013_store_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="Language",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=16, unique=True)),
                ("name", models.CharField(max_length=255)),
                ("is_default", models.BooleanField(default=False)),
                ("order", models.IntegerField(default=0)),
                ("content", models.JSONField(null=True)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["order", "code"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="language_one_default",
                    )
                ],
            },
        ),
    ]
