"""The audit trail: who did what to whom, with old and new values."""

from django.db import models

from loyalty.core.models.base import PublicModel


class AuditEntry(PublicModel):
    """
    One act of a person or program. Appended only; `services.forgetting` may take personal data out.

    `event_type` is the command's name, such as `RegisterCustomer`; `entity_type` and `entity_id`
    name what it was done to. Source: domain spec 8.4.
    """

    store = models.ForeignKey("core.Store", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_index=True)
    event_type = models.CharField(max_length=64)
    entity_type = models.CharField(max_length=64)
    entity_id = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    username = models.CharField(max_length=255)
    ip_address = models.GenericIPAddressField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["entity_id"], name="audit_by_entity"),
            # What a customer did, for when they are forgotten.
            models.Index(
                fields=["actor_id"],
                name="audit_entry_by_customer",
                condition=models.Q(actor_kind="customer"),
            ),
            models.Index(fields=["event_type", "-created_at"], name="audit_by_event_type"),
            models.Index(fields=["username", "-created_at"], name="audit_by_username"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.entity_id}"


class IdempotencyRecord(models.Model):
    """The answer to a request with an `Idempotency-Key`, for the next time that it comes."""

    store = models.ForeignKey("core.Store", on_delete=models.CASCADE, null=True, related_name="+")
    # Who sent it: two callers may choose the same key.
    caller = models.CharField(max_length=96)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["caller", "key"], name="idempotency_record_once_per_caller"
            )
        ]

    def __str__(self) -> str:
        return self.key
