"""Tables for audit entries that were moved out of the trail."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_audit_entry_by_customer"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchivedAuditEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                ("event_type", models.CharField(max_length=64)),
                ("entity_type", models.CharField(max_length=64)),
                ("entity_id", models.CharField(db_index=True, max_length=64)),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_id", models.CharField(blank=True, max_length=64)),
                ("username", models.CharField(max_length=255)),
                ("ip_address", models.GenericIPAddressField(null=True)),
                ("data", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="AuditArchive",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("before_date", models.DateField(unique=True)),
                ("created_at", models.DateTimeField()),
                ("entry_count", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "ordering": ["before_date"],
            },
        ),
        migrations.AddField(
            model_name="archivedauditentry",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.store",
            ),
        ),
        migrations.AddField(
            model_name="archivedauditentry",
            name="archive",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="core.auditarchive",
            ),
        ),
        migrations.AddIndex(
            model_name="archivedauditentry",
            index=models.Index(
                fields=["actor_id"],
                name="archived_audit_by_customer",
                condition=models.Q(actor_kind="customer"),
            ),
        ),
        migrations.AddIndex(
            model_name="archivedauditentry",
            index=models.Index(fields=["archive", "id"], name="archived_audit_by_archive"),
        ),
    ]
