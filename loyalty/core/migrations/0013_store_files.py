"""A table for the files that a store shows to everybody."""

import django.db.models.deletion
from django.db import migrations, models

import loyalty.core.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0012_audit_by_event_type_and_username"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoreFile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "uuid",
                    models.UUIDField(
                        default=loyalty.core.models.base.uuid7, editable=False, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=32)),
                ("file", models.FileField(max_length=255, upload_to="stores")),
                ("copies", models.JSONField(default=dict)),
                ("mime_type", models.CharField(max_length=64)),
                ("original_name", models.CharField(max_length=255)),
                ("updated_at", models.DateTimeField()),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.store",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("store", "name"), name="store_file_once_per_name"
                    )
                ],
            },
        ),
    ]
