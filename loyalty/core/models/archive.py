"""What was moved out of the audit trail, and can still be read as a file."""

from django.db import models


class AuditArchive(models.Model):
    """All audit entries from before a day that no earlier archive holds. Source: AUD-5, AUD-6."""

    id = models.BigAutoField(primary_key=True)
    before_date = models.DateField(unique=True)
    created_at = models.DateTimeField()
    entry_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["before_date"]

    def __str__(self) -> str:
        return self.filename

    @property
    def filename(self) -> str:
        return f"audit_log_archive_before_{self.before_date:%Y_%m_%d}.xml"


class ArchivedAuditEntry(models.Model):
    """An audit entry in its archive, with the number and the values that it had in the trail."""

    id = models.BigIntegerField(primary_key=True)
    archive = models.ForeignKey(
        AuditArchive, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    uuid = models.UUIDField()
    store = models.ForeignKey(
        "core.Store", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    event_type = models.CharField(max_length=64)
    entity_type = models.CharField(max_length=64)
    entity_id = models.CharField(max_length=64, db_index=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    username = models.CharField(max_length=255)
    ip_address = models.GenericIPAddressField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["archive", "id"], name="archived_audit_by_archive"),
            # What a customer did, for when they are forgotten.
            models.Index(
                fields=["actor_id"],
                name="archived_audit_by_customer",
                condition=models.Q(actor_kind="customer"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.entity_id}"
